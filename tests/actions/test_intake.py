"""Lists of cooperatives, taken into a cohort as a whole or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from actions.cohorts import close_cohort, cohort_of, open_cohort
from actions.intake import Report, take_in
from actions.spreadsheet import read_table
from models import Contact, Cooperative, Enrolment, History
from models.session import Database
from programme.errors import CohortClosed, CohortUnknown
from tests.moulds import built_once
from tests.world import CODE, NOW, statements

HEADER = "nom_cooperative;province;adherents;tribunal;numero registre;date d'immatriculation;email;langue"
ARGAN = "Argan;Chtouka Aït Baha;9;Agadir;1/2025;01/06/2025;argan@coop.example;fr"
MIEL = "Miel;Tiznit;12;Tiznit;2/2025;02/06/2025;;ar"
TOO_OLD = "It was registered on 30/11/2023, more than 2 years before the call of 01/12/2026"
SAFRAN = "Safran;Taroudannt;7;Taroudant;3/2025;03/06/2025;safran@coop.example;fr"


@pytest.fixture
@built_once
def cohort(database: Database) -> Database:
    """A database with an open cohort and nobody in it."""
    with database.transaction() as session:
        open_cohort(session, code=CODE, start_on=date(2027, 1, 4), by="k1", now=NOW, called_on=date(2026, 12, 1))
    return database


def load(database: Database, folder: Path, *rows: str, **how: Any) -> Report:
    path = folder / "list.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8-sig")
    with database.transaction() as session:
        return take_in(session, **{"table": read_table(path), "code": CODE, "by": "k1", "now": NOW, **how})


def told(report: Report) -> tuple[str, int, int, int]:
    return report.status, report.accepted, report.known, report.stored


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, str(one.message)) for one in report.problems]


def stored(database: Database) -> list[int]:
    with database.reading() as session:
        tables = (Cooperative, Contact, Enrolment, History)
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def test_column_that_a_list_has_not_is_named_by_the_template_s_header(cohort: Database, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("nom_cooperative;province\nArgan;Tiznit\n", encoding="utf-8")
    with cohort.transaction() as session:
        report = take_in(session, table=read_table(tmp_path / "short.csv"), code=CODE, by="k1", now=NOW)
    assert {column for _, column, _ in problems(report)} == {"Nombre d'adhérents", "Date d'immatriculation"}


def test_right_list_is_stored(cohort: Database, tmp_path: Path) -> None:
    assert told(load(cohort, tmp_path, ARGAN, MIEL)) == ("accepted", 2, 0, 2)
    with cohort.reading() as session:
        first = session.exec(select(Cooperative).where(Cooperative.name == "Argan")).one()
        contacts = session.exec(select(Contact).order_by(col(Contact.id))).all()
        places = session.exec(select(Enrolment).order_by(col(Enrolment.rank))).all()
        line = session.exec(select(History).order_by(col(History.id))).first()
    assert (first.register_court, first.register_number, first.members) == ("Agadir", "1/2025", 9)
    assert (first.registered_on, first.fiscal_year_end, first.created_at) == (date(2025, 6, 1), "12-31", NOW)
    assert [(one.email, one.language, one.starts_on) for one in contacts] == [
        ("argan@coop.example", "fr", date(2026, 12, 14)),
        (None, "ar", date(2026, 12, 14)),
    ]
    assert [(one.code, one.status, one.delegation, one.rank, one.version) for one in places] == [
        ("SM-2027/001", "selected", "region-souss-massa", 1, 1),
        ("SM-2027/002", "selected", "region-souss-massa", 2, 1),
    ]
    assert line is not None
    assert (line.by, line.verb, line.subject, line.detail) == ("k1", "selected", "SM-2027", {})


def test_list_with_a_problem_is_rejected_as_a_whole(cohort: Database, tmp_path: Path) -> None:
    report = load(cohort, tmp_path, ARGAN, MIEL.replace("Tiznit;12", "Atlantide;12"))
    assert told(report) == ("rejected", 1, 0, 0)
    assert stored(cohort) == [0, 0, 0, 0]


def test_list_with_a_problem_is_stored_in_part_when_asked(cohort: Database, tmp_path: Path) -> None:
    report = load(cohort, tmp_path, ARGAN, MIEL.replace("Tiznit;12", "Atlantide;12"), SAFRAN, partial=True)
    assert told(report) == ("partial", 2, 0, 2)
    assert [row for row, _, _ in problems(report)] == [3]
    assert stored(cohort) == [2, 2, 2, 2]


def test_list_with_nothing_right_is_rejected_even_in_part(cohort: Database, tmp_path: Path) -> None:
    assert told(load(cohort, tmp_path, MIEL.replace(";12;", ";2;"), partial=True)) == ("rejected", 0, 0, 0)


@pytest.mark.parametrize("partial", [False, True])
def test_dry_run_stores_nothing(cohort: Database, tmp_path: Path, *, partial: bool) -> None:
    report = load(cohort, tmp_path, ARGAN, MIEL, dry_run=True, partial=partial)
    assert told(report) == ("accepted", 2, 0, 0)
    assert stored(cohort) == [0, 0, 0, 0]


def test_list_loaded_twice_changes_nothing(cohort: Database, tmp_path: Path) -> None:
    load(cohort, tmp_path, ARGAN, MIEL)
    assert told(load(cohort, tmp_path, ARGAN, MIEL)) == ("accepted", 2, 2, 0)
    assert stored(cohort) == [2, 2, 2, 2]


def test_longer_list_adds_what_is_new(cohort: Database, tmp_path: Path) -> None:
    load(cohort, tmp_path, ARGAN)
    assert told(load(cohort, tmp_path, MIEL, ARGAN, SAFRAN)) == ("accepted", 3, 1, 2)
    with cohort.reading() as session:
        rows = session.exec(select(Cooperative.name, Enrolment.code).join(Enrolment).order_by(Enrolment.code)).all()
    assert list(rows) == [("Argan", "SM-2027/001"), ("Miel", "SM-2027/002"), ("Safran", "SM-2027/003")]


def test_cooperative_of_another_cohort_is_not_stored_again(cohort: Database, tmp_path: Path) -> None:
    load(cohort, tmp_path, ARGAN)
    with cohort.transaction() as session:
        open_cohort(session, code="SM-2028", start_on=date(2028, 1, 3), by="k1", now=NOW)
    assert told(load(cohort, tmp_path, MIEL, ARGAN, code="SM-2028")) == ("accepted", 2, 0, 2)
    with cohort.reading() as session:
        rows = session.exec(select(Cooperative.name, Enrolment.code).join(Enrolment).order_by(Enrolment.code)).all()
    assert list(rows) == [("Argan", "SM-2027/001"), ("Miel", "SM-2028/001"), ("Argan", "SM-2028/002")]


def test_one_register_number_twice_in_a_list_is_refused(cohort: Database, tmp_path: Path) -> None:
    report = load(cohort, tmp_path, ARGAN, SAFRAN.replace("Taroudant;3/2025", "AGADIR;01/2025"))
    assert told(report) == ("rejected", 1, 0, 0)
    assert problems(report) == [
        (
            3,
            "numero registre",
            "This court and register number are already on row 2: delete one of the two rows, or correct it.",
        )
    ]


def test_register_number_of_another_that_is_stored_is_refused(cohort: Database, tmp_path: Path) -> None:
    load(cohort, tmp_path, ARGAN)
    report = load(cohort, tmp_path, SAFRAN.replace("Taroudant;3/2025", "Agadir;1/2025"), partial=True)
    assert told(report) == ("rejected", 0, 0, 0)
    assert problems(report) == [
        (
            2,
            "numero registre",
            "this register number is already that of Argan: correct the number, or the name if it is the same one",
        )
    ]


def test_reasons_are_by_the_cohorts_own_rule(cohort: Database, tmp_path: Path) -> None:
    old, small = ARGAN.replace("01/06/2025", "30/11/2023"), MIEL.replace(";12;", ";6;")
    assert told(load(cohort, tmp_path, old, small, dry_run=True))[0] == "accepted"
    with cohort.transaction() as session:
        row = cohort_of(session, CODE)
        row.max_age_years, row.min_members = 2, 7
    assert problems(load(cohort, tmp_path, old, small)) == [
        (
            2,
            "date d'immatriculation",
            f"{TOO_OLD}: correct the date if it is wrong.",
        ),
        (
            3,
            "adherents",
            "It has 6 members, at least 7 are asked for: correct the number if it is wrong.",
        ),
    ]


def test_all_problems_are_named_at_once(cohort: Database, tmp_path: Path) -> None:
    report = load(
        cohort,
        tmp_path,
        "Argan;Atlantide;beaucoup;Agadir;1/2025;01/06/2025;argan;fr",
        MIEL,
        ";Tiznit;3;Tiznit;5/2025;01/06/2025;;fr",
        "Figue;Tiznit;3;Tiznit;6/2025;01/06/2025;;fr",
        MIEL,
    )
    assert [(row, column) for row, column, _ in problems(report)] == [
        (2, "adherents"),
        (2, "email"),
        (2, "province"),
        (4, "nom_cooperative"),
        (5, "adherents"),
        (6, "numero registre"),
    ]


def test_list_for_an_unknown_cohort_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(CohortUnknown):
        load(database, tmp_path, ARGAN)


def test_list_for_a_closed_cohort_is_refused(cohort: Database, tmp_path: Path) -> None:
    with cohort.transaction() as session:
        close_cohort(session, code=CODE)
    with pytest.raises(CohortClosed):
        load(cohort, tmp_path, ARGAN)
    assert stored(cohort) == [0, 0, 0, 0]


def test_long_list_is_stored_in_batches(cohort: Database, tmp_path: Path) -> None:
    rows = [f"Coop {n};Tiznit;9;Tiznit;{n}/2025;01/06/2025;;ar" for n in range(1, 1201)]
    with statements(cohort) as seen:
        report = load(cohort, tmp_path, *rows)
    with cohort.reading() as session:
        last = session.exec(select(Enrolment).order_by(col(Enrolment.rank).desc())).first()
        pairs = session.exec(
            select(func.count()).select_from(Enrolment).where(Enrolment.rank == Enrolment.cooperative_id)
        ).one()
    assert told(report) == ("accepted", 1200, 0, 1200)
    assert last is not None
    assert (last.code, pairs) == ("SM-2027/1200", 1200)
    assert sum(not statement.startswith("INSERT") for statement in seen) <= 8
