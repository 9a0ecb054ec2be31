"""The conclusions that a morning draws from facts and dates: stages entered and completed, decisions proposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from actions.due import ACTIVE
from actions.due import of as due_in
from actions.proposing import propose_on
from actions.slices import sliced
from actions.stages import turn_stage
from models import Cohort, Decision, Enrolment, Evaluation, Passage
from programme.civil import civil_day
from programme.definition_terms import ENDINGS


@dataclass(frozen=True)
class Conclusion:
    """What was concluded of one enrolment: the flows show it and emit it as an event."""

    enrolment: str
    enrolment_id: int
    subject: str
    what: str


def passages_due(session: Session, cohort: Cohort, today: date) -> dict[str, list[int]]:
    """Return, by stage, the enrolments about whose stage something may be concluded today."""
    rows = session.exec(
        select(Passage.stage, Passage.enrolment_id)
        .join(Enrolment)
        .where(
            col(Passage.wake_on).is_not(None),
            col(Passage.wake_on) <= today,
            due_in(cohort),
            ACTIVE,
        )
        .order_by(col(Passage.enrolment_id))
    )
    due: dict[str, list[int]] = {}
    for stage, enrolment_id in rows:
        due.setdefault(stage, []).append(enrolment_id)
    return due


def conclude_stages(
    session: Session,
    cohort: Cohort,  # noqa: ARG001 - every piece of a morning is asked for with its cohort
    stage: str,
    enrolment_ids: Sequence[int],
    *,
    now: datetime,
) -> list[Conclusion]:
    """Enter or complete a stage of these enrolments where its rule allows it, and set when to look again."""
    return [
        Conclusion(way.code, way.enrolment_id, stage, what)
        for some in sliced(enrolment_ids)
        for way, what in turn_stage(session, stage, some, now=now)
    ]


def conclude_stage(
    session: Session, cohort: Cohort, stage: str, enrolment_id: int, *, now: datetime
) -> list[Conclusion]:
    """Do the same for one enrolment."""
    return conclude_stages(session, cohort, stage, [enrolment_id], now=now)


def evaluations_waiting(session: Session, cohort: Cohort, today: date) -> list[int]:
    """Return the recorded evaluations on which nothing has been proposed yet.

    One of a day to come (the clock was set back) waits for its day: nothing is proposed before it was recorded.
    """
    rows = session.exec(
        select(Evaluation.id)
        .join(Enrolment)
        .where(
            col(Evaluation.proposed_on).is_(None),
            Evaluation.on <= today,
            due_in(cohort),
            ACTIVE,
        )
    )
    return sorted(row for row in rows if row is not None)


def propose_decision(session: Session, evaluation_id: int, *, now: datetime) -> list[Conclusion]:
    """Hold a checkpoint's rule against the facts, freeze them as evidence, and propose; a person decides."""
    return propose_decisions(session, [evaluation_id], now=now)


def propose_decisions(session: Session, evaluation_ids: Sequence[int], *, now: datetime) -> list[Conclusion]:
    """Do it for many evaluations; a rule is asked once about the same facts."""
    return [
        Conclusion(one.code, one.enrolment_id, one.checkpoint, f"proposed {proposal.outcome}")
        for some in sliced(evaluation_ids)
        for one, proposal in propose_on(session, some, now=now)
    ]


def decisions_unannounced(session: Session, cohort: Cohort, today: date) -> list[int]:
    """Return the signed decisions that no morning has shown yet; none before the day on which it was signed."""
    rows = session.exec(
        select(Decision.id)
        .join(Enrolment)
        .where(
            col(Decision.announced_on).is_(None),
            col(Decision.decided_on) <= today,
            due_in(cohort),
        )
    )
    return sorted(row for row in rows if row is not None)


def announce_decision(session: Session, decision_id: int, *, now: datetime) -> list[Conclusion]:
    """Show a signed decision once: what was decided, and that the enrolment ended where it did."""
    return announce_decisions(session, [decision_id], now=now)


def announce_decisions(session: Session, decision_ids: Sequence[int], *, now: datetime) -> list[Conclusion]:
    """Do it for many decisions; what was shown before is left out."""
    return [one for some in sliced(decision_ids) for one in _announce(session, some, civil_day(now))]


_SHOWN: list[Any] = [Decision.id, Decision.enrolment_id, Enrolment.code, Decision.checkpoint, Decision.outcome]


def _announce(session: Session, ids: Sequence[int], today: date) -> Iterator[Conclusion]:
    rows = session.exec(
        select(*_SHOWN)
        .join(Enrolment, col(Decision.enrolment_id) == col(Enrolment.id))
        .where(col(Decision.id).in_(ids), col(Decision.announced_on).is_(None))
        .order_by(col(Decision.id))
    ).all()
    shown = [one for one, *_ in rows]
    session.execute(update(Decision).where(col(Decision.id).in_(shown)).values(announced_on=today))
    for _, enrolment_id, code, checkpoint, outcome in rows:
        yield Conclusion(code, enrolment_id, checkpoint, f"decided {outcome}")
        if outcome in ENDINGS:
            ended = "graduated" if outcome == "certificate" else f"ended {outcome}"
            yield Conclusion(code, enrolment_id, checkpoint, ended)
