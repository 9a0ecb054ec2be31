"""What a morning asks of the due columns: which cohorts have work, and when the next one comes.

Each question is answered by an index, and costs what is due, never who is enrolled (tests/actions/test_due.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, bindparam, literal_column, union_all
from sqlmodel import Session, col, select

from models import Cohort, Decision, Enrolment, Evaluation, Passage, Step
from models.sets import do
from programme.civil import civil_day

TODAY, COHORT = bindparam("today", type_=Date), bindparam("cohort", type_=Integer)
STATUS = col(Enrolment.status) + ""
"""A status in words that no index serves: by the index of all who are followed, each of them would be looked at."""
ACTIVE = STATUS == "active"
STEP: Sequence[ColumnElement[bool]] = (col(Step.remind_on).is_not(None), col(Step.status) == "open", ACTIVE)
"""What holds of a step of which somebody should hear some day."""
PASSAGE: Sequence[ColumnElement[bool]] = (col(Passage.wake_on).is_not(None), ACTIVE)
EVALUATION: Sequence[ColumnElement[bool]] = (col(Evaluation.proposed_on).is_(None), ACTIVE)
DECISION: Sequence[ColumnElement[bool]] = (col(Decision.announced_on).is_(None),)
WATCHED: Sequence[ColumnElement[bool]] = (
    col(Enrolment.watch_on).is_not(None),
    STATUS.in_(("active", "suspended")),
)
"""What holds of an enrolment at which a morning looks some day."""


IN_COHORT = col(Enrolment.cohort_id) + 0 == COHORT
"""That an enrolment is the cohort's, in words that no index serves either.

A database without statistics would look at all who are in the cohort, due or not. For the same reason what is
due is put in order by us, where an order by id would have it read the whole table.
"""


def _in_cohort(kind: str, stage: Any, ids: Any, table: Any, *held: ColumnElement[bool]) -> Any:
    """Ask for what is due of a kind in a cohort: its kind, its stage if it has one, its id."""
    query: Any = select(literal_column(f"'{kind}'"), stage, ids).select_from(table)
    return (query if table is Enrolment else query.join(Enrolment)).where(*held, IN_COHORT)


STAGE, EVALUATED, DECIDED, WATCH = "stage", "evaluation", "decision", "watch"
NO_STAGE: Any = literal_column("''")
ASKED: dict[str, Any] = {
    STAGE: _in_cohort(STAGE, Passage.stage, Passage.enrolment_id, Passage, col(Passage.wake_on) <= TODAY, *PASSAGE),
    EVALUATED: _in_cohort(EVALUATED, NO_STAGE, Evaluation.id, Evaluation, col(Evaluation.on) <= TODAY, *EVALUATION),
    DECIDED: _in_cohort(DECIDED, NO_STAGE, Decision.id, Decision, col(Decision.decided_on) <= TODAY, *DECISION),
    WATCH: _in_cohort(WATCH, NO_STAGE, Enrolment.id, Enrolment, col(Enrolment.watch_on) <= TODAY, *WATCHED),
}
"""What a morning asks of one cohort, besides its reminders; built once, for that costs more than the answer."""
ALL_ASKED = union_all(*ASKED.values())


def due_of(session: Session, cohort: Cohort, today: date, kind: str | None = None) -> dict[tuple[str, str], list[int]]:
    """Return the ids of what is due in a cohort, of one kind or of all, in order, by kind and stage: one question."""
    question = ALL_ASKED if kind is None else ASKED[kind]
    found: dict[tuple[str, str], list[int]] = {}
    for what, stage, one in do(session, question, today=today, cohort=cohort.id).all():
        found.setdefault((what, stage), []).append(one)
    return {about: sorted(ids) for about, ids in found.items()}


STEPS_DUE = (
    select(Step.id)
    .join(Enrolment)
    .where(col(Step.remind_on) <= TODAY, *STEP, IN_COHORT)
    .order_by(col(Step.remind_on), col(Step.id))
    .limit(bindparam("most", type_=Integer))
)


def steps_due(session: Session, cohort: Cohort, today: date, *, limit: int) -> list[int]:
    """Return the ids of steps of which someone should hear, the longest waiting first."""
    return list(do(session, STEPS_DUE, today=today, cohort=cohort.id, most=limit).scalars())


def _home(table: Any, *held: ColumnElement[bool]) -> Any:
    """Ask in which cohorts there is such a row."""
    return select(Enrolment.cohort_id).select_from(table).join(Enrolment).where(*held)


DUE = union_all(
    _home(Step, col(Step.remind_on) <= TODAY, *STEP),
    _home(Passage, col(Passage.wake_on) <= TODAY, *PASSAGE),
    _home(Evaluation, col(Evaluation.on) <= TODAY, *EVALUATION),
    _home(Decision, col(Decision.decided_on) <= TODAY, *DECISION),
    select(Enrolment.cohort_id).where(col(Enrolment.watch_on) <= TODAY, *WATCHED),
).subquery()
COHORTS = select(Cohort.id).where(Cohort.status == "open", col(Cohort.id).in_(select(DUE.c.cohort_id)))


def cohorts_due(session: Session, now: datetime) -> list[Cohort]:
    """Return the open cohorts whose morning has something to do, by code: one question for all of them.

    Most days have nothing to do for anybody: only cohorts that have are read.
    """
    due = do(session, COHORTS, today=civil_day(now)).scalars().all()
    return list(session.exec(select(Cohort).where(col(Cohort.id).in_(due)).order_by(Cohort.code))) if due else []


def _first(day: Any, table: Any, held: Sequence[ColumnElement[bool]]) -> Any:
    """Ask for the first day: in the index's order, and no further than the first that is under way."""
    query: Any = select(day)
    if table is not None:
        query = query.select_from(table).join(Enrolment)
    followed = query.join(Cohort, col(Enrolment.cohort_id) == Cohort.id).where(*held, Cohort.status == "open")
    return followed.order_by(day).limit(1)


FIRST_DAYS = (
    _first(Step.remind_on, Step, STEP),
    _first(Passage.wake_on, Passage, PASSAGE),
    _first(Evaluation.on, Evaluation, EVALUATION),
    _first(Enrolment.watch_on, None, WATCHED),
)
"""Questions for the first day on which a morning has something to do, each with at most one answer."""
