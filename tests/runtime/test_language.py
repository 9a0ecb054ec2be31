"""In which language a reader is spoken to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from programme.counts import days
from programme.wording import counted
from runtime import language
from runtime.language import VARIABLES, catalogue, readers_language, said_in, translate


@pytest.fixture(autouse=True)
def _no_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give each test an environment that says nothing, and a folder without .env."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    language._written.cache_clear()
    yield
    language._written.cache_clear()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("fr_MA.UTF-8", "fr"),
        ("fr", "fr"),
        ("FR", "fr"),
        ("ar_MA", "ar"),
        ("ar-MA", "ar"),
        ("ar@latin", "ar"),
        ("C", "en"),
        ("C.UTF-8", "en"),
        ("POSIX", "en"),
        ("en_GB.UTF-8", "en"),
        ("frr_DE", "en"),
        ("arn_CL", "en"),
    ],
)
def test_readers_language_is_the_locales(said: str, expected: str) -> None:
    assert readers_language({"LANG": said}) == expected


def test_readers_language_is_english_when_nothing_is_said() -> None:
    assert readers_language({}) == "en"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MOURAFAKA_LANGUAGE": "fr", "LC_ALL": "ar_MA", "LANG": "ar_MA"}, "fr"),
        ({"MOURAFAKA_LANGUAGE": "en", "LC_ALL": "ar_MA", "LANG": "fr_MA"}, "en"),
        ({"LC_ALL": "ar_MA", "LC_MESSAGES": "fr_MA", "LANG": "fr_MA"}, "ar"),
        ({"LC_ALL": "C", "LANG": "fr_MA"}, "en"),
        ({"LC_MESSAGES": "fr_MA", "LANG": "ar_MA"}, "fr"),
        ({"MOURAFAKA_LANGUAGE": "", "LC_ALL": "", "LANG": "ar_MA"}, "ar"),
    ],
)
def test_readers_language_is_the_first_variable_that_says_something(environment: dict[str, str], expected: str) -> None:
    assert readers_language(environment) == expected


def test_translate_speaks_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_MA.UTF-8")
    assert translate("Healthy.") == "Tout va bien."
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "ar")
    assert translate("Healthy.") == "كل شيء على ما يرام."


@pytest.mark.parametrize(
    ("count", "french", "arabic"),
    [
        (0, "0 jour", "0 يوم"),
        (1, "1 jour", "يوم واحد"),
        (2, "2 jours", "يومين"),
        (3, "3 jours", "3 أيام"),
        (10, "10 jours", "10 أيام"),
        (11, "11 jours", "11 يوما"),
        (99, "99 jours", "99 يوما"),
        (100, "100 jours", "100 يوم"),
        (103, "103 jours", "103 أيام"),
    ],
)
def test_a_number_s_noun_has_the_form_of_its_language(count: int, french: str, arabic: str) -> None:
    said = {language: days(count).say(partial(said_in, language)) for language in ("fr", "ar", "en")}
    assert said == {"fr": french, "ar": arabic, "en": f"{count} day{'' if count == 1 else 's'}"}


@pytest.mark.parametrize("said", ["fr", "ar", "en"])
def test_a_sentence_after_a_number_that_no_catalogue_has_is_the_source_s(said: str) -> None:
    assert counted("{count} thing", "{count} things", 2).say(partial(said_in, said)) == "2 things"


@pytest.mark.parametrize("said", ["fr", "ar", "en"])
def test_translate_leaves_an_unknown_sentence_as_it_is(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", said)
    assert translate("Nobody ever said {this}.") == "Nobody ever said {this}."


def test_translate_speaks_english_without_a_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert translate("Healthy.") == "Healthy."
    assert catalogue("en") == {}


def test_translate_reads_the_language_from_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MOURAFAKA_LANGUAGE=ar\n", encoding="utf-8")
    monkeypatch.setenv("LANG", "fr_MA.UTF-8")
    assert translate("Healthy.") == "كل شيء على ما يرام."
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    assert translate("Healthy.") == "Tout va bien."
