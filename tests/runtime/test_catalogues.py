"""The French and Arabic catalogues say every sentence of the sources, and nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from string import Formatter

import pytest

from programme.errors import Refusal
from programme.intake_text import is_arabic
from programme.wording import FORMS, LANGUAGE
from runtime.extraction import CATALOGUES, Key, Said, forms, keys, refresh, translations, unreadable
from runtime.language import LANGUAGES

SAME_IN_FRENCH = {"Code", "Date", "Services"}
VERBATIM = re.compile(r"`[^`]*`|--[a-z][a-z-]+|\bMOURAFAKA_\w+|\w+://[\w:@?=.{}/]+|(?<=\nExample: ).*")
"""What is typed or copied as it stands: commands, options, variables, addresses, examples."""


def messages(language: str, folder: Path = CATALOGUES) -> dict[Key, Said]:
    return translations(folder / f"{language}.po")


@pytest.fixture(scope="module")
def sources() -> dict[Key, list[str]]:
    """Every sentence of the sources, with its places: looked for by the worker that has these tests, not by each."""
    return keys()


@pytest.fixture(scope="module", params=LANGUAGES)
def said(request: pytest.FixtureRequest) -> dict[Key, Said]:
    return messages(request.param)


def pairs(said: dict[Key, Said]) -> list[tuple[str, str]]:
    """Each translation beside its source; the forms after a number beside the plural."""
    return [(forms(key)[-1], text) for key, texts in said.items() for text in forms(texts)]


def facts(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in re.sub(r"{\w+}", "", text))


def test_a_catalogue_translates_every_sentence(said: dict[Key, Said], sources: dict[Key, list[str]]) -> None:
    """To mend: `make catalogues`, then write the translations."""
    assert [(key, places) for key, places in sources.items() if not all(map(str.strip, forms(said.get(key, ""))))] == []


def test_a_catalogue_has_every_form_of_a_sentence_after_a_number() -> None:
    for language in LANGUAGES:
        numbers = {len(texts) for key, texts in messages(language).items() if isinstance(key, tuple)}
        assert numbers == {FORMS[language][0]}


def test_a_catalogue_has_no_sentence_that_nobody_says(said: dict[Key, Said], sources: dict[Key, list[str]]) -> None:
    """To mend: `make catalogues`."""
    assert set(said) - set(sources) == set()


def test_a_translation_has_the_facts_of_its_source(said: dict[Key, Said]) -> None:
    plain = {key: text for key, text in said.items() if isinstance(key, str)}
    assert {key: text for key, text in pairs(plain) if facts(text) != facts(key)} == {}


def test_a_form_after_a_number_has_its_facts_and_may_say_the_number_in_words(said: dict[Key, Said]) -> None:
    """None, one and two have words of their own in Arabic; of the others the number is seen."""
    counts = {key: texts for key, texts in said.items() if isinstance(key, tuple)}
    assert {key: text for key, text in pairs(counts) if facts(text) | {"count"} != facts(key)} == {}
    assert {
        key: text for key, texts in counts.items() for text in forms(texts)[3:] or texts if "{count}" not in text
    } == {}


def test_both_forms_of_a_source_have_the_same_facts(sources: dict[Key, list[str]]) -> None:
    assert [key for key in sources if isinstance(key, tuple) and facts(key[0]) | {"count"} != facts(key[1])] == []


def test_a_translation_keeps_what_is_typed_as_it_is(said: dict[Key, Said]) -> None:
    assert {key: text for key, text in pairs(said) if not all(code in text for code in VERBATIM.findall(key))} == {}


def test_a_translation_has_the_lines_of_its_source(said: dict[Key, Said]) -> None:
    assert {key: text for key, text in pairs(said) if text.count("\n") != key.count("\n")} == {}


def test_arabic_is_written_in_arabic_letters() -> None:
    said = {key: text for key, text in pairs(messages("ar")) if key != LANGUAGE.template}
    assert {key: text for key, text in said.items() if has_words(key) and not is_arabic(text)} == {}


def test_a_catalogue_names_its_language_by_which_the_programme_s_own_texts_are_chosen() -> None:
    assert {one: messages(one)[LANGUAGE.template] for one in LANGUAGES} == {"fr": "fr", "ar": "ar"}


def test_french_is_not_the_english_source() -> None:
    assert {key for key, text in pairs(messages("fr")) if has_words(key) and text == key} == SAME_IN_FRENCH


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_unsure(language: str) -> None:
    assert "fuzzy" not in (CATALOGUES / f"{language}.po").read_text(encoding="utf-8")


def test_every_sentence_of_the_sources_can_be_extracted() -> None:
    """To mend: give `sentence`, `counted` and `_` literals."""
    assert unreadable() == []


def test_every_refusal_that_can_be_raised_is_extracted(sources: dict[Key, list[str]]) -> None:
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
    counted("One {what}", "{count} {what}s", many, what=text)
    counted("One {what}", text, many, what=text)
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
        ("One {what}", "{count} {what}s"): ["rooms/talk.py:28"],
        "One {thing}": ["rooms/talk.py:5"],
        "Two": ["rooms/talk.py:5"],
        "in two pieces": ["rooms/talk.py:24"],
        "{what} is odd: make it even.": ["rooms/talk.py:8"],
        "{what} is odder.": ["rooms/talk.py:14"],
    }


def test_unreadable_names_what_is_no_literal(house: Path) -> None:
    assert unreadable(house) == ["rooms/talk.py:26", "rooms/talk.py:29"]


def test_refresh_keeps_translations_and_drops_what_nobody_says(house: Path) -> None:
    (house / "fr.po").write_text('msgid "Two"\nmsgstr "Deux"\n\nmsgid "Gone"\nmsgstr "Parti"\n', encoding="utf-8")
    assert refresh("fr", root=house, folder=house) == 7
    none: dict[Key, Said] = {key: "" if isinstance(key, str) else ("", "") for key in keys(house)}
    assert messages("fr", house) == {**none, "Two": "Deux"}


def test_refresh_asks_for_every_form_of_a_language(house: Path) -> None:
    refresh("ar", root=house, folder=house)
    assert messages("ar", house)["One {what}", "{count} {what}s"] == ("",) * 6
    text = (house / "ar.po").read_text(encoding="utf-8")
    assert '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1' in text
    (house / "ar.po").write_text(text.replace('msgstr[5] ""', 'msgstr[5] "{count} x"'), encoding="utf-8")
    refresh("ar", root=house, folder=house)
    assert messages("ar", house)["One {what}", "{count} {what}s"] == (*[""] * 5, "{count} x")


def test_refresh_names_the_files_of_a_sentence_without_their_lines(house: Path) -> None:
    refresh("ar", root=house, folder=house)
    assert '#: rooms/talk.py\nmsgid "Two"\nmsgstr ""\n' in (house / "ar.po").read_text(encoding="utf-8")


def test_refresh_changes_nothing_the_second_time(house: Path) -> None:
    (house / "fr.po").write_text('msgid "Two"\nmsgstr "Deux\\n« »"\n', encoding="utf-8")
    refresh("fr", root=house, folder=house)
    once = (house / "fr.po").read_bytes()
    refresh("fr", root=house, folder=house)
    assert (house / "fr.po").read_bytes() == once
