"""`definition migrate`, `fiscal-year`, `history`, `why` and `ledger --status` as a person runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.journey.test_versions import second_text

LIST = str(Path(__file__).parents[2] / "examples" / "souss-massa-33.xlsx")
MIGRATE = ("definition", "migrate", "--cohort", "SM-2027")


@pytest.fixture
def cohort(after: Callable[..., Command], tmp_path: Path) -> Command:
    """A cohort of 33 on version 1, and version 2 published."""
    (tmp_path / "second.yaml").write_text(second_text(), encoding="utf-8")
    return after(
        ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01"),
        ("import", LIST, "--cohort", "SM-2027"),
        ("enrol", "--cohort", "SM-2027"),
        ("definition", "publish", "second.yaml"),
    )


def test_migrate_shows_the_plan_in_words_and_changes_nothing(cohort: Command) -> None:
    ran = cohort(*MIGRATE)
    lines = ran.out.splitlines()
    assert lines[:5] == [
        "SM-2027 to version 2: 33 to migrate, 0 on it already, 0 ended and left alone, 0 not enrolled yet.",
        "– 33 gain M9",
        "– diagnosis.restitution moves for 33",
        "– closing.exit-plan is not required any more for 33",
        "– no notice is taken back",
    ]
    assert "    gains coaching.M9-evaluation, due 2027-10-04" in lines
    assert lines[-1].startswith("Nothing is changed yet. To approve it: mourafaka")
    assert cohort(*MIGRATE, "--json").json["counts"]["to_migrate"] == 33


def test_migrate_applies_what_was_approved(cohort: Command) -> None:
    shown = cohort(*MIGRATE, "--json").json
    assert (shown["applied"], shown["messages"], len(shown["enrolments"])) == (False, [], 33)
    refused = cohort(*MIGRATE, "--approve", "00000000")
    assert refused.code == 1
    assert refused.err.startswith("The plan has changed since you looked (you approve 00000000")
    ran = cohort(*MIGRATE, "--approve", shown["digest"], "--by", "amal")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "33 enrolments are on version 2 now.")
    again = cohort(*MIGRATE, "--json").json
    assert (again["counts"]["to_migrate"], again["counts"]["migrated"], again["digest"]) == (0, 33, shown["digest"])
    assert cohort(*MIGRATE).out.splitlines()[-1].startswith("SM-2027 to version 2: 0 to migrate, 33 on it already")


def test_migrate_asks_about_what_is_past(cohort: Command) -> None:
    late = {"as_of": "2027-11-02T10:00"}
    asked = cohort(*MIGRATE, **late)
    assert "– 0 gain M9, 33 are already past it: say --skip M9 or --schedule M9" in asked.out
    assert asked.out.splitlines()[-1] == (
        "Nothing is changed yet. Choose with --skip or --schedule, and look at the plan again."
    )
    refused = cohort(*MIGRATE, "--yes", **late)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("M9 is past for some: say `--skip KEY` or `--schedule KEY`")
    ran = cohort(*MIGRATE, "--schedule", "M9", "--yes", "--json", **late)
    assert (ran.json["applied"], len(ran.json["migrated"]), ran.json["failures"]) == (True, 33, [])


def test_fiscal_year_is_shown_then_changed(cohort: Command) -> None:
    shown = cohort("fiscal-year", "SM-2027/001", "30/06", "--json").json
    assert (shown["applied"], shown["about"]["is"]) == (False, "06-30")
    assert cohort("fiscal-year", "SM-2027/001", "30/06", "--yes").out.splitlines()[-1] == "Done."
    assert cohort("fiscal-year", "SM-2027/001", "30/06").code == 1


def test_history_says_who_did_what_and_why(cohort: Command) -> None:
    cohort("done", "SM-2027/001", "start.convention", "--by", "amal", as_of="2027-01-11T10:00")
    ran = cohort("history", "SM-2027/001")
    assert ran.code == 0
    assert "step done" in ran.out
    lines = cohort("history", "SM-2027/001", "--json").json
    assert [(line["by"], line["verb"], line["subject"]) for line in lines] == [
        ("command line", "selected", "SM-2027"),
        ("command line", "enrolled", "SM-2027"),
        ("amal", "step done", "start.convention"),
    ]
    assert lines[2]["changes"] == [{"what": "on", "before": "", "after": "2027-01-11"}]
    assert cohort("history", "SM-2027/999").code == 1


def test_why_explains_a_step_then_its_notices(cohort: Command) -> None:
    ran = cohort("why", "SM-2027/001/start.coach")
    holiday = "a holiday (Manifeste de l'indépendance): moved to 2027-01-12"
    assert (ran.code, ran.out) == (
        0,
        f"“Désigner l'accompagnateur” is on 2027-01-12: 1 week after the start is 2027-01-11, {holiday}.\n",
    )
    assert cohort("why", "SM-2027/001/start.coatch").code == 1


def test_why_explains_the_silence_about_an_enrolment(mourafaka: Command) -> None:
    mourafaka("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01")
    mourafaka("import", LIST, "--cohort", "SM-2027")
    ran = mourafaka("why", "SM-2027/001")
    said = "SM-2027/001 has no notice yet: it is selected and not enrolled; run `mourafaka enrol`.\n"
    assert (ran.code, ran.out) == (0, said)


def test_ledger_is_asked_by_status(cohort: Command) -> None:
    rows = cohort("ledger", "--json").json
    pending = cohort("ledger", "--status", "pending", "--json").json
    assert (len(pending), pending) == (33, [row for row in rows if row["status"] == "pending"])
    assert cohort("ledger", "--status", "sent", "--json").json == []
    assert cohort("ledger", "--status", "lost").err.startswith("lost is not what becomes of a notice")
