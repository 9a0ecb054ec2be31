"""Whom a morning is about: each enrolment once, where the morning comes to it first."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from actions.cohorts import cohort_of
from actions.morning import Due, what_is_due
from actions.state import enrolled_in, standings
from actions.touched import Touched
from models import Decision, Evaluation, Step
from models.session import Database
from tests.world import CODE, assign_coaches, at, evaluate, morning, open_enrolled, statements

NOTHING = Due(stages={}, evaluations=[], decisions=[], alerts=[], reminders=[])


def steps_of(database: Database, *enrolments: int) -> list[int]:
    with database.reading() as session:
        steps = session.exec(select(Step).order_by("id")).all()
    return [next(step.id for step in steps if step.enrolment_id == one and step.id) for one in enrolments]


def touched_by(database: Database, due: Due, *, before: tuple[int, ...] = ()) -> list[int]:
    touched = Touched()
    touched.add(before)
    with database.reading() as session:
        touched.add_due(session, due)
    return touched.enrolments


def test_steps_are_told_as_their_enrolments_in_the_order_of_the_steps(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    due = Due(stages={}, evaluations=[], decisions=[], alerts=[], reminders=steps_of(database, 3, 1))
    assert touched_by(database, due) == [3, 1]


def test_enrolment_comes_once_where_the_morning_comes_to_it_first(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    due = Due(stages={}, evaluations=[], decisions=[], alerts=[2], reminders=steps_of(database, 1, 2, 3))
    assert touched_by(database, due, before=(3,)) == [3, 2, 1]


def test_evaluations_and_decisions_are_told_as_their_enrolments(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    assign_coaches(database)
    evaluate(database, "M0", date(2027, 1, 20), rank=2)
    with database.reading() as session:
        due = what_is_due(session, cohort_of(session, CODE), at(date(2027, 1, 20)))
        [evaluation] = session.exec(select(Evaluation.id)).all()
    assert due.evaluations == [evaluation]
    assert touched_by(database, Due(**{**vars(NOTHING), "evaluations": due.evaluations})) == [2]
    morning(database, date(2027, 1, 20))  # proposes
    with database.reading() as session:
        [decision] = session.exec(select(Decision.id)).all()
    assert touched_by(database, Due(**{**vars(NOTHING), "decisions": [decision or 0]})) == [2]


def test_nothing_due_touches_nobody_and_asks_nothing(database: Database) -> None:
    open_enrolled(database)
    with statements(database) as asked:
        assert touched_by(database, NOTHING) == []
    assert [one for one in asked if one.startswith("SELECT")] == []


def test_standings_of_some_are_those_that_they_have_among_all(database: Database) -> None:
    open_enrolled(database, cooperatives=4)
    with database.reading() as session:
        all_of_them = standings(session, CODE, date(2027, 1, 4))
        some = standings(session, CODE, date(2027, 1, 4), only=[4, 2])
        assert enrolled_in(session, CODE) == 4
    assert some == [all_of_them[1], all_of_them[3]]
    assert [one.code for one in some] == [f"{CODE}/002", f"{CODE}/004"]
