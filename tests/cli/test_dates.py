"""The commands that change dates: what they show, what they approve, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

LIST = str(Path(__file__).parents[2] / "examples" / "souss-massa-33.xlsx")
ONE = "SM-2027/001"
VISIT = "diagnosis.visit"


@pytest.fixture
def enrolled(after: Callable[..., Command]) -> Command:
    return after(
        ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01"),
        ("import", LIST, "--cohort", "SM-2027"),
        ("enrol", "--cohort", "SM-2027"),
    )


def due(mourafaka: Command, step: str) -> str:
    enrolments = mourafaka("state", "--json").json["cohorts"][0]["enrolments"]
    steps = next(one for one in enrolments if one["code"] == ONE)["steps"]
    return str(next(one for one in steps if one["key"] == step)["due_on"])


def test_move_shows_then_moves_what_is_approved(enrolled: Command) -> None:
    before = due(enrolled, VISIT)
    ran = enrolled("move", ONE, VISIT, "2027-02-03", "--at", "09:30", "--json")
    assert (ran.code, ran.json["applied"], due(enrolled, VISIT)) == (0, False, before)
    assert ran.json["moved"][0]["on"] == "2027-02-03"
    done = enrolled("move", ONE, VISIT, "2027-02-03", "--at", "09:30", "--approve", ran.json["digest"])
    assert (done.code, done.out.endswith("Done.\n"), due(enrolled, VISIT)) == (0, True, "2027-02-03")


def test_move_prints_the_line_that_approves_it(enrolled: Command) -> None:
    ran = enrolled("move", ONE, VISIT, "2027-02-03", "--by", "k1")
    digest = ran.out.rstrip().rpartition("--approve ")[2]
    assert f"mourafaka --as-of 2026-12-14T10:00 move {ONE} {VISIT} 2027-02-03 --by k1 --approve {digest}" in ran.out
    assert "Nothing is changed yet." in ran.out


def test_other_digest_is_refused(enrolled: Command) -> None:
    ran = enrolled("move", ONE, VISIT, "2027-02-03", "--approve", "00000000")
    assert (ran.code, "The plan has changed since you looked" in ran.err) == (1, True)


def test_restart_and_unpin_with_yes(enrolled: Command) -> None:
    enrolled("move", ONE, VISIT, "2027-02-03", "--yes")
    ran = enrolled("restart", ONE, "2027-01-18", "--yes", "--json")
    assert (ran.json["applied"], ran.json["about"]["change"], due(enrolled, VISIT)) == (True, "start", "2027-02-03")
    assert due(enrolled, "coaching.M12-evaluation") == "2028-01-18"
    assert enrolled("unpin", ONE, VISIT, "--yes").code == 0
    assert due(enrolled, VISIT) == "2027-02-08"


def test_holiday_proclaimed_listed_and_removed(enrolled: Command) -> None:
    ran = enrolled("holiday", "proclaim", "2027-05-17", "2027-05-18", "--yes", "--json")
    assert ran.json["about"]["closed"] == ["2027-05-18"]
    assert enrolled("holiday", "add", "2027-03-15", "--name", "Jour chômé", "--yes").code == 0
    listed = enrolled("holiday", "list", "--year", "2027", "--json").json
    assert [one["on"] for one in listed if one["name"] in {"Fête du sacrifice", "Jour chômé"}] == [
        "2027-03-15",
        "2027-05-17",
        "2027-05-18",
    ]
    assert enrolled("holiday", "remove", "2027-03-15", "--yes").code == 0
    assert "Jour chômé" not in enrolled("holiday", "list", "--year", "2027").out


def test_holidays_are_listed_by_their_names_in_the_readers_language(
    enrolled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Fête du Trône" in enrolled("holiday", "list", "--year", "2027").out
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "ar")
    listed = enrolled("holiday", "list", "--year", "2027").out
    assert "عيد العرش" in listed
    assert "Fête" not in listed


def test_window_closed_listed_and_opened(enrolled: Command) -> None:
    words = ("window", "close", "2027-04-01", "2027-04-30", "--enrolment", ONE, "--reason", "récolte")
    assert enrolled(*words, "--yes").code == 0
    assert due(enrolled, "coaching.session-01") == "2027-05-03"
    (listed,) = enrolled("window", "list", "--json").json
    assert (listed["target"], listed["reason"]) == (ONE, "récolte")
    assert "récolte" in enrolled("window", "list").out
    assert enrolled("window", "open", str(listed["number"]), "--yes").code == 0
    assert due(enrolled, "coaching.session-01") == "2027-04-05"


def test_what_moves_and_why_is_said_wholly_in_french(enrolled: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    words = ("window", "close", "2027-04-01", "2027-04-30", "--enrolment", ONE, "--reason", "récolte")
    moved = enrolled(*words, "--yes").out
    assert "10 jours après coaching.session-01" in moved
    assert "days" not in moved
    assert "│ coopérative │" in enrolled("window", "list").out
    why = enrolled("why", f"{ONE}/coaching.session-01").out
    assert "is in closed days" not in why


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("window", "close", "2027-04-01", "2027-04-30", "--reason", "x"), "write either --sector or --enrolment"),
        (("window", "close", "2027-04-01", "2027-04-30", "--enrolment", ONE), "write --reason"),
        (("move", ONE, VISIT, "soon"), "soon is not a date"),
        (("holiday", "proclaim", "2027-10-04"), "No estimated feast is near 2027-10-04"),
    ],
)
def test_wrong_words_are_refused_in_a_sentence(enrolled: Command, words: tuple[str, ...], said: str) -> None:
    ran = enrolled(*words)
    assert ran.code in {1, 2}
    assert said in ran.err
