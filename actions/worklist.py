"""What waits for somebody: one enrolment's steps, and the decisions that are proposed and not yet signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from actions.cohorts import cohort_of
from actions.lookup import enrolment_named
from actions.programmes import definition_of
from actions.tell import title_for
from models import Cooperative, Decision, Enrolment, Step
from programme.gates import Reason
from programme.wording import Bilingual, Sentence


@dataclass(frozen=True)
class Waiting:
    """A step as its owner sees it; ``days_late`` is 0 until its date is past, and for a step that is closed."""

    key: str
    title: Bilingual
    owner: str
    due_on: date
    at: str | None
    place: str | None
    status: str
    days_late: int
    pinned: bool


def steps_of(session: Session, code: str, today: date, *, all_of_them: bool = False) -> list[Waiting]:
    """Return an enrolment's open steps (or all of them) by date."""
    enrolment = enrolment_named(session, code)
    definition = definition_of(session, enrolment)
    query = select(Step).where(Step.enrolment_id == enrolment.id).order_by(col(Step.due_on), col(Step.key))
    rows = session.exec(query if all_of_them else query.where(Step.status == "open"))
    return [
        Waiting(
            step.key,
            title_for(step, definition),
            step.owner,
            step.due_on,
            step.at,
            step.place,
            step.status,
            max(0, (today - step.due_on).days) if step.status == "open" else 0,
            step.pinned,
        )
        for step in rows
    ]


@dataclass(frozen=True)
class Proposed:
    """A decision that waits for a signature: what the rule proposes, since when, and why."""

    enrolment: str
    cooperative: str
    checkpoint: str
    proposal: str
    outcome: str | None
    status: str
    proposed_on: date
    reasons: tuple[Sentence, ...]


def proposals(session: Session, *, cohort: str | None = None) -> list[Proposed]:
    """Return the decisions that nobody has signed, the oldest first, with the reasons of each."""
    query = (
        select(Decision, Enrolment.code, Cooperative.name)
        .join(Enrolment, col(Decision.enrolment_id) == Enrolment.id)
        .join(Cooperative, col(Enrolment.cooperative_id) == Cooperative.id)
        .where(Decision.status != "decided", Enrolment.status == "active")
        .order_by(col(Decision.proposed_on), col(Enrolment.code))
    )
    if cohort is not None:
        query = query.where(Enrolment.cohort_id == cohort_of(session, cohort).id)
    return [_proposed(decision, code, name) for decision, code, name in session.exec(query)]


def _proposed(decision: Decision, code: str, name: str) -> Proposed:
    return Proposed(
        code,
        name,
        decision.checkpoint,
        decision.proposal,
        decision.outcome,
        decision.status,
        decision.proposed_on,
        _reasons(decision.reasons),
    )


def _reasons(stored: Sequence[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Reason(**one).sentence() for one in stored)
