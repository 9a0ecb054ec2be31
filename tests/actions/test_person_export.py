"""All that is held about somebody, handed out: complete, without secrets, and without what is about others alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from actions import person_file
from actions.person_export import export_person
from models import AccessLog, CalendarFeed, Link
from models.session import Database
from programme.keeping_errors import CopyUnwritable
from programme.personal_errors import ExportKindUnknown, ExportThere, NobodyHasAddress, NotForThem
from tests.lived import ADDRESS, AFTER, COACH, COACH_ADDRESS, FATIMA, OLD_ADDRESS, ONE, PHONE, live


def export(database: Database, email: str, by: str = "k1") -> dict[str, Any]:
    with database.transaction() as session:
        return export_person(session, email=email, by=by, now=AFTER).document


def held(database: Database, email: str) -> dict[str, list[dict[str, Any]]]:
    [person] = export(database, email)["people"]
    found: dict[str, list[dict[str, Any]]] = person["held"]
    return found


def test_contact_reads_everything_that_is_held_about_them(database: Database) -> None:
    live(database)
    document = export(database, ADDRESS)
    [person] = document["people"]
    assert (document["asked_for"], person["is"], person["enrolments"]) == (ADDRESS, "contact of a cooperative", [ONE])
    assert person["goes_by"] == {"code": None, "names": [FATIMA], "emails": [OLD_ADDRESS, ADDRESS], "phones": [PHONE]}
    assert {table: len(rows) for table, rows in person["held"].items()} == {
        "alert": 1,
        "appeal": 1,
        "attendance": 1,
        "closed_window": 1,
        "contact": 1,
        "correction": 1,
        "history": 3,
        "hold": 1,
        "link": 1,
        "notice": 47,
        "service_copy": 1,
        "session_report": 1,
        "suspension": 1,
        "unwanted": 1,
    }


def test_staff_read_everything_that_is_held_about_them(database: Database) -> None:
    live(database)
    found = held(database, COACH_ADDRESS)
    assert [(row["role"], row["delegation"], row["starts_on"], row["ends_on"]) for row in found["role_assignment"]] == [
        ("coach", "region-souss-massa", "2026-12-14", "2027-02-15")
    ]
    assert [row["enrolment"] for row in found["coach_assignment"]] == [ONE, "SM-2027/002"]
    assert {"calendar_feed", "link", "notice", "step", "history", "attendance"} <= set(found)


def test_rows_are_told_in_words_and_not_in_numbers(database: Database) -> None:
    live(database)
    found = held(database, ADDRESS)
    welcome = next(row for row in found["notice"] if row["kind"] == "welcome")
    assert (welcome["enrolment"], welcome["address"], welcome["facts"]["recipient"]) == (ONE, OLD_ADDRESS, FATIMA)
    assert found["contact"][0]["cooperative"] == "Coopérative 1"
    assert [row["step"] for row in found["attendance"]] == ["training.strategy"]
    assert {name for rows in found.values() for row in rows for name in row} & {"id", "enrolment_id", "hash"} == set()


def test_no_secret_is_handed_out(database: Database) -> None:
    live(database)
    said = json.dumps(export(database, COACH_ADDRESS))
    with database.reading() as session:
        secrets = [*session.exec(select(Link.hash)), *session.exec(select(CalendarFeed.hash))]
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret in said] == []


def test_what_is_about_others_alone_is_left_out(database: Database) -> None:
    """A line of history that the coach wrote is theirs; the address in it is the cooperative's."""
    live(database)
    lines = [row for row in held(database, COACH_ADDRESS)["history"] if row["verb"] == "contact corrected"]
    assert lines == [
        {"enrolment": ONE, "at": "2027-01-12T15:00:00+00:00", "by": "zineb-berrada", "verb": lines[0]["verb"]}
    ]
    assert COACH not in json.dumps(held(database, ADDRESS)["attendance"], ensure_ascii=False)


def test_who_asked_is_written_down(database: Database) -> None:
    live(database)
    export(database, ADDRESS)
    with database.reading() as session:
        [line] = session.exec(select(AccessLog)).all()
    assert (line.action, line.subject, line.subject_id, line.by, line.at) == ("export", "contact", 1, "k1", AFTER)
    assert line.rows == 62


def test_nobody_and_others_are_refused(database: Database) -> None:
    live(database)
    with pytest.raises(NobodyHasAddress, match=r"nobody@coop\.example"):
        export(database, "nobody@coop.example")
    with pytest.raises(NotForThem):
        export(database, ADDRESS, by="c1")
    with database.reading() as session:
        assert session.exec(select(AccessLog)).all() == []


def test_file_is_its_owner_s_alone_and_read_as_it_was_written(database: Database, tmp_path: Path) -> None:
    live(database)
    document = export(database, ADDRESS)
    path = person_file.checked(tmp_path / "fatima.json")
    person_file.write(path, document)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text(encoding="utf-8")) == document
    assert FATIMA in path.read_text(encoding="utf-8")


def test_workbook_has_a_sheet_for_each_table(database: Database, tmp_path: Path) -> None:
    live(database)
    document = export(database, ADDRESS)
    document["people"][0]["held"]["contact"][0]["name"] = "=1+1"
    path = person_file.checked(tmp_path / "fatima.XLSX")
    person_file.write(path, document)
    book = CalamineWorkbook.from_path(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert book.sheet_names == ["1 person", *(f"1 {table}" for table in document["people"][0]["held"])]
    assert book.get_sheet_by_name("1 contact").to_python()[1][1] == "=1+1"  # a text, no formula
    assert len(book.get_sheet_by_name("1 notice").to_python()) == 48


def test_file_that_is_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("mine")
    with pytest.raises(ExportThere):
        person_file.checked(there)
    with pytest.raises(ExportKindUnknown, match=r"there\.csv"):
        person_file.checked(tmp_path / "there.csv")
    assert there.read_text() == "mine"


def test_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CopyUnwritable):
        person_file.write(tmp_path / "missing" / "x.json", {"people": []})
