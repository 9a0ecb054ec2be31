"""The commands that list what waits."""

from __future__ import annotations

from datetime import date

import pytest

from models.session import Database
from tests.cli.conftest import Command
from tests.world import evaluate, morning, open_enrolled


@pytest.fixture
def cohort(mourafaka: Command, database: Database) -> Command:
    open_enrolled(database)
    evaluate(database, "M6", date(2027, 7, 5))
    morning(database, date(2027, 7, 6))
    return mourafaka


def test_steps_names_each_key_hour_and_delay(cohort: Command) -> None:
    rows = cohort("steps", "SM-2027/001", "--json", as_of="2027-07-06T10:00").json
    assert rows[0] == {
        "key": "start.coach",
        "title": {"fr": "Désigner l'accompagnateur", "ar": "تعيين المواكب"},
        "owner": "coordinator",
        "due_on": "2027-01-12",
        "at": None,
        "place": None,
        "status": "open",
        "days_late": 175,
        "pinned": False,
    }


def test_steps_shows_titles_in_the_reader_s_language(cohort: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert "Désigner l'accompagnateur" in cohort("steps", "SM-2027/001").out
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "ar")
    assert "تعيين المواكب" in cohort("steps", "SM-2027/001").out


def test_proposals_say_why(cohort: Command) -> None:
    ran = cohort("proposals", "--cohort", "SM-2027")
    assert ran.out == (
        "SM-2027/001 Coopérative 1: M6, proposed continue since 2027-07-06\n"
        "  – 0 of 12 coaching sessions held, needs 1\n"
    )
    assert cohort("proposals", "--json").json[0]["reasons"] == ["0 of 12 coaching sessions held, needs 1"]


def test_proposals_of_an_unknown_cohort_are_refused(cohort: Command) -> None:
    ran = cohort("proposals", "--cohort", "SM-2099")
    assert (ran.code, "There is no cohort SM-2099" in ran.err) == (1, True)


def test_decide_and_why_answer_in_json(cohort: Command) -> None:
    day = "2027-07-07T10:00"
    decided = cohort("decide", "SM-2027/001", "M6", "continue", "--by", "amal", "--json", as_of=day).json
    assert decided == {
        "enrolment": "SM-2027/001",
        "checkpoint": "M6",
        "status": "decided",
        "proposal": "continue",
        "outcome": "continue",
        "decided_on": "2027-07-07",
        "decided_by": "amal",
        "reason": None,
    }
    assert (
        cohort("why", "SM-2027/001/diagnosis.visit", "--json", as_of=day).json[0].startswith("“Visite de diagnostic”")
    )
