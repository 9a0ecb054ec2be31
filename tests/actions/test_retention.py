"""The retention of people's data ends: pseudonyms years after closing, once, in bounded rounds, and explained."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from actions.contacts import change_contact
from actions.retention import Due, Ended, due, end_retention
from actions.state import business_state
from models import AccessLog, Attendance, Cohort, Enrolment, Erasure, History, Notice, SessionReport
from models.session import Database
from notifications import erasures_told, ledger
from tests.actions.test_person_erase import counts, found
from tests.lived import COACHS, HERS, ONE, TWO, live
from tests.world import CODE, at, everything_in, open_enrolled, plan_of, poison

CLOSED = date(2029, 1, 3)
BEFORE, AFTER = at(date(2034, 1, 2)), at(date(2034, 1, 3))
NOTHING = Ended(0, 0, 0)
ROLES = "UPDATE role_assignment SET ends_on = '2029-01-03'; UPDATE coach_assignment SET ends_on = '2029-01-03'"


def close(database: Database, *codes: str, on: date = CLOSED) -> None:
    with database.transaction() as session:
        for row in session.exec(select(Enrolment).where(col(Enrolment.code).in_(codes))):
            row.status, row.outcome, row.ended_on = "completed", "certificate", on


def end(database: Database, now: datetime = AFTER, *, years: int = 5, limit: int = 200) -> Ended:
    return end_retention(database, now=now, years=years, limit=limit)


def whose(database: Database, now: datetime = AFTER) -> Due:
    with database.reading() as session:
        return due(session, today=now.date(), years=5)


def end_roles(database: Database) -> None:
    with database.transaction() as session:
        for statement in ROLES.split(";"):
            session.connection().execute(text(statement))


def test_people_of_a_closed_enrolment_become_pseudonyms_after_five_years(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    assert (end(database, BEFORE), found(HERS, everything_in(database))) == (NOTHING, list(HERS))
    assert whose(database) == Due({1: (ONE,), 2: (TWO,)})
    assert end(database) == Ended(2, 0, 0)
    others = ("Autre", "autre@coop.example", "Présidence 2", "coop2@coop.example", "Une autre")
    assert found((*HERS, *others), everything_in(database)) == []


def test_rows_numbers_and_the_state_stay(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    with database.reading() as session:
        before = business_state(session), counts(database), ledger.ledger_hash(session.exec(select(Notice)))
    end(database)
    with database.reading() as session:
        assert (business_state(session), counts(database), ledger.ledger_hash(session.exec(select(Notice)))) == before


def test_retention_ends_once_and_is_accounted_for(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    assert end(database) == Ended(2, 0, 0)
    with database.reading() as session:
        gone = session.exec(select(Erasure).order_by(col(Erasure.id))).all()
        lines = session.exec(
            select(History.by, History.verb)
            .where(History.at >= BEFORE, History.enrolment_id == 1)
            .order_by(col(History.id))
        ).all()
        days = session.exec(select(Enrolment.pseudonymised_on)).all()
        log = session.exec(select(AccessLog.by, AccessLog.action)).all()
    assert [(one.subject, one.subject_id, one.pseudonym, one.cause, one.by) for one in gone] == [
        ("contact", 1, "X-C1", "retention", "engine"),
        ("contact", 3, "X-C3", "retention", "engine"),
        ("contact", 2, "X-C2", "retention", "engine"),
    ]
    assert lines == [("engine", "data erased"), ("engine", "data erased"), ("engine", "retention ended")]
    assert days == [date(2034, 1, 3)] * 2
    assert log == [("engine", "erase")] * 3
    assert end(database) == Ended(0, 1, 0)  # the coach, who left long ago: nothing of theirs names anybody now
    assert end(database) == NOTHING


def test_everybody_at_a_module_and_free_words_go_and_are_still_counted(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    end(database)
    with database.reading() as session:
        rows = session.exec(select(Attendance).order_by(col(Attendance.id))).all()
        report = session.exec(select(SessionReport)).one()
    assert [(row.attendee, row.present) for row in rows] == [("X-C1", True), ("X-A2", True)]
    assert (report.summary, report.held) == ("", True)


def test_cooperative_that_takes_part_in_something_is_kept_whole(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    with database.transaction() as session:
        again = Cohort(code="SM-2032", title="x", start_on=CLOSED, called_on=CLOSED, programme_version_id=1)
        session.add(again)
        session.flush()
        row = session.exec(select(Enrolment).where(Enrolment.code == ONE)).one()
        values = row.model_dump(exclude={"id", "version"}) | {"code": "SM-2032/001", "cohort_id": again.id}
        session.add(Enrolment(**values | {"status": "active", "ended_on": None}))
    assert whose(database) == Due({2: (TWO,)})
    assert end(database) == Ended(1, 0, 0)
    assert found(HERS, everything_in(database)) == list(HERS)


def test_later_of_two_ends_counts(database: Database) -> None:
    live(database)
    close(database, ONE)
    close(database, TWO, on=date(2029, 6, 1))
    assert whose(database) == Due({1: (ONE,)})


def test_round_is_bounded_and_the_next_one_goes_on(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    close(database, *(f"{CODE}/{rank:03d}" for rank in (1, 2, 3)))
    assert [end(database, limit=2) for _ in range(3)] == [Ended(2, 0, 0), Ended(1, 0, 0), NOTHING]


def test_one_that_cannot_be_done_holds_back_nobody(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    close(database, f"{CODE}/001", f"{CODE}/002")
    poison(database, "erasure", "NEW.subject_id = 1")
    assert end(database) == Ended(1, 0, 1)
    with database.reading() as session:
        assert session.exec(select(Erasure.subject_id)).all() == [2]
    assert "coop1@coop.example" in everything_in(database)


def test_staff_go_when_nothing_that_they_signed_names_anybody(database: Database) -> None:
    live(database)
    end_roles(database)
    assert whose(database).staff == ("k1", "d1")  # the coaches followed what is still kept
    close(database, ONE, TWO)
    assert end(database) == Ended(2, 2, 0)
    assert end(database) == Ended(0, 2, 0)
    assert found((*COACHS, "k1@odco.example", "Accompagnement 1"), everything_in(database)) == []


def test_why_says_that_a_retention_had_ended(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    end(database)
    with database.reading() as session:
        told = [str(one) for one in erasures_told.why(session, ledger.entries(session, cooperative=ONE))]
    assert "X-C1 stands for an addressee whose data were pseudonymised on 2034-01-03: their retention had ended" in told


def test_setting_says_how_many_years(database: Database) -> None:
    live(database)
    close(database, ONE, TWO)
    assert end(database, at(date(2030, 1, 2)), years=1) == NOTHING
    assert end(database, at(date(2030, 1, 3)), years=1) == Ended(2, 0, 0)


def test_looking_costs_what_is_due_and_not_who_was_enrolled(database: Database) -> None:
    kept = (
        "SELECT 1 FROM enrolment WHERE ended_on IS NOT NULL AND pseudonymised_on IS NULL AND ended_on <= '2029-01-04'"
    )
    assert "enrolment_kept" in plan_of(database, kept)


@pytest.mark.parametrize("name", ["Nouvelle", None])
def test_cooperative_may_have_a_contact_again(database: Database, name: str | None) -> None:
    """It comes back in another tranche: a pseudonym is nobody to go on from."""
    live(database)
    close(database, ONE, TWO)
    end(database)
    with database.transaction() as session:
        row = change_contact(session, code=ONE, on=AFTER.date(), name=name, phone="0612000000", by="x", now=AFTER)
    assert (row.name, row.email, row.phone) == (name, None, "+212612000000")
