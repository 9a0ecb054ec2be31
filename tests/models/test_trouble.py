"""What goes wrong with a database is said in the reader's language, never in SQLite's own words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from models.trouble import SQLITE_SAID, trouble_words
from programme.wording import Sentence
from runtime.language import LANGUAGES, said_in


def failing(path: Path, statement: str = "SELECT 1 FROM nowhere") -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as failed:
        sqlite3.connect(path).execute(statement)
    return failed.value


def test_trouble_of_a_sqlite_file_is_told_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Bonjour" * 1000)
    said = [
        str(trouble_words(failing(path)))
        for path in (tmp_path / "gone" / "there.sqlite3", tmp_path / "letter.txt", tmp_path / "empty.sqlite3")
    ]
    assert said == ["it cannot be opened", "it is not a database", "its tables are not those of this release"]


def test_trouble_of_a_disk_is_told_by_its_number() -> None:
    assert str(trouble_words(OSError(28, "No space left on device"))) == "the disk is full"


def test_trouble_without_a_code_keeps_its_own_words() -> None:
    assert trouble_words(RuntimeError("odd\nDETAIL: more")) == "odd"


@pytest.mark.parametrize("language", LANGUAGES)
def test_trouble_of_sqlite_is_translated(language: str) -> None:
    def translate(text: str) -> str:
        return said_in(language, text)

    assert [one for one in SQLITE_SAID.values() if isinstance(one, Sentence) and one.say(translate) == str(one)] == []
