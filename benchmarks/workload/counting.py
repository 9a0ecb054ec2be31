"""Counts what the engine's database holds at the end of the two years, in the workload's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from benchmarks.workload import rules
from benchmarks.workload.definition import CHECKPOINTS, LAST, OUTCOMES, number_of
from benchmarks.workload.totals import Line, Totals, digest_of
from models import Decision, Enrolment, Evaluation, Notice, Step
from models.columns import columns
from models.session import Database

OF_STEPS = ("step_reminder", "escalation")
STEP, ENROLMENT, NOTICE = columns(Step), columns(Enrolment), columns(Notice)
_number = cache(number_of)


def _day(column: Any, start: date) -> Any:
    """Return a date as a day that is counted from the start: a number is read faster than a date."""
    return sa.cast(sa.func.julianday(column) - sa.func.julianday(start.isoformat()), sa.Integer)


def told(database: Database, start: date) -> Totals:
    """Return the totals; refused when a notice was not promised on its own day."""
    with database.reading() as session:
        _refuse_late(session)
        counted = _steps(session, start)
        evaluations = session.exec(select(func.count()).select_from(Evaluation)).one()
        lines = [*_of_steps(session, start), *_of_evaluations(session, start)]
        outcomes = Counter(_outcomes(session))
    kinds = Counter(kind for _, _, kind, _ in lines)
    opened, done = counted["opened"], counted["done"]
    extra, digest = counted["extra"], digest_of(lines)
    return Totals(opened, done, opened - done, evaluations, extra, dict(kinds), dict(outcomes), digest)


def _refuse_late(session: Session) -> None:
    late = session.exec(
        select(func.count()).where(
            func.date(Notice.promised_at) != col(Notice.due_on),
            or_(col(Notice.step_id).is_not(None), Notice.kind == "checkpoint_result"),
        )
    ).one()
    if late:
        raise RuntimeError(f"{late} notices were not promised on their day")


def _steps(session: Session, start: date) -> Counter[str]:
    """Count the steps of the plan and the extra ones; a step was opened if its day came before the enrolment's end."""
    ended = sa.func.coalesce(_day(ENROLMENT.ended_on, start), rules.LAST_DAY)
    found = session.execute(
        sa.select(
            *(
                sa.func.sum(sa.cast(held, sa.Integer))
                for held in (
                    _day(STEP.due_on, start) - rules.OPENS_BEFORE < ended,
                    STEP.status == "done",
                    STEP.origin == "recovery",
                )
            )
        ).where(STEP.enrolment_id == ENROLMENT.id, STEP.kind == "step")
    )
    return Counter(dict(zip(("opened", "done", "extra"), found.one(), strict=True)))


def _of_steps(session: Session, start: date) -> Iterator[Line]:
    """Yield what was told of steps; its kind is by the day, counted from the day on which the step is due."""
    rows = session.execute(
        sa.select(ENROLMENT.rank, STEP.key, _day(STEP.due_on, start), _day(NOTICE.due_on, start)).where(
            NOTICE.step_id == STEP.id, STEP.enrolment_id == ENROLMENT.id, NOTICE.kind.in_(OF_STEPS)
        )
    )
    for rank, key, due, day in rows:
        yield rank - 1, _number(key, due), rules.KINDS[day - due], day


def _of_evaluations(session: Session, start: date) -> Iterator[Line]:
    """Yield the results that were told; the key says of which checkpoint."""
    rows = session.exec(
        select(Enrolment.rank, Notice.key, col(Notice.due_on))
        .join(Enrolment, col(Notice.enrolment_id) == col(Enrolment.id))
        .where(Notice.kind == "checkpoint_result")
    )
    for rank, key, day in rows:
        yield rank - 1, rules.EVALUATION_STEP + CHECKPOINTS.index(checkpoint_of(key)), "E", (day - start).days


def checkpoint_of(key: str) -> str:
    """Return of which checkpoint a notice with this key tells the result."""
    return key.partition("/checkpoint_result-")[2].partition("/")[0]


def _outcomes(session: Session) -> Iterator[str]:
    """Yield how each enrolment ended; an exit at the last checkpoint is a failure."""
    rows = session.exec(
        select(Enrolment.outcome, Decision.checkpoint)
        .join(Decision, col(Decision.enrolment_id) == col(Enrolment.id))
        .where(col(Enrolment.outcome).is_not(None), Decision.outcome == Enrolment.outcome)
    )
    for outcome, checkpoint in rows:
        yield OUTCOMES.get(outcome or "") or ("failed" if checkpoint == LAST else "exit")
