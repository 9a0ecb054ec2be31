"""Where everybody stands: each cooperative's stage and next step, and the whole business state as stable text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from actions.cohorts import cohort_of
from actions.programmes import definition_of
from actions.tell import title_for
from models import Cohort, Cooperative, Decision, Enrolment, Notice, Passage, Step


@dataclass(frozen=True)
class Standing:
    """One cooperative at a glance; ``days_late`` is that of its latest open step, 0 when none is late."""

    code: str
    cooperative: str
    status: str
    stage: str
    next_step: str
    next_due_on: date | None
    days_late: int
    outcome: str | None


def standings(session: Session, code: str, today: date, *, language: str = "fr") -> list[Standing]:
    """Return where each cooperative of a cohort stands: three queries, whatever its size."""
    cohort = cohort_of(session, code)
    definition = definition_of(session, cohort)
    rows = session.exec(
        select(Enrolment, Cooperative.name)
        .join(Cooperative)
        .where(Enrolment.cohort_id == cohort.id)
        .order_by(col(Enrolment.rank))
    ).all()
    stages = _stages(session, cohort, {stage.key: stage.title.of(language) for stage in definition.stages})
    steps = _open_steps(session, cohort)
    standing = []
    for enrolment, name in rows:
        mine = steps.get(enrolment.id or 0, [])
        first = mine[0] if mine else None
        standing.append(
            Standing(
                code=enrolment.code,
                cooperative=name,
                status=enrolment.status,
                stage=", ".join(stages.get(enrolment.id or 0, [])),
                next_step=title_for(first, definition).of(language) if first else "",
                next_due_on=first.due_on if first else None,
                days_late=max(0, (today - first.due_on).days) if first else 0,
                outcome=enrolment.outcome,
            )
        )
    return standing


def _stages(session: Session, cohort: Cohort, titles: dict[str, str]) -> dict[int, list[str]]:
    """Return the stages that each enrolment is in now, in the programme's order."""
    rows = session.exec(
        select(Passage.enrolment_id, Passage.stage)
        .join(Enrolment)
        .where(
            Enrolment.cohort_id == cohort.id,
            Enrolment.status == "active",
            col(Passage.entered_on).is_not(None),
            col(Passage.completed_on).is_(None),
        )
        .order_by(col(Passage.id))
    )
    found: dict[int, list[str]] = {}
    for enrolment_id, stage in rows:
        found.setdefault(enrolment_id, []).append(titles.get(stage, stage))
    return found


def _open_steps(session: Session, cohort: Cohort) -> dict[int, list[Step]]:
    """Return each enrolment's first open step (one, in a list), by date."""
    first = (
        select(Step.enrolment_id, func.min(Step.due_on).label("due_on"))
        .join(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Step.status == "open")
        .group_by(col(Step.enrolment_id))
        .subquery()
    )
    rows = session.exec(
        select(Step)
        .join(first, (col(Step.enrolment_id) == first.c.enrolment_id) & (col(Step.due_on) == first.c.due_on))
        .where(Step.status == "open")
        .order_by(col(Step.key))
    )
    found: dict[int, list[Step]] = {}
    for step in rows:
        found.setdefault(step.enrolment_id, []).append(step)
    return found


def business_state(session: Session) -> dict[str, Any]:
    """Return the business state: sorted, without row ids or times of day, the same however it came about."""
    cohorts = session.exec(select(Cohort).order_by(Cohort.code)).all()
    return {"cohorts": [_cohort_state(session, cohort) for cohort in cohorts]}


def _cohort_state(session: Session, cohort: Cohort) -> dict[str, Any]:
    rows = session.exec(
        select(Enrolment, Cooperative.name)
        .join(Cooperative)
        .where(Enrolment.cohort_id == cohort.id)
        .order_by(col(Enrolment.code))
    ).all()
    return {
        "code": cohort.code,
        "start_on": cohort.start_on.isoformat(),
        "status": cohort.status,
        "enrolments": [_enrolment_state(session, enrolment, name) for enrolment, name in rows],
    }


def _enrolment_state(session: Session, enrolment: Enrolment, cooperative: str) -> dict[str, Any]:
    steps = session.exec(select(Step).where(Step.enrolment_id == enrolment.id).order_by(Step.key)).all()
    passages = session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id).order_by(Passage.stage)).all()
    decisions = session.exec(
        select(Decision).where(Decision.enrolment_id == enrolment.id).order_by(Decision.checkpoint)
    ).all()
    return {
        "code": enrolment.code,
        "cooperative": cooperative,
        "delegation": enrolment.delegation,
        "status": enrolment.status,
        "outcome": enrolment.outcome,
        "ended_on": _day(enrolment.ended_on),
        "stages": [_passage_state(passage) for passage in passages],
        "steps": [_step_state(step) for step in steps],
        "decisions": [_decision_state(decision) for decision in decisions],
    }


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _passage_state(passage: Passage) -> dict[str, Any]:
    return {
        "stage": passage.stage,
        "opens_on": _day(passage.opens_on),
        "closes_on": _day(passage.closes_on),
        "entered_on": _day(passage.entered_on),
        "completed_on": _day(passage.completed_on),
    }


def _step_state(step: Step) -> dict[str, Any]:
    return {
        "key": step.key,
        "owner": step.owner,
        "due_on": _day(step.due_on),
        "status": step.status,
        "done_on": _day(step.done_on),
        "done_by": step.done_by,
    }


def _decision_state(decision: Decision) -> dict[str, Any]:
    return {
        "checkpoint": decision.checkpoint,
        "proposal": decision.proposal,
        "reasons": decision.reasons,
        "outcome": decision.outcome,
        "decided_on": _day(decision.decided_on),
        "decided_by": decision.decided_by,
        "override_reason": decision.override_reason,
        "status": decision.status,
        "second_by": decision.second_by,
        "flag": decision.flag,
    }


@dataclass(frozen=True)
class Summary:
    """The figures of a cohort's end: cooperatives by stage and outcome, steps, notices by kind and language."""

    statuses: Counter[tuple[str, str]]
    steps: Counter[str]
    notices: Counter[tuple[str, str, str, str]]


def summary(session: Session, code: str) -> Summary:
    """Count a cohort: (stage or outcome), steps by status, notices by kind, language, channel and status."""
    cohort = cohort_of(session, code)
    standing: Sequence[Standing] = standings(session, code, cohort.start_on)
    notices = session.exec(
        select(Notice.kind, Notice.language, Notice.channel, Notice.status).where(Notice.cohort_id == cohort.id)
    ).all()
    steps = session.exec(select(Step.status).join(Enrolment).where(Enrolment.cohort_id == cohort.id)).all()
    return Summary(
        statuses=Counter((one.outcome or one.status, one.stage) for one in standing),
        steps=Counter(steps),
        notices=Counter((kind, language, channel, status) for kind, language, channel, status in notices),
    )
