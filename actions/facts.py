"""Counts what is recorded of enrolments into the facts that gates are held against, of many in one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, or_
from sqlmodel import Session, col, func, select

from models import Attendance, Correction, Evaluation, History, PlanAction, SessionReport, Step
from programme.civil import civil_day
from programme.definition_terms import FactName

LAST_CHECKPOINT = "M24"
ASSEMBLY_STEP = "closing.assembly"

Facts = dict[FactName, int | None]
Counted = Mapping[int, int | None]
"""A fact of some enrolments, by their ids."""
Condition = ColumnElement[bool] | bool


def facts_of(session: Session, enrolment_id: int) -> Facts:
    """Return the facts that every decision keeps as evidence, as whole numbers; None where nothing is to measure."""
    return facts_of_all(session, [enrolment_id])[enrolment_id]


def facts_of_all(session: Session, enrolment_ids: Sequence[int]) -> dict[int, Facts]:
    """Return the same of many enrolments: a question a fact, however many they are."""
    counted = {name: COUNTERS[name](session, enrolment_ids) for name in EVIDENCE}
    return {one: {name: counts.get(one) for name, counts in counted.items()} for one in enrolment_ids}


def fact_of(session: Session, name: FactName, enrolment_id: int) -> int | None:
    """Return one of the facts."""
    return fact_of_all(session, name, [enrolment_id]).get(enrolment_id)


def fact_of_all(session: Session, name: FactName, enrolment_ids: Sequence[int]) -> Counted:
    """Return one of the facts, of many enrolments."""
    return COUNTERS[name](session, enrolment_ids)


def _count(
    session: Session, table: type[Any], ids: Sequence[int], *conditions: Condition, what: Any = None
) -> dict[int, int]:
    """Count the rows of each enrolment; zero where there is none."""
    rows = session.exec(
        select(table.enrolment_id, func.count() if what is None else what)
        .where(col(table.enrolment_id).in_(ids), *conditions)
        .group_by(table.enrolment_id)
    )
    return dict.fromkeys(ids, 0) | dict(rows.all())


def _sessions(session: Session, ids: Sequence[int], *more: Condition) -> Counted:
    return _count(session, SessionReport, ids, col(SessionReport.held).is_(True), *more)


def _modules(session: Session, ids: Sequence[int], *more: Condition) -> Counted:
    """Count the modules at which at least one person of the cooperative was present."""
    modules = func.count(func.distinct(Attendance.module))
    return _count(session, Attendance, ids, col(Attendance.present).is_(True), *more, what=modules)


def _plan(session: Session, ids: Sequence[int], *more: Condition) -> Counted:
    """Return how many of a hundred actions are done; None for a plan without actions."""
    done = func.sum(case((_all_of(col(PlanAction.done_on).is_not(None), *more), 1), else_=0))
    rows = session.exec(
        select(PlanAction.enrolment_id, func.count(), done)
        .where(col(PlanAction.enrolment_id).in_(ids))
        .group_by(col(PlanAction.enrolment_id))
    )
    return {one: int(done) * 100 // planned for one, planned, done in rows}


def _all_of(first: ColumnElement[bool], *more: Condition) -> ColumnElement[bool]:
    for condition in more:
        first = first & condition
    return first


def _endline(session: Session, ids: Sequence[int]) -> Counted:
    counted = _count(session, Evaluation, ids, Evaluation.checkpoint == LAST_CHECKPOINT)
    return {one: min(1, count) for one, count in counted.items()}


def _assembly(session: Session, ids: Sequence[int]) -> Counted:
    return _count(session, Step, ids, Step.key == ASSEMBLY_STEP, Step.status == "done")


def _last_score(session: Session, ids: Sequence[int]) -> Counted:
    """Return the global score of the last evaluation."""
    rows = session.exec(
        select(Evaluation.enrolment_id, Evaluation.score)
        .where(col(Evaluation.enrolment_id).in_(ids))
        .order_by(col(Evaluation.on), col(Evaluation.id))
    )
    return {one: whole_score(score) for one, score in rows}


def whole_score(score: Mapping[str, Any]) -> int | None:
    """Return the whole points, 0 to 100, that a measure's global score has reached; None when not assessable."""
    value = score.get("value")
    return None if value is None else int(Decimal(value))


def fact_then(session: Session, name: FactName, enrolment_id: int, until: datetime) -> int | None:
    """Return what a fact was at an instant, by what was recorded up to then, as it stands corrected now.

    Only facts that can be corrected change so: sessions, modules, actions of the plan.
    """
    ids = [enrolment_id]
    if name == "sessions_held":
        return _sessions(session, ids, SessionReport.recorded_at <= until)[enrolment_id]
    if name == "modules_present":
        return _modules(session, ids, Attendance.recorded_at <= until)[enrolment_id]
    if name == "plan_done_percent":
        then = _plan(session, ids, col(PlanAction.done_on) <= civil_day(until), _was_known(enrolment_id, until))
        return then.get(enrolment_id)
    return fact_of(session, name, enrolment_id)


def _was_known(enrolment_id: int, until: datetime) -> ColumnElement[bool]:
    """Tell, in the database, of which actions it was said by then that they were done, or was set right later."""
    told = select(History.subject).where(
        History.enrolment_id == enrolment_id, History.verb == "plan action done", History.at <= until
    )
    corrected = select(Correction.subject).where(Correction.enrolment_id == enrolment_id, Correction.fact == "action")
    return or_(col(PlanAction.axis).in_(told), col(PlanAction.axis).in_(corrected))


EVIDENCE: tuple[FactName, ...] = (
    "sessions_held",
    "modules_present",
    "plan_done_percent",
    "endline_done",
    "assembly_held",
)
"""What every decision keeps; an evaluation's own score stands beside it."""
COUNTERS: Mapping[FactName, Callable[[Session, Sequence[int]], Counted]] = {
    "sessions_held": _sessions,
    "modules_present": _modules,
    "plan_done_percent": _plan,
    "endline_done": _endline,
    "assembly_held": _assembly,
    "global_score": _last_score,
}
