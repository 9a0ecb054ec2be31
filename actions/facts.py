"""Counts what is recorded of an enrolment into the facts that gates are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from models import Attendance, Correction, Evaluation, History, PlanAction, SessionReport, Step
from programme.civil import civil_day
from programme.definition import FactName

LAST_CHECKPOINT = "M24"
ASSEMBLY_STEP = "closing.assembly"


def facts_of(session: Session, enrolment_id: int) -> dict[FactName, int | None]:
    """Return the recorded facts as whole numbers; None where there is nothing to measure."""
    return {name: count(session, enrolment_id) for name, count in COUNTERS.items()}


def fact_of(session: Session, name: FactName, enrolment_id: int) -> int | None:
    """Return one of the facts."""
    return COUNTERS[name](session, enrolment_id)


def _count(session: Session, table: type[Any], *conditions: ColumnElement[bool] | bool) -> int:
    return session.exec(select(func.count()).select_from(table).where(*conditions)).one()


Condition = ColumnElement[bool] | bool


def _sessions(session: Session, enrolment_id: int, *more: Condition) -> int:
    held = col(SessionReport.held).is_(True)
    return _count(session, SessionReport, SessionReport.enrolment_id == enrolment_id, held, *more)


def _modules(session: Session, enrolment_id: int, *more: Condition) -> int:
    """Count the modules at which at least one person of the cooperative was present."""
    return session.exec(
        select(func.count(func.distinct(Attendance.module))).where(
            Attendance.enrolment_id == enrolment_id, col(Attendance.present).is_(True), *more
        )
    ).one()


def _plan(session: Session, enrolment_id: int, *more: Condition) -> int | None:
    """Return how many of a hundred actions are done; None for a plan without actions."""
    whole = PlanAction.enrolment_id == enrolment_id
    planned = _count(session, PlanAction, whole)
    done = _count(session, PlanAction, whole, col(PlanAction.done_on).is_not(None), *more)
    return done * 100 // planned if planned else None


def _endline(session: Session, enrolment_id: int) -> int:
    return min(
        1,
        _count(session, Evaluation, Evaluation.enrolment_id == enrolment_id, Evaluation.checkpoint == LAST_CHECKPOINT),
    )


def _assembly(session: Session, enrolment_id: int) -> int:
    return _count(session, Step, Step.enrolment_id == enrolment_id, Step.key == ASSEMBLY_STEP, Step.status == "done")


def fact_then(session: Session, name: FactName, enrolment_id: int, until: datetime) -> int | None:
    """Return what a fact was at an instant, by what was recorded up to then, as it stands corrected now.

    Only facts that can be corrected change so: sessions, modules, actions of the plan.
    """
    if name == "sessions_held":
        return _sessions(session, enrolment_id, SessionReport.recorded_at <= until)
    if name == "modules_present":
        return _modules(session, enrolment_id, Attendance.recorded_at <= until)
    if name == "plan_done_percent":
        return _plan(
            session, enrolment_id, col(PlanAction.done_on) <= civil_day(until), _was_known(enrolment_id, until)
        )
    return fact_of(session, name, enrolment_id)


def _was_known(enrolment_id: int, until: datetime) -> ColumnElement[bool]:
    """Tell, in the database, of which actions it was said by then that they were done, or was set right later."""
    told = select(History.subject).where(
        History.enrolment_id == enrolment_id, History.verb == "plan action done", History.at <= until
    )
    corrected = select(Correction.subject).where(Correction.enrolment_id == enrolment_id, Correction.fact == "action")
    return or_(col(PlanAction.axis).in_(told), col(PlanAction.axis).in_(corrected))


COUNTERS: Mapping[FactName, Callable[[Session, int], int | None]] = {
    "sessions_held": _sessions,
    "modules_present": _modules,
    "plan_done_percent": _plan,
    "endline_done": _endline,
    "assembly_held": _assembly,
}
