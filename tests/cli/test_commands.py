"""The commands of the contract: what they print, store and refuse."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from programme.definition_file import shipped_text
from tests.cli.conftest import Command

LIST = str(Path(__file__).parents[2] / "examples" / "souss-massa-33.xlsx")
OPEN = ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01")


def _enrolled(mourafaka: Command) -> None:
    assert mourafaka(*OPEN).code == 0
    assert mourafaka("import", LIST, "--cohort", "SM-2027").code == 0
    assert mourafaka("enrol", "--cohort", "SM-2027").code == 0


@pytest.mark.sqlite
def test_init_says_where_the_database_is(mourafaka: Command, tmp_path: Path) -> None:
    ran = mourafaka("init")
    assert (ran.code, ran.err) == (0, "")
    assert str(tmp_path / "data" / "mourafaka.sqlite3") in ran.out


def test_cohort_open_refuses_a_second_one(mourafaka: Command) -> None:
    assert mourafaka(*OPEN).out == "Cohort SM-2027 is open, from 2027-01-04.\n"
    ran = mourafaka(*OPEN)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Cohort SM-2027 is already open since 2027-01-04: use another code.\n"


def test_import_gives_the_contract_s_json(mourafaka: Command) -> None:
    mourafaka(*OPEN)
    ran = mourafaka("import", LIST, "--cohort", "SM-2027", "--json")
    assert ran.json == {"status": "accepted", "stored": 33, "known": 0, "accepted": 33, "errors": []}
    again = mourafaka("import", LIST, "--cohort", "SM-2027", "--json")
    assert (again.json["stored"], again.json["known"]) == (0, 33)


def test_import_dry_run_stores_nothing(mourafaka: Command) -> None:
    mourafaka(*OPEN)
    assert mourafaka("import", LIST, "--cohort", "SM-2027", "--dry-run", "--json").json["stored"] == 0
    assert mourafaka("state", "--json").json["cohorts"][0]["enrolments"] == []


def test_import_names_row_column_and_remedy_and_stores_nothing(mourafaka: Command, tmp_path: Path) -> None:
    mourafaka(*OPEN)
    wrong = tmp_path / "list.csv"
    wrong.write_text(
        "nom_cooperative;province;date_creation;adherents_actuels;tribunal;numero_registre\n"
        "Une;Atlantide;01/02/2025;9;Agadir;12/2025\n"
        "Deux;Tiznit;01/02/2099;9;Agadir;13/2025\n"
        "Trois;Tiznit;01/02/2025;9;Agadir;14/2025\n"
        "Quatre;Tiznit;01/02/2025;9;Agadir;14/2025\n",
        encoding="utf-8",
    )
    ran = mourafaka("import", str(wrong), "--cohort", "SM-2027", "--json", "--report", str(tmp_path / "problems.csv"))
    assert ran.code == 1
    assert ran.json["status"] == "rejected"
    assert ran.json["stored"] == 0
    assert [error["row"] for error in ran.json["errors"]] == [2, 3, 5]
    assert ran.err == "list.csv is rejected, nothing is stored: mend its problems (3) and import it again.\n"
    assert (tmp_path / "problems.csv").read_text(encoding="utf-8-sig").splitlines()[0] == "row;column;message"
    assert mourafaka("state", "--json").json["cohorts"][0]["enrolments"] == []


def test_import_says_a_rejection_where_errors_are_read(mourafaka: Command, tmp_path: Path) -> None:
    mourafaka(*OPEN)
    (tmp_path / "list.csv").write_text("nom_cooperative;province\nUne;Tiznit\n", encoding="utf-8")
    ran = mourafaka("import", "list.csv", "--cohort", "SM-2027")
    assert "Its number of members is not known" in ran.out
    assert ran.err == "list.csv is rejected, nothing is stored: mend its problems (3) and import it again.\n"


@pytest.mark.parametrize(("name", "cohort"), [("missing.csv", "SM-2027"), ("empty.csv", "SM-2027"), ("list.csv", "NO")])
def test_import_gives_its_json_of_a_list_that_is_refused_as_a_whole(
    mourafaka: Command, tmp_path: Path, name: str, cohort: str
) -> None:
    mourafaka(*OPEN)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "list.csv").write_text("nom_cooperative;province\nUne;Tiznit\n", encoding="utf-8")
    ran = mourafaka("import", name, "--cohort", cohort, "--json")
    assert ran.code == 1
    assert ran.json == {
        "status": "rejected",
        "stored": 0,
        "known": 0,
        "accepted": 0,
        "errors": [{"row": None, "column": None, "message": ran.err.strip()}],
    }


def test_user_add_takes_the_option_of_a_password_and_says_that_none_is_kept(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough secret\n"))
    ran = mourafaka("user", "add", "Amal", "--role", "coordinator", "--phone", "0612345678", "--password-stdin")
    assert (ran.code, ran.out) == (0, "Amal is added, with the code amal.\n")
    assert ran.err == "The password of Amal is not kept: there is no page to sign in to yet.\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    none = mourafaka("user", "add", "Badr", "--role", "coordinator", "--phone", "0612345678", "--password-stdin")
    assert (none.code, none.err) == (
        1,
        "No password came in: write one on the command's standard input, on one line.\n",
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("import", "missing.xlsx", "--cohort", "SM-2027"), "missing.xlsx"),
        (
            ("import", LIST, "--cohort", "NO"),
            "There is no cohort NO: open it with `mourafaka cohort open NO --start DATE`",
        ),
        (("enrol", "--cohort", "SM-2027"), "Cohort SM-2027 has no cooperative"),
        (("cohort", "open", "X", "--start", "soon"), "soon is not a date: write year-month-day"),
        (("cohort", "open", "X", "--start", "2027-01-04", "--region", "Atlantis"), "Atlantis is not one of the twelve"),
        (("run-day",), "No mail server is set: write MOURAFAKA_SMTP_URL="),
        (("serve",), "MOURAFAKA_SECRET_KEY is not set"),
        (
            ("ledger", "--cooperative", "SM-2027/0007"),
            "No cooperative is called SM-2027/0007: write an enrolment's code",
        ),
        (("restore", "missing.sqlite3"), "There is no file missing.sqlite3: correct the name"),
        (("why", "nobody"), "Nothing is known of nobody"),
        (("done", "SM-2027/001", "start.contact"), "There is no enrolment SM-2027/001"),
        (("user", "add", "A", "--role", "king"), "king is not a role: write one of coordinator, coach, delegate"),
        (("simulate", "--cohort", "NO"), "There is no cohort NO"),
        (("definition", "check", "missing.yaml"), "missing.yaml cannot be read"),
    ],
)
def test_refusals_are_one_sentence_with_the_remedy(mourafaka: Command, words: tuple[str, ...], sentence: str) -> None:
    mourafaka(*OPEN)
    ran = mourafaka(*words)
    assert ran.code == 1
    assert ran.out == ""
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_closed_cohort_takes_nothing(mourafaka: Command) -> None:
    mourafaka(*OPEN)
    mourafaka("cohort", "close", "SM-2027")
    ran = mourafaka("import", LIST, "--cohort", "SM-2027")
    assert (ran.code, ran.err) == (1, "Cohort SM-2027 is closed: nothing can be added to it; use an open cohort.\n")


def test_a_day_of_another_century_is_refused(mourafaka: Command) -> None:
    ran = mourafaka("cohort", "open", "SM-2027", "--start", "9990-01-04")
    assert (ran.code, ran.err) == (1, "9990-01-04 is too far off: write a day from 1990-01-01 to 2099-12-31.\n")


@pytest.mark.parametrize("where", ["cli.inspect.business_state", "cli.app.Chosen"])
def test_ctrl_c_is_said_and_ends_as_a_failed_command(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, stop)
    ran = mourafaka("state", "--json")
    said = "Stopped. Nothing is lost: run the command again, it goes on where it was.\n"
    assert (ran.code, ran.out, ran.err) == (1, "", said)


def test_wrong_usage_exits_with_two(mourafaka: Command) -> None:
    assert mourafaka("import").code == 2


def test_enrol_is_idempotent_and_state_is_stable(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    first = mourafaka("state", "--json")
    assert mourafaka("enrol", "--cohort", "SM-2027").out == "0 cooperatives enrolled in SM-2027.\n"
    assert mourafaka("state", "--json").out == first.out
    enrolments = first.json["cohorts"][0]["enrolments"]
    assert len(enrolments) == 33
    assert {one["status"] for one in enrolments} == {"active"}


def test_ledger_and_why_explain_the_welcome(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    rows = mourafaka("ledger", "--cooperative", "SM-2027/001", "--json").json
    welcome = next(row for row in rows if row["kind"] == "welcome")
    assert (welcome["due"], welcome["status"], welcome["attempts"]) == ("2027-01-04", "pending", 0)
    ran = mourafaka("why", welcome["key"])
    assert ran.code == 0
    assert "waits: it leaves on 2027-01-04 09:00 at the soonest" in ran.out


def test_health_is_silent_until_work_waits(mourafaka: Command) -> None:
    mourafaka(
        "user", "add", "Coordination", "--role", "coordinator", "--email", "k@odco.example", "--phone", "0528000001"
    )
    _enrolled(mourafaka)
    assert mourafaka("health").out == "Healthy.\n"
    late = mourafaka("health", as_of="2027-01-20T10:00")
    assert late.code == 1
    assert "Work has waited since 2027-01-04" in late.err


def test_health_names_a_delegation_without_coordinator(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    assert "region-souss-massa has no coordinator: add one" in mourafaka("health").err


def test_doctor_names_the_mend(mourafaka: Command) -> None:
    ran = mourafaka("doctor")
    assert ran.code == 1
    assert "✓ Time zone data: Morocco is on UTC+0 in June 2027." in ran.out
    assert "✗ No mail server is set." in ran.out


def test_definition_check_tells_line_and_column(mourafaka: Command, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(shipped_text(), encoding="utf-8")
    assert mourafaka("definition", "check", str(good)).code == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        shipped_text().replace("due: diagnosis.report + 5 working days", "due: diagnosis.rapport + 5 working days"),
        encoding="utf-8",
    )
    ran = mourafaka("definition", "check", str(bad))
    assert ran.code == 1
    assert "diagnosis.rapport" in ran.err
    assert "line" in ran.err


def test_definition_publish_twice_with_other_content_is_refused(mourafaka: Command, tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    file.write_text(shipped_text(), encoding="utf-8")
    assert mourafaka("definition", "publish", str(file)).code == 0
    file.write_text(shipped_text().replace("min_members: 5", "min_members: 6"), encoding="utf-8")
    ran = mourafaka("definition", "publish", str(file))
    assert ran.code == 1
    assert "already published with other content" in ran.err


def test_facts_and_a_decision_by_a_person(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    day = "2027-02-01T11:00"
    mourafaka("user", "add", "Accompagnement", "--code", "c1", "--role", "coach", "--territory", "region-souss-massa")
    assert mourafaka("assign", "SM-2027/001", "c1").code == 0
    assert mourafaka("done", "SM-2027/001", "start.contact", as_of=day).code == 0
    again = mourafaka("done", "SM-2027/001", "start.contact", as_of=day)
    assert (again.code, "is already done since 2027-02-01" in again.err) == (1, True)
    ran = mourafaka("decide", "SM-2027/001", "M0", "continue", "--by", "amal", as_of=day)
    assert (ran.code, "has no proposal yet" in ran.err) == (1, True)


def test_answers_in_french_when_the_reader_asks_for_it(mourafaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    assert "SM-2027" in mourafaka(*OPEN).out
    assert mourafaka("health").out != "Healthy.\n"


def test_template_can_be_filled_in(mourafaka: Command, tmp_path: Path) -> None:
    assert mourafaka("template", "list.xlsx").code == 0
    mourafaka(*OPEN)
    ran = mourafaka("import", "list.xlsx", "--cohort", "SM-2027")
    assert (ran.code, "list.xlsx" in ran.err) == (1, True)


def test_simulate_of_days_that_are_past_is_refused(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    ran = mourafaka("simulate", "--cohort", "SM-2027", "--until", "2026-12-13")
    assert (ran.code, ran.err) == (
        1,
        "2026-12-13 is past, today is 2026-12-14: what is to come begins today; write today or a later day.\n",
    )


def test_simulate_shows_words_and_not_what_rows_hold(mourafaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _enrolled(mourafaka)
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    said = mourafaka("simulate", "--cohort", "SM-2027", "--until", "2026-12-14").out
    assert [word for word in ("active", "open", "welcome", "email", "digest") if word in said] == []
    assert [word for word in ("en cours", "à faire", "bienvenue") if word not in said] == []


@pytest.mark.slow
def test_simulate_prints_the_same_hash_twice(mourafaka: Command) -> None:
    _enrolled(mourafaka)
    words = ("simulate", "--cohort", "SM-2027", "--until", "2027-03-31", "--json")
    first, second = mourafaka(*words).json, mourafaka(*words).json
    other = mourafaka(*words, "--seed", "2").json
    assert first["hash"] == second["hash"]
    assert first["hash"] != other["hash"]
    assert mourafaka("ledger", "--json").json == mourafaka("ledger", "--json").json
