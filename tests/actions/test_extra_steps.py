"""Steps that real life adds: make-ups of missed modules, sessions of a recovery plan."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.extra_steps import add_recovery
from actions.record import record_attendance
from models import Step
from models.session import Database
from tests.world import at, enrolment_row, open_enrolled, step_row, story


def miss(database: Database, step: str, on: date) -> None:
    with database.transaction() as session:
        record_attendance(
            session,
            code="SM-2027/001",
            step=step,
            presence={"présidente": False},
            on=on,
            by="k1",
            now=at(on, 15),
            early=True,
        )


def test_every_step_of_every_origin_begins_with_its_stage(database: Database) -> None:
    """What is asked of a stage is asked by the key (`actions/stages.py`), without reading the stage."""
    open_enrolled(database, without_email=(1,))
    miss(database, "training.strategy", date(2027, 4, 5))
    recover(database, date(2028, 1, 18))
    with database.reading() as session:
        steps = session.exec(select(Step)).all()
    assert {step.origin for step in steps} == {"plan", "recovery", "make_up", "call", "legal"}
    assert [step.key for step in steps if not step.key.startswith(f"{step.stage}.")] == []


def recover(database: Database, on: date) -> None:
    with database.transaction() as session:
        add_recovery(session, enrolment_row(session), on, now=at(on, 15))


@pytest.mark.parametrize(
    ("missed_on", "again_on"),
    [
        (date(2027, 4, 5), date(2027, 5, 31)),
        (date(2027, 4, 3), date(2027, 5, 31)),  # eight weeks later is a Saturday
        (date(2027, 6, 7), date(2027, 9, 1)),  # 2 August: nothing in August
        (date(2027, 11, 8), date(2028, 1, 3)),
    ],
)
def test_make_up_is_eight_weeks_later_and_not_in_august(database: Database, missed_on: date, again_on: date) -> None:
    open_enrolled(database)
    miss(database, "training.strategy", missed_on)
    with database.reading() as session:
        assert step_row(session, "training.strategy-make-up-1").due_on == again_on


def test_make_up_is_not_in_ramadan(database: Database) -> None:
    open_enrolled(database)
    miss(database, "training.strategy", date(2026, 12, 14))  # 8 February 2027 is the second day of Ramadan
    with database.reading() as session:
        again = step_row(session, "training.strategy-make-up-1")
    assert (again.nominal_on, again.due_on) == (date(2027, 2, 8), date(2027, 3, 11))


def test_make_up_is_not_planned_after_twelve_months(database: Database) -> None:
    open_enrolled(database)
    miss(database, "training.strategy", date(2027, 11, 10))
    with database.reading() as session:
        assert session.exec(select(Step).where(Step.origin == "make_up")).all() == []
        assert story(session)[-1] == ("engine", "no make-up left", "training.strategy")


def test_make_up_can_be_missed_again(database: Database) -> None:
    open_enrolled(database)
    miss(database, "training.strategy", date(2027, 4, 5))
    miss(database, "training.strategy-make-up-1", date(2027, 5, 31))
    with database.reading() as session:
        again = step_row(session, "training.strategy-make-up-2")
    assert (again.due_on, again.rule, again.title_fr) == (
        date(2027, 7, 26),
        "training.strategy",
        "Rattrapage – Formation : stratégie",
    )


def test_recovery_adds_two_sessions_with_their_reports(database: Database) -> None:
    open_enrolled(database)
    recover(database, date(2028, 1, 18))
    with database.reading() as session:
        rows = session.exec(select(Step).where(Step.origin == "recovery").order_by(col(Step.due_on))).all()
        last = story(session)[-1]
    assert [(row.key, row.kind, row.due_on, row.remind_on, row.title_fr) for row in rows] == [
        (
            "coaching.recovery-session-01",
            "session",
            date(2028, 2, 15),
            date(2028, 2, 1),
            "Séance de redressement n° 1",
        ),
        (
            "coaching.recovery-report-01",
            "report",
            date(2028, 2, 25),
            date(2028, 2, 11),
            "Compte rendu de la séance de redressement n° 1",
        ),
        (
            "coaching.recovery-session-02",
            "session",
            date(2028, 3, 14),
            date(2028, 2, 29),
            "Séance de redressement n° 2",
        ),
        (
            "coaching.recovery-report-02",
            "report",
            date(2028, 3, 24),
            date(2028, 3, 10),
            "Compte rendu de la séance de redressement n° 2",
        ),
    ]
    assert last == ("engine", "recovery plan added", "")


def test_second_recovery_is_numbered_on(database: Database) -> None:
    open_enrolled(database)
    recover(database, date(2028, 1, 18))
    recover(database, date(2028, 7, 18))
    with database.reading() as session:
        rows = session.exec(
            select(Step).where(Step.origin == "recovery", Step.kind == "session").order_by(col(Step.due_on))
        ).all()
    assert [(row.key, row.due_on) for row in rows] == [
        ("coaching.recovery-session-01", date(2028, 2, 15)),
        ("coaching.recovery-session-02", date(2028, 3, 14)),
        ("coaching.recovery-session-03", date(2028, 8, 15)),
        ("coaching.recovery-session-04", date(2028, 9, 12)),
    ]
