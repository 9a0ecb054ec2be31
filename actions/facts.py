"""Counts what is recorded of an enrolment into the facts that gates are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from models import Attendance, Evaluation, PlanAction, SessionReport, Step
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


def _sessions(session: Session, enrolment_id: int) -> int:
    held = col(SessionReport.held).is_(True)
    return _count(session, SessionReport, SessionReport.enrolment_id == enrolment_id, held)


def _modules(session: Session, enrolment_id: int) -> int:
    """Count the modules at which at least one person of the cooperative was present."""
    return session.exec(
        select(func.count(func.distinct(Attendance.module))).where(
            Attendance.enrolment_id == enrolment_id, col(Attendance.present).is_(True)
        )
    ).one()


def _plan(session: Session, enrolment_id: int) -> int | None:
    """Return how many of a hundred actions are done; None for a plan without actions."""
    whole = PlanAction.enrolment_id == enrolment_id
    planned = _count(session, PlanAction, whole)
    done = _count(session, PlanAction, whole, col(PlanAction.done_on).is_not(None))
    return done * 100 // planned if planned else None


def _endline(session: Session, enrolment_id: int) -> int:
    return min(
        1,
        _count(session, Evaluation, Evaluation.enrolment_id == enrolment_id, Evaluation.checkpoint == LAST_CHECKPOINT),
    )


def _assembly(session: Session, enrolment_id: int) -> int:
    return _count(session, Step, Step.enrolment_id == enrolment_id, Step.key == ASSEMBLY_STEP, Step.status == "done")


COUNTERS: Mapping[FactName, Callable[[Session, int], int | None]] = {
    "sessions_held": _sessions,
    "modules_present": _modules,
    "plan_done_percent": _plan,
    "endline_done": _endline,
    "assembly_held": _assembly,
}
