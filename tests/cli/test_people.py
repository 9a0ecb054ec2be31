"""The commands for when people change, and for facts that are set right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from programme.scoring import default_questionnaire
from tests.cli.conftest import Command

LIST = str(Path(__file__).parents[2] / "examples" / "souss-massa-33.xlsx")
OPEN = ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01")
ONE = "SM-2027/001"
HERE = ("--territory", "region-souss-massa")


@pytest.fixture
def enrolled(after: Callable[..., Command]) -> Command:
    """Thirty-three cooperatives, a coordinator and three coaches; c1 follows the first four."""
    staff = [("Amal", "k1", "coordinator"), *((code, code, "coach") for code in ("c1", "c2", "c3"))]
    return after(
        OPEN,
        ("import", LIST, "--cohort", "SM-2027"),
        ("enrol", "--cohort", "SM-2027"),
        *(
            ("user", "add", name, "--code", code, "--role", role, "--email", f"{code}@odco.example", *HERE)
            for name, code, role in staff
        ),
        *(("assign", f"SM-2027/{rank:03d}", "c1") for rank in range(1, 5)),
    )


def test_coach_leaves_and_the_command_says_who_takes_what(enrolled: Command) -> None:
    ran = enrolled("coach", "leave", "c1", "--on", "2026-12-20", "--to", "c2=3", "--to", "c3")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "c2 takes 3: SM-2027/001, SM-2027/002, SM-2027/003.",
        "c3 takes 1: SM-2027/004.",
        "c1 leaves on 2026-12-20.",
    ]


def test_coach_leaves_in_json(enrolled: Command) -> None:
    words = ("--to", "c2=SM-2027/004,SM-2027/001", "--to", "c3=2")
    ran = enrolled("coach", "leave", "c1", "--on", "2026-12-20", *words, "--json")
    assert ran.json == {
        "coach": "c1",
        "on": "2026-12-20",
        "to": {"c2": ["SM-2027/004", "SM-2027/001"], "c3": ["SM-2027/002", "SM-2027/003"]},
    }


def test_coach_leaves_only_when_all_are_taken_over(enrolled: Command) -> None:
    ran = enrolled("coach", "leave", "c1", "--to", "c2=3")
    assert (ran.code, ran.out) == (1, "")
    assert (
        ran.err == "c1 follows 4 cooperatives, not the 3 that are shared out: say who takes each, such as `--to "
        "A=7 --to B=5`.\n"
    )
    assert enrolled("coach", "leave", "c1", "--to", "c2=3", "--to", "c2=1").code == 2


def test_contact_changes_is_corrected_and_ends(enrolled: Command) -> None:
    ran = enrolled("contact", "change", ONE, "--name", "Fatima", "--email", "F@coop.example", "--on", "2027-01-04")
    assert ran.out.startswith(f"Fatima answers for {ONE} from 2027-01-04: f@coop.example, ")
    shown = enrolled("contact", "correct", ONE, "--phone", "0661000001", "--json", as_of="2027-01-05T10:00").json
    assert (shown["name"], shown["phone"], shown["starts_on"]) == ("Fatima", "+212661000001", "2027-01-04")
    ended = enrolled("contact", "end", ONE, "--on", "2027-02-01")
    assert ended.out == f"The contact of {ONE} ends on 2027-02-01.\n"
    rows = enrolled("ledger", "--cooperative", ONE, "--json").json
    assert [row["status"] for row in rows if row["kind"] == "welcome"] == ["pending"]
    assert "Nothing was said of the contact" in enrolled("contact", "change", ONE).err


def test_transfer_says_where_it_is_now(enrolled: Command) -> None:
    ran = enrolled("transfer", ONE, "meknes", "--reason", "siège déplacé")
    assert ran.out == f"{ONE} is in meknes from 2026-12-14.\n"
    assert enrolled("transfer", "SM-2027/002", "meknes", "--json").json == {
        "enrolment": "SM-2027/002",
        "delegation": "meknes",
        "on": "2026-12-14",
    }
    assert "is in meknes already" in enrolled("transfer", ONE, "meknes").err
    state = enrolled("state", "--json").json["cohorts"][0]["enrolments"][0]
    assert (state["code"], state["delegation"]) == (ONE, "meknes")


def test_staff_is_set_right_and_leaves(enrolled: Command) -> None:
    ran = enrolled("staff", "correct", "k1", "--email", "amal@odco.example")
    assert ran.out == "k1 is set right: Amal, amal@odco.example, fr.\n"
    assert enrolled("staff", "end", "k1", "coordinator", "--on", "2027-01-31").out == (
        "k1 is coordinator up to 2027-01-31.\n"
    )
    assert "k1 is not delegate on 2027-01-31" in enrolled("staff", "end", "k1", "delegate", "--on", "2027-01-31").err
    assert enrolled("staff", "end", "c3", "coach", "--on", "2027-01-31", "--json").json == {
        "code": "c3",
        "role": "coach",
        "ends_on": "2027-01-31",
    }


def test_session_is_set_right_and_says_what_was(enrolled: Command) -> None:
    day = "2027-05-03T15:00"
    assert enrolled("session", ONE, "coaching.session-01", "--held", as_of=day).code == 0
    who = ("--by", "k1", "--reason", "typed wrongly")
    ran = enrolled("correct", "session", ONE, "coaching.session-01", "--missed", *who, "--json", as_of=day)
    assert (ran.json["before"]["held"], ran.json["after"]["held"], ran.json["flagged"]) == (True, False, {})
    again = enrolled("correct", "session", ONE, "coaching.session-01", "--missed", *who, as_of=day)
    assert (again.code, "nothing to correct" in again.err) == (1, True)


def test_attendance_and_action_are_set_right(enrolled: Command) -> None:
    day = "2027-05-03T15:00"
    who = ("--by", "k1", "--reason", "signed list")
    assert enrolled("attendance", ONE, "training.strategy", "president=no", as_of=day).code == 0
    ran = enrolled("correct", "attendance", ONE, "training.strategy", "president=yes", *who, as_of=day)
    assert ran.out == f"training.strategy of {ONE} is corrected.\n"
    assert "no recorded action" in enrolled("correct", "action", ONE, "finance", "--open", *who, as_of=day).err


def test_checkpoint_is_measured_again(enrolled: Command, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("".join(f"{item.key}: 2\n" for item in default_questionnaire().items), encoding="utf-8")
    day = "2027-02-01T15:00"
    assert enrolled("evaluate", ONE, "M0", str(answers), as_of=day).code == 0
    ran = enrolled("correct", "measure", ONE, "M0", str(answers), "--by", "k1", as_of=day)
    assert ran.out == f"M0 of {ONE} is measured again (campaign 2): 50.0 of 100.\n"
    later = "2027-03-20T15:00"
    assert enrolled("done", ONE, "diagnosis.plan-draft", "--on", "2027-03-15", as_of=later).code == 0
    ran = enrolled("correct", "measure", ONE, "M0", str(answers), "--by", "k1", as_of=later)
    assert ran.out.endswith(
        "The development plan was drafted on 2027-03-15 and stays: "
        "agree with the cooperative on what is to change in it.\n"
    )


def test_session_of_a_wrong_day_is_refused_with_what_to_do(enrolled: Command) -> None:
    told = ("session", ONE, "coaching.session-01", "--on", "2027-01-20")
    ran = enrolled(*told, as_of="2027-02-01T15:00")
    assert ran.code == 1
    assert ran.err == (
        f"2027-01-20 is too early for coaching.session-01 of {ONE}, nobody was to do it before 2027-03-21: correct the "
        "day or the code; if it did happen so early, the coordinator records it with `--early`.\n"
    )
    assert enrolled(*told, "--early", as_of="2027-02-01T15:00").code == 0


def test_countersign_says_that_nothing_waits(enrolled: Command) -> None:
    ran = enrolled("countersign", ONE, "M0", "--by", "k1")
    assert (ran.code, ran.out) == (1, "")
    assert f"M0 of {ONE} waits for no second signature" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("coach", "leave"),
        ("contact", "change"),
        ("contact", "correct"),
        ("contact", "end"),
        ("staff", "end"),
        ("staff", "correct"),
        ("transfer",),
        ("correct", "attendance"),
        ("correct", "session"),
        ("correct", "action"),
        ("correct", "measure"),
        ("countersign",),
    ],
)
def test_help_has_an_example_and_json(mourafaka: Command, words: tuple[str, ...]) -> None:
    ran = mourafaka(*words, "--help")
    assert ran.code == 0
    assert f"Example: mourafaka {' '.join(words)}" in " ".join(ran.out.split())
    assert "--json" in ran.out


def test_adding_somebody_without_a_telephone_says_what_follows(after: Callable[..., Command]) -> None:
    command = after(OPEN)
    words = ("user", "add", "Amal", "--role", "coach", *HERE)
    silent, reachable = command(*words), command(*words, "--code", "amal-2", "--phone", "06 12 34 56 78")
    assert (silent.code, silent.out) == (0, "Amal is added, with the code amal.\n")
    assert silent.err == (
        "Amal has no telephone, and every message names one to call: it will be another person's. Give it with "
        "`mourafaka staff correct amal --phone NUMBER`.\n"
    )
    assert (reachable.code, reachable.err) == (0, "")
