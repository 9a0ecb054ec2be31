"""The French and Arabic catalogues say every sentence of the sources, and nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from programme.errors import Refusal
from programme.intake_text import is_arabic
from runtime.extraction import CATALOGUES, keys, refresh, unreadable
from runtime.language import LANGUAGES

SAME_IN_FRENCH = {"Code", "Date", "Services"}
VERBATIM = re.compile(r"`[^`]*`|--[a-z][a-z-]+|\bMOURAFAKA_\w+|\w+://[\w:@?=.{}/]+|(?<=\nExample: ).*")
"""What is typed or copied as it stands: commands, options, variables, addresses, examples."""


def messages(language: str, folder: Path = CATALOGUES) -> dict[str, str]:
    with (folder / f"{language}.po").open("rb") as lines:
        return {str(message.id): str(message.string) for message in read_po(lines) if message.id}


@pytest.fixture(scope="module")
def sources() -> dict[str, list[str]]:
    """Every sentence of the sources, with its places: looked for by the worker that has these tests, not by each."""
    return keys()


@pytest.fixture(scope="module", params=LANGUAGES)
def said(request: pytest.FixtureRequest) -> dict[str, str]:
    return messages(request.param)


def facts(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in re.sub(r"{\w+}", "", text))


def test_a_catalogue_translates_every_sentence(said: dict[str, str], sources: dict[str, list[str]]) -> None:
    """To mend: `make catalogues`, then write the translations."""
    assert [(key, places) for key, places in sources.items() if not said.get(key, "").strip()] == []


def test_a_catalogue_has_no_sentence_that_nobody_says(said: dict[str, str], sources: dict[str, list[str]]) -> None:
    """To mend: `make catalogues`."""
    assert sorted(set(said) - set(sources)) == []


def test_a_translation_has_the_facts_of_its_source(said: dict[str, str]) -> None:
    assert {key: text for key, text in said.items() if facts(text) != facts(key)} == {}


def test_a_translation_keeps_what_is_typed_as_it_is(said: dict[str, str]) -> None:
    typed = {key: set(VERBATIM.findall(key)) for key in said}
    assert {key: text for key, text in said.items() if not all(code in text for code in typed[key])} == {}


def test_a_translation_has_the_lines_of_its_source(said: dict[str, str]) -> None:
    assert {key: text for key, text in said.items() if text.count("\n") != key.count("\n")} == {}


def test_arabic_is_written_in_arabic_letters() -> None:
    assert {key: text for key, text in messages("ar").items() if has_words(key) and not is_arabic(text)} == {}


def test_french_is_not_the_english_source() -> None:
    assert {key for key, text in messages("fr").items() if has_words(key) and text == key} == SAME_IN_FRENCH


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_unsure(language: str) -> None:
    assert "fuzzy" not in (CATALOGUES / f"{language}.po").read_text(encoding="utf-8")


def test_every_sentence_of_the_sources_can_be_extracted() -> None:
    """To mend: give `sentence` and `_` a literal."""
    assert unreadable() == []


def test_every_refusal_that_can_be_raised_is_extracted(sources: dict[str, list[str]]) -> None:
    for room in ("programme", "models", "notifications", "actions", "runtime", "simulation"):
        for module in walk_packages(import_module(room).__path__, f"{room}."):
            import_module(module.name)
    raised, known = set(), {Refusal}
    while known:
        raised |= {refusal.template() for refusal in known if not refusal.__module__.startswith("tests")}
        known = {heir for refusal in known for heir in refusal.__subclasses__()}
    assert raised - set(sources) == set()


SOURCE = '''
from programme import errors, wording
from programme.wording import sentence

LABELS = {"one": sentence("One {thing}", thing=1), "two": wording.sentence("Two")}


class Odd(errors.Refusal):
    """{what} is odd:
    make it even.
    """


class Odder(Odd):
    """{what} is odder."""


class Stranger(Exception):
    """Not a refusal's sentence."""


def say(many, text):
    _("Many" if many else "Few")
    _("in two "
      "pieces")
    _(text)
    sentence(Odd.template())
'''


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A repository with one package, and tests that speak to nobody."""
    for package, source in {"rooms": SOURCE, "tests": '_("Only in tests")'}.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "talk.py").write_text(source, encoding="utf-8")
    return tmp_path


def test_keys_finds_calls_tables_and_refusals(house: Path) -> None:
    assert keys(house) == {
        "Few": ["rooms/talk.py:23"],
        "Many": ["rooms/talk.py:23"],
        "One {thing}": ["rooms/talk.py:5"],
        "Two": ["rooms/talk.py:5"],
        "in two pieces": ["rooms/talk.py:24"],
        "{what} is odd: make it even.": ["rooms/talk.py:8"],
        "{what} is odder.": ["rooms/talk.py:14"],
    }


def test_unreadable_names_what_is_no_literal(house: Path) -> None:
    assert unreadable(house) == ["rooms/talk.py:26"]


def test_refresh_keeps_translations_and_drops_what_nobody_says(house: Path) -> None:
    (house / "fr.po").write_text('msgid "Two"\nmsgstr "Deux"\n\nmsgid "Gone"\nmsgstr "Parti"\n', encoding="utf-8")
    assert refresh("fr", root=house, folder=house) == 6
    assert messages("fr", house) == {**dict.fromkeys(keys(house), ""), "Two": "Deux"}


def test_refresh_names_the_files_of_a_sentence_without_their_lines(house: Path) -> None:
    refresh("ar", root=house, folder=house)
    assert '#: rooms/talk.py\nmsgid "Two"\nmsgstr ""\n' in (house / "ar.po").read_text(encoding="utf-8")


def test_refresh_changes_nothing_the_second_time(house: Path) -> None:
    (house / "fr.po").write_text('msgid "Two"\nmsgstr "Deux\\n« »"\n', encoding="utf-8")
    refresh("fr", root=house, folder=house)
    once = (house / "fr.po").read_bytes()
    refresh("fr", root=house, folder=house)
    assert (house / "fr.po").read_bytes() == once
