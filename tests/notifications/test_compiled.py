"""Compiled templates are kept in a folder: for whoever comes later, and only as long as they say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from notifications import compiled
from notifications.sources import environment_of


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def compile(self, *args: Any, **more: Any) -> Any:
        Counting.compiled += 1
        return super().compile(*args, **more)


@pytest.fixture(name="folder", autouse=True)
def keep_in_folder(tmp_path: Path) -> Iterator[Path]:
    kept, Counting.compiled = compiled._folder, 0
    compiled.keep_in(tmp_path / "compiled")
    yield tmp_path / "compiled"
    compiled.keep_in(kept)


def say(text: str, language: str = "fr") -> str:
    """Say a text in an environment of its own, as another process would."""
    where = Counting(loader=DictLoader({"a": text}), bytecode_cache=compiled.shelf(language, "txt"))
    return where.get_template("a").render(name="Ammas")


def test_what_was_compiled_once_is_not_compiled_again(folder: Path) -> None:
    assert [say("à {{ name }}") for _ in range(3)] == ["à Ammas"] * 3
    assert (Counting.compiled, len([*folder.iterdir()])) == (1, 1)


def test_another_text_language_or_version_of_ours_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (say("à {{ name }}"), say("pour {{ name }}")) == ("à Ammas", "pour Ammas")
    assert (say("pour {{ name }}", "ar"), Counting.compiled) == ("pour Ammas", 3)
    monkeypatch.setattr(compiled, "_OURS", "another filter")
    assert (say("pour {{ name }}"), Counting.compiled) == ("pour Ammas", 4)


@pytest.mark.parametrize("left", [b"", b"no bytecode"])
def test_half_a_file_is_compiled_anew(folder: Path, left: bytes) -> None:
    say("à {{ name }}")
    [file] = folder.iterdir()
    file.write_bytes(left)
    assert (say("à {{ name }}"), Counting.compiled) == ("à Ammas", 2)


def test_names_are_found_once(folder: Path) -> None:
    asked: list[str] = []

    def find(text: str) -> set[str]:
        asked.append(text)
        return {"name", "day"}

    assert [compiled.names_in("a text", find) for _ in range(3)] == [{"name", "day"}] * 3
    assert len(asked) == 1
    [file] = folder.iterdir()
    file.write_text("day\n", "utf-8")  # the rest was not on the disk yet
    assert (compiled.names_in("a text", find), len(asked)) == ({"name", "day"}, 2)
    assert (compiled.names_in("nothing", lambda _: set()), compiled.names_in("nothing", find)) == (set(), set())


def test_folder_that_others_can_write_into_is_not_read(folder: Path) -> None:
    folder.chmod(0o777)
    assert compiled.shelf("fr", "txt") is None
    assert compiled.names_in("a text", lambda _: {"name"}) == {"name"}
    assert [*folder.iterdir()] == []


def test_folder_that_has_gone_makes_no_difference(folder: Path) -> None:
    shelf = compiled.shelf("fr", "txt")
    folder.rmdir()
    where = Environment(loader=DictLoader({"a": "à {{ name }}"}), bytecode_cache=shelf)
    assert where.get_template("a").render(name="Ammas") == "à Ammas"
    assert compiled.names_in("a text", lambda _: {"name"}) == {"name"}
    assert compiled.shelf("fr", "txt") is None


def test_our_own_templates_say_the_same_from_the_folder(folder: Path) -> None:
    fresh = environment_of.__wrapped__
    first, again = (fresh("ar", "txt").globals["say"].greeting("Amal") for _ in range(2))
    assert first == again == environment_of("ar", "txt").globals["say"].greeting("Amal")
    assert [*folder.iterdir()] != []
