"""The commands of calendar feeds: an address said once, listed without its secret, revoked."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def coach(mourafaka: Command) -> Command:
    """A programme with one coach, amina."""
    mourafaka("user", "add", "amina", "--role", "coach", "--email", "amina@odco.example")
    return mourafaka


def test_new_feed_says_its_address_once(coach: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_BASE_URL", "https://suivi.example.ma/")
    said = coach("feed", "new", "amina", "--by", "amal")
    url = said.out.splitlines()[0]
    assert re.fullmatch(r"https://suivi\.example\.ma/calendar/[\w-]{32}\.ics", url)
    assert "holds until 2027-12-14" in said.out.replace("\n", " ")
    assert url.rpartition("/")[2][:32] not in coach("feed", "list", "--json").out


def test_addresses_are_never_the_same(coach: Command) -> None:
    first, second = (coach("feed", "new", "amina", "--json").json for _ in range(2))
    assert first["url"] != second["url"]
    assert first["url"].startswith("http://127.0.0.1:8000/calendar/")


def test_list_tells_what_became_of_each(coach: Command) -> None:
    coach("feed", "new", "amina", "--by", "amal")
    coach("feed", "revoke", "amina", "--by", "amal")
    coach("feed", "new", "amina", "--by", "amal")
    rows = coach("feed", "list", "--json").json
    assert [(row["coach"], row["made_by"], row["expires_on"], row["status"]) for row in rows] == [
        ("amina", "amal", "2027-12-14", "in force"),
        ("amina", "amal", "2027-12-14", "revoked"),
    ]
    assert "in force" in coach("feed", "list").out


def test_nothing_to_revoke_is_one_sentence(coach: Command) -> None:
    said = coach("feed", "revoke", "amina")
    assert (said.code, said.err) == (
        1,
        "amina has no calendar feed in force: make one with `mourafaka feed new amina`.\n",
    )


def test_pages_are_not_served_with_a_secret_that_can_be_guessed(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOURAFAKA_SECRET_KEY", "court")
    for words in (("web", "--port", "0"), ("serve",)):
        said = mourafaka(*words)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(
            "MOURAFAKA_SECRET_KEY is too short, whoever guesses it makes links: write at least 32"
        )


def test_pages_are_not_served_without_a_secret(mourafaka: Command) -> None:
    said = mourafaka("web", "--port", "0")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("MOURAFAKA_SECRET_KEY is not set")
