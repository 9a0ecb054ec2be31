"""Counts what the engine's database holds at the end of the two years, in the workload's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from benchmarks.workload import rules
from benchmarks.workload.definition import CHECKPOINTS, LAST, OUTCOMES, number_of
from benchmarks.workload.totals import Line, Totals, digest_of
from models import Decision, Enrolment, Evaluation, Notice, Step
from models.columns import columns
from models.session import Database

OF_STEPS = ("step_reminder", "escalation")
Known = dict[int, tuple[int, int, date]]
"""Steps by their ids: the cooperative, the step's number, and the day it is due."""


def told(database: Database, start: date) -> Totals:
    """Return the totals; refused when a notice was not promised on its own day."""
    with database.reading() as session:
        _refuse_late(session)
        counted, known = _steps(session, start)
        evaluations = session.exec(select(func.count()).select_from(Evaluation)).one()
        lines = [*_of_steps(session, known, start), *_of_evaluations(session, start)]
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


def _steps(session: Session, start: date) -> tuple[Counter[str], Known]:
    """Count the steps of the plan and the extra ones; a step was opened if its day came before the enrolment's end."""
    counted, known = Counter[str](), Known()
    step, enrolment = columns(Step), columns(Enrolment)
    before, last = timedelta(days=rules.OPENS_BEFORE), start + timedelta(days=rules.LAST_DAY)
    rows = session.execute(
        sa.select(step.id, step.key, step.due_on, step.status, step.origin, enrolment.rank, enrolment.ended_on)
        .where(step.enrolment_id == enrolment.id)
        .where(step.kind == "step")
    )
    for one, key, due_on, status, origin, rank, ended_on in rows:
        known[one] = rank - 1, number_of(key, (due_on - start).days), due_on
        counted["opened"] += due_on - before < (ended_on or last)
        counted["done"] += status == "done"
        counted["extra"] += origin == "recovery"
    return counted, known


def _of_steps(session: Session, known: Known, start: date) -> Iterator[Line]:
    rows = session.execute(
        select(col(Notice.step_id), col(Notice.due_on)).where(
            col(Notice.step_id).is_not(None), col(Notice.kind).in_(OF_STEPS)
        )
    )
    for step_id, day in rows:
        coop, k, due_on = known[step_id]
        yield coop, k, rules.KINDS[(day - due_on).days], (day - start).days


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
