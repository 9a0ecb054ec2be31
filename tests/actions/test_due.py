"""A morning's questions: which cohorts have work, and that each costs what is due, not who is enrolled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import event
from sqlmodel import select

from actions.cohorts import close_cohort, cohort_of
from actions.due import cohorts_due
from actions.morning import next_morning, open_cohorts, what_is_due, whole_morning
from models import Enrolment
from models.session import Database
from tests.world import CODE, START, assign_coaches, at, evaluate, morning, open_enrolled, plan_of, tick

GROWING = ("step", "enrolment", "passage", "notice", "contact", "cooperative", "coach_assignment", "person")
GROWING += ("evaluation", "decision", "role_assignment", "unwanted", "alert")
"""Tables that hold more rows the more are enrolled, or the longer it goes on."""
WAITING = ("evaluation_waiting", "decision_unannounced")
"""Indexes that hold only what waits for this morning: to go through one is to ask what is due."""


def due_codes(database: Database, day: date) -> list[str]:
    with database.reading() as session:
        return [cohort.code for cohort in cohorts_due(session, at(day))]


def asked_one_by_one(database: Database, day: date) -> list[str]:
    with database.reading() as session:
        return [one.code for one in open_cohorts(session) if not what_is_due(session, one, at(day)).is_empty]


def test_cohorts_due_are_those_in_which_anything_is_due(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    assign_coaches(database)
    told = []
    for number in range(-2, 45):
        day = START + timedelta(days=number)
        if day == date(2027, 1, 20):
            evaluate(database, "M0", date(2027, 1, 20))
        assert due_codes(database, day) == asked_one_by_one(database, day)
        told.append(due_codes(database, day))
        morning(database, day)
        assert due_codes(database, day) == asked_one_by_one(database, day) == []
    assert [CODE] in told
    assert [] in told


def test_closed_cohort_and_suspended_enrolments_have_no_morning(database: Database) -> None:
    open_enrolled(database)
    assert due_codes(database, date(2027, 1, 5)) == [CODE]
    with database.transaction() as session:
        session.exec(select(Enrolment)).one().status = "suspended"
    assert due_codes(database, date(2027, 1, 5)) == []
    with database.transaction() as session:
        session.exec(select(Enrolment)).one().status = "active"
        close_cohort(session, code=CODE, anyway=True)
    assert due_codes(database, date(2027, 1, 5)) == []


@contextmanager
def questions(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is asked meanwhile, with its values."""
    seen: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, values: Any, _context: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            seen.append((statement, values[0] if many else values))

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)


def scans(database: Database, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan that go through a growing table, or through a whole cohort."""
    return [step for step in plan_of(database, (statement, values)).splitlines() if is_scan(step)]


def is_scan(step: str) -> bool:
    if any(index in step for index in WAITING):
        return False
    table = re.search(r"(?:SCAN|Seq Scan on) (\w+)", step)
    return (table is not None and table[1] in GROWING) or "enrolment_cohort_id" in step


def test_no_question_of_a_morning_goes_through_who_is_enrolled(database: Database) -> None:
    open_enrolled(database, cooperatives=6, without_email=(2,))
    assign_coaches(database)
    for step in ("start.contact", "start.convention", "start.data-protection"):
        tick(database, step, date(2027, 1, 4))
    evaluate(database, "M0", date(2027, 1, 4))
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    with questions(database) as asked:
        with database.reading() as session:
            assert cohorts_due(session, at(date(2027, 1, 18))) == [cohort]
            assert next_morning(session) == date(2027, 1, 4)
        done = whole_morning(database, cohort, at(date(2027, 1, 18)))
    assert (done.failures, done.promised > 20, len(asked) > 30) == ([], True, True)
    found = {statement: scans(database, statement, values) for statement, values in asked}
    assert {statement: steps for statement, steps in found.items() if steps} == {}
