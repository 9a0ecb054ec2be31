"""The commands of pauses, ends, appeals and alerts: what they print, store and refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ONE = "SM-2027/001"
LIST = (
    "nom_cooperative;province;date_creation;adherents_actuels;tribunal;numero_registre;email\n"
    "Une;Tiznit;01/02/2025;9;Tiznit;12/2025;une@coop.example\n"
)


@pytest.fixture
def enrolled(after: Callable[..., Command], tmp_path: Path) -> Command:
    """One cooperative, enrolled on 2026-12-14."""
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return after(
        ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01"),
        ("import", "list.csv", "--cohort", "SM-2027"),
    )


def enrol(command: Command) -> None:
    assert command("enrol", "--cohort", "SM-2027").code == 0


def test_suspend_and_resume_give_the_same_days_left(enrolled: Command) -> None:
    enrol(enrolled)
    ran = enrolled("suspend", ONE, "--reason", "flood", "--by", "amal", "--json", as_of="2027-02-01T15:00")
    assert (ran.json["from_on"], ran.json["remaining"]["diagnosis.swot"]) == ("2027-02-01", 5)
    again = enrolled("resume", ONE, "--by", "amal", "--json", as_of="2027-03-15T10:00")
    assert (again.json["until_on"], again.json["dates"]["diagnosis.swot"]) == ("2027-03-15", "2027-03-22")


def test_suspend_and_resume_say_so(enrolled: Command) -> None:
    enrol(enrolled)
    said = enrolled("suspend", ONE, "--reason", "flood", as_of="2027-02-01T15:00").out
    assert said.startswith("SM-2027/001 is suspended from 2027-02-01; ")
    refused = enrolled("suspend", ONE, "--reason", "flood", as_of="2027-02-02T15:00")
    assert (refused.code, refused.err) == (
        1,
        "Enrolment SM-2027/001 is suspended since 2027-02-01: resume it first with `mourafaka resume SM-2027/001`.\n",
    )
    assert "SM-2027/001 goes on from 2027-03-15." in enrolled("resume", ONE, as_of="2027-03-15T10:00").out


def test_refusals_say_in_words_where_an_enrolment_and_a_step_stand(
    enrolled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(enrolled)
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    now = "2027-01-06T10:00"
    assert "(statut en cours)" in enrolled("resume", ONE, as_of=now).err
    assert enrolled("done", ONE, "start.contact", "--by", "amal", as_of=now).code == 0
    assert "(statut faite depuis le 2027-01-06)" in enrolled("done", ONE, "start.contact", as_of=now).err


def test_why_says_that_nothing_more_is_sent_of_who_is_suspended(enrolled: Command) -> None:
    enrol(enrolled)
    enrolled("suspend", ONE, "--reason", "flood", as_of="2027-02-01T15:00")
    said = enrolled("why", ONE, as_of="2027-02-02T15:00").out.splitlines()
    assert said[0] == "SM-2027/001 is suspended: nothing more is sent about it."
    assert said[1].startswith("the welcome for ")


def test_end_and_appeal(enrolled: Command) -> None:
    enrol(enrolled)
    ran = enrolled("end", ONE, "excluded", "--reason", "never there", as_of="2027-02-01T15:00")
    assert ran.out == "SM-2027/001 has ended on 2027-02-01: excluded.\n"
    filed = enrolled("appeal", "file", ONE, "--grounds", "a flood", "--json", as_of="2027-02-10T15:00")
    assert filed.json == {"enrolment": ONE, "against": "exit", "filed_on": "2027-02-10", "status": "filed"}
    closed = enrolled("appeal", "close", ONE, "--upheld", "--reason", "they were right", as_of="2027-02-15T15:00")
    assert closed.out == "The appeal of SM-2027/001 is upheld.\n"
    assert enrolled("state", "--json").json["cohorts"][0]["enrolments"][0]["status"] == "active"


def test_appeal_after_the_last_day_names_it(enrolled: Command) -> None:
    enrol(enrolled)
    enrolled("end", ONE, "excluded", "--reason", "never there", as_of="2027-02-01T15:00")
    ran = enrolled("appeal", "file", ONE, "--grounds", "a flood", as_of="2027-02-17T15:00")
    assert ran.err == (
        "SM-2027/001 could appeal until 2027-02-16, 15 days after the decision of 2027-02-01: the time is over.\n"
    )


def test_decline_and_appeal_against_it(enrolled: Command) -> None:
    assert enrolled("decline", ONE, "--reason", "too few members").out == (
        "SM-2027/001 is not selected; it may appeal.\n"
    )
    assert enrolled("appeal", "file", ONE, "--against", "selection", "--grounds", "we are nine").code == 0
    assert enrolled("appeal", "close", ONE, "--rejected", "--reason", "still").out == (
        "The appeal of SM-2027/001 is rejected.\n"
    )
    assert enrolled("enrol", "--cohort", "SM-2027").code == 0


def test_alerts_are_listed_and_answered(enrolled: Command) -> None:
    enrol(enrolled)
    assert enrolled("alerts", "--json").json == []
    _one_morning("2027-04-05T08:00")
    rows = enrolled("alerts", "--json", as_of="2027-04-05T09:00").json
    assert [(row["enrolment"], row["kind"], row["proposal"]) for row in rows] == [
        (ONE, "checkpoint_late", None),
        (ONE, "no_contact", "suspension"),
    ]
    assert "no contact for 90" in enrolled("alerts", as_of="2027-04-05T09:00").out
    ran = enrolled("alert", "dismiss", ONE, "checkpoint_late", "--reason", "it comes", as_of="2027-04-05T09:00")
    assert ran.out == "The alert checkpoint_late of SM-2027/001 is dismissed.\n"
    ran = enrolled("alert", "accept", ONE, "no_contact", "--reason", "nobody", "--json", as_of="2027-04-05T09:00")
    assert ran.json == {"enrolment": ONE, "kind": "no_contact", "status": "accepted", "proposal": "suspension"}
    ran = enrolled("alert", "accept", ONE, "no_contact", "--reason", "nobody", as_of="2027-04-05T09:00")
    assert ran.err == "SM-2027/001 has no open alert no_contact: `mourafaka alerts` lists the open ones.\n"


def _one_morning(at: str) -> None:
    """Do a morning without Prefect, in the folder where the commands work."""
    from actions.morning import open_cohorts, whole_morning
    from runtime import house

    here = house.build(as_of=at, allow_real_mail=False)
    with here.database.reading() as session:
        cohorts = open_cohorts(session)
    for cohort in cohorts:
        whole_morning(here.database, cohort, here.clock.now())
    here.database.close()


@pytest.mark.parametrize(
    "words",
    [
        ("suspend",),
        ("resume",),
        ("end",),
        ("decline",),
        ("appeal", "file"),
        ("appeal", "close"),
        ("alerts",),
        ("alert", "accept"),
        ("alert", "dismiss"),
    ],
)
def test_command_s_help_has_an_example(mourafaka: Command, words: tuple[str, ...]) -> None:
    ran = mourafaka(*words, "--help")
    assert (ran.code, f"mourafaka {' '.join(words)}" in " ".join(ran.out.split())) == (0, True)
