"""Proposes decisions: a checkpoint's rule is held against the facts, and what it rests on is frozen as evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam, literal_column, update
from sqlmodel import Session, col

from actions import history
from actions.facts import Facts, facts_of_all, whole_score
from actions.programmes import definition_of_version_id
from models import Decision, Enrolment, Evaluation
from models.columns import columns
from models.inserting import Inserting
from models.sets import do, renew, within
from programme.civil import civil_day
from programme.definition import Definition
from programme.gates import Proposal, propose


@dataclass(frozen=True)
class Measured:
    """An evaluation on which nothing has been proposed yet, of an active enrolment."""

    id: int
    enrolment_id: int
    checkpoint: str
    score: Mapping[str, Any]
    code: str
    version_id: int


def propose_on(session: Session, evaluation_ids: Sequence[int], *, now: datetime) -> list[tuple[Measured, Proposal]]:
    """Propose on these evaluations, and write it down; on those that are not open to it any more, nothing."""
    waiting = _waiting(session, evaluation_ids)
    facts = facts_of_all(session, [one.enrolment_id for one in waiting])
    rule = _asked_once()
    proposed = []
    for one in waiting:
        definition = definition_of_version_id(session, one.version_id)
        proposed.append((one, definition, rule(one, definition, facts[one.enrolment_id])))
    if proposed:
        _write(session, proposed, facts, now=now)
    return [(one, proposal) for one, _, proposal in proposed]


EVALUATION, ENROLMENT = columns(Evaluation), columns(Enrolment)
_WAITING = (
    sa.select(
        EVALUATION.id,
        EVALUATION.enrolment_id,
        EVALUATION.checkpoint,
        EVALUATION.score,
        ENROLMENT.code,
        ENROLMENT.programme_version_id,
    )
    .where(EVALUATION.enrolment_id == ENROLMENT.id, ENROLMENT.status == "active")
    .where(within(EVALUATION.id, "ids"), EVALUATION.proposed_on.is_(None))
    .order_by(EVALUATION.id)
)


def _waiting(session: Session, ids: Sequence[int]) -> list[Measured]:
    return [Measured(*row) for row in do(session, _WAITING, ids=[*ids]).all()]


def _asked_once() -> Callable[[Measured, Definition, Facts], Proposal]:
    """Return the gates' rule, which answers the same question about the same facts from memory."""
    known: dict[tuple[object, ...], Proposal] = {}

    def ask(one: Measured, definition: Definition, facts: Facts) -> Proposal:
        score = whole_score(one.score)
        key = (one.version_id, one.checkpoint, score, *facts.values())
        if key not in known:
            known[key] = propose(definition.checkpoint(one.checkpoint).gate, {**facts, "global_score": score})
        return known[key]

    return ask


_PROPOSED = update(Evaluation).where(within(col(Evaluation.id), "ids")).values(proposed_on=bindparam("day"))
_DECISIONS = Inserting(
    Decision,
    (
        "enrolment_id",
        "checkpoint",
        "evaluation_id",
        "rule_version",
        "evidence",
        "reasons",
        "proposal",
        "proposed_on",
    ),
    {"status": literal_column("'proposed'")},
)


def _write(
    session: Session,
    proposed: Sequence[tuple[Measured, Definition, Proposal]],
    facts: Mapping[int, Facts],
    *,
    now: datetime,
) -> None:
    today, at = civil_day(now), history.not_before(session, now)
    ids = [one.id for one, _, _ in proposed]
    do(session, _PROPOSED, ids=ids, day=today)
    renew(session, Evaluation, ids)
    # The rule gave the same proposal, itself, to all of whom the same is recorded: its words are put once.
    told = {id(proposal): _told(proposal) for _, _, proposal in proposed}
    _DECISIONS.write(
        session,
        [
            _decision(one, definition, facts[one.enrolment_id], proposal, told[id(proposal)], today)
            for one, definition, proposal in proposed
        ],
    )
    history.record_each(session, [_line(one, proposal, told[id(proposal)], at) for one, _, proposal in proposed])


class _Told(NamedTuple):
    """A proposal's reasons as a decision keeps them, and as the history says them; whether one is the score."""

    reasons: list[dict[str, Any]]
    why: str
    of_score: bool


def _told(proposal: Proposal) -> _Told:
    reasons = proposal.reasons
    why = "; ".join(str(reason.sentence()) for reason in reasons)
    return _Told([one.to_json() for one in reasons], why, any(one.fact == "global_score" for one in reasons))


def _decision(
    one: Measured, definition: Definition, facts: Facts, proposal: Proposal, told: _Told, today: date
) -> tuple[Any, ...]:
    evidence: dict[str, Any] = {str(name): value for name, value in facts.items()}
    if told.of_score:
        evidence["global_score"] = whole_score(one.score)
    return (
        one.enrolment_id,
        one.checkpoint,
        one.id,
        definition.version,
        {**evidence, "score": one.score.get("value")},
        told.reasons,
        proposal.outcome,
        today,
    )


def _line(one: Measured, proposal: Proposal, told: _Told, at: datetime) -> dict[str, Any]:
    return history.line(
        one.enrolment_id,
        "decision proposed",
        by="engine",
        now=at,
        subject=one.checkpoint,
        why=told.why,
        outcome=proposal.outcome,
    )
