"""`mourafaka export`: the list as people read it, import it again, and as it is stored."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from actions import list_file
from actions.listing import listing
from models import AccessLog, Contact, Cooperative, Enrolment, Step
from models.session import Database
from programme.intake import fields
from programme.keeping_errors import CopyUnwritable, ListKindUnknown
from programme.personal_errors import ExportThere, NotForThem
from tests.cli.conftest import Command
from tests.world import NOW, at, enrolment_row, open_followed, open_world

LIST = str(Path(__file__).parents[2] / "examples" / "souss-massa-33.xlsx")
OPEN = ("cohort", "open", "SM-2027", "--start", "2027-01-04", "--region", "Souss-Massa", "--called", "2026-12-01")
OTHER = ("cohort", "open", "SM-2028", "--start", "2028-01-03", "--region", "Souss-Massa", "--called", "2026-12-01")


@pytest.fixture
def stored(after: Callable[..., Command]) -> Command:
    """Thirty-three cooperatives, imported and enrolled."""
    return after(OPEN, ("import", LIST, "--cohort", "SM-2027"), ("enrol", "--cohort", "SM-2027"))


def rows_of(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def test_json_holds_each_stored_cooperative_with_all_its_fields(stored: Command, tmp_path: Path) -> None:
    out = tmp_path / "list.json"
    ran = stored("export", str(out), "--json")
    assert (ran.code, ran.json) == (0, {"path": str(out), "cooperatives": 33})
    found = json.loads(out.read_text(encoding="utf-8"))["cooperatives"]
    assert len(found) == 33
    assert all(fields().keys() <= one.keys() for one in found)
    assert {one["status"] for one in found} == {"active"}
    assert (found[0]["code"], found[0]["cohort"], found[0]["region"]) == ("SM-2027/001", "SM-2027", "Souss-Massa")
    assert found[0]["start_on"] == "2027-01-04"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_is_written_can_be_imported_again(
    stored: Command, tmp_path: Path, ending: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", language)
    out, again = tmp_path / f"list.{ending}", tmp_path / "again.json"
    assert stored("export", str(out)).code == 0
    stored(*OTHER)
    ran = stored("import", str(out), "--cohort", "SM-2028", "--json")
    assert (ran.json["status"], ran.json["stored"], ran.json["errors"]) == ("accepted", 33, [])
    stored("export", str(again), "--cohort", "SM-2028")
    first = tmp_path / "first.json"
    stored("export", str(first), "--cohort", "SM-2027")
    assert [_own(one) for one in _read(again)] == [_own(one) for one in _read(first)]


def _read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cooperatives"]
    return found


def _own(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in fields()}


def test_workbook_is_headed_in_the_readers_language_and_says_where_each_stands(
    stored: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "fr")
    out = tmp_path / "liste.xlsx"
    stored("export", str(out))
    head, first, *rest = rows_of(out)
    shown = dict(zip(head, first, strict=True))
    assert (len(rest), shown["Code"], shown["État"]) == (32, "SM-2027/001", "en cours")
    assert shown["Prochaine action"] == "Désigner l'accompagnateur"
    assert isinstance(shown["Échéance"], date)


def test_list_of_another_cohort_is_not_in_it(stored: Command, tmp_path: Path) -> None:
    stored(*OTHER)
    empty = tmp_path / "none.csv"
    assert stored("export", str(empty), "--cohort", "SM-2028").code == 0
    assert len(list(csv.reader(empty.open(encoding="utf-8-sig"), delimiter=";"))) == 1
    ran = stored("export", str(tmp_path / "x.csv"), "--cohort", "nowhere")
    assert (ran.code, ran.out) == (1, "")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(("name", "refusal"), [("list.pdf", ListKindUnknown), ("there.csv", ExportThere)])
def test_another_ending_or_a_file_that_is_there_is_refused(tmp_path: Path, name: str, refusal: type[Exception]) -> None:
    (tmp_path / "there.csv").touch()
    with pytest.raises(refusal):
        list_file.checked(tmp_path / name)


def test_text_that_a_spreadsheet_would_take_for_a_formula_is_kept_harmless(database: Database, tmp_path: Path) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        session.exec(select(Cooperative)).one().name = '=HYPERLINK("http://evil.example")'
        session.exec(select(Contact)).one().phone = "+33612345678"
    with database.transaction() as session:
        rows = listing(session, by="command line", now=NOW)
    list_file.write(tmp_path / "list.csv", rows)
    list_file.write(tmp_path / "list.xlsx", rows)
    [head, row] = csv.reader((tmp_path / "list.csv").open(encoding="utf-8-sig"), delimiter=";")
    shown = dict(zip(head, row, strict=True))
    assert shown["Nom de la coopérative"] == '\'=HYPERLINK("http://evil.example")'
    assert shown["Téléphone"] == "'+33612345678"
    assert (
        rows_of(tmp_path / "list.xlsx")[1][head.index("Nom de la coopérative")] == '=HYPERLINK("http://evil.example")'
    )


def test_file_that_cannot_be_written_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    open_world(database, cooperatives=1)
    with pytest.raises(CopyUnwritable), database.transaction() as session:
        list_file.write(tmp_path / "no folder" / "list.csv", listing(session, by="command line", now=NOW))
    with database.reading() as session:
        assert session.exec(select(AccessLog)).all() == []


def test_coordinator_gets_the_list_of_their_territory_and_a_coach_none(database: Database) -> None:
    open_followed(database, cooperatives=2)
    with database.transaction() as session:
        session.exec(select(Enrolment).where(Enrolment.rank == 2)).one().delegation = "meknes"
    with database.transaction() as session:
        mine = listing(session, by="k1", now=NOW)
        whole = listing(session, by="command line", now=NOW)
        with pytest.raises(NotForThem):
            listing(session, by="c1", now=NOW)
    assert ([one["code"] for one in mine], len(whole)) == (["SM-2027/001"], 2)


def test_who_was_handed_out_is_in_the_access_log(database: Database) -> None:
    open_followed(database, cooperatives=2)
    with database.transaction() as session:
        listing(session, by="k1", now=NOW)
    with database.reading() as session:
        found = session.exec(select(AccessLog).order_by(AccessLog.subject_id)).all()
        contacts = session.exec(select(Contact.id).order_by(Contact.id)).all()
    assert [(row.by, row.action, row.subject, row.subject_id, row.at) for row in found] == [
        ("k1", "export", "contact", contact, NOW) for contact in contacts
    ]


def test_row_says_how_late_a_cooperative_is_and_who_follows_it(database: Database) -> None:
    open_followed(database)
    with database.transaction() as session:
        enrolment = enrolment_row(session)
        due_on = min(step.due_on for step in session.exec(select(Step).where(Step.status == "open")))
        [row] = listing(session, by="command line", now=at(due_on + timedelta(days=4)), language="ar")
    assert (row["code"], row["coach"], row["days_late"]) == (enrolment.code, "Accompagnement 1", 4)
    assert row["province"] == "أكادير-إدا وتنان"
