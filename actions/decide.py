"""A named person decides at a checkpoint, with a reason where it is not what the rule proposes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, update
from sqlmodel import Session, col, select

from actions import history
from actions.access import refuse_outsider
from actions.lookup import enrolment_named, refuse_future
from actions.programmes import definition_of
from actions.signing import Signed, carry_out
from actions.slices import sliced
from models import Decision, Enrolment, EnrolmentLine
from models.sets import do, renew, within
from programme.civil import civil_day
from programme.decision_errors import AwaitsSecond, NothingToCountersign, SecondIsFirst
from programme.definition import Definition
from programme.definition_terms import Outcome
from programme.errors import AlreadyDecided, CheckpointUnknown, NothingProposed, OutcomeUnknown, ReasonNeeded
from programme.gates import choices


def decide(
    session: Session,
    *,
    code: str,
    checkpoint: str,
    outcome: str,
    by: str,
    now: datetime,
    reason: str = "",
    on: date | None = None,
) -> Decision:
    """Sign a checkpoint's decision: recorded, told to the cooperative, and carried out in one transaction.

    Where the gate asks for a second person, one that is not what the rule proposes is only
    written down: nothing is told or carried out until another person signs it too.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    definition = definition_of(session, enrolment)
    decision = _undecided(session, enrolment, definition, checkpoint)
    checked = _allowed(definition, checkpoint, outcome)
    is_override = checked != decision.proposal
    if is_override and not reason.strip():
        raise ReasonNeeded(proposal=decision.proposal, outcome=outcome)
    decided_on = on or civil_day(now)
    refuse_future(decided_on, civil_day(now))
    decision.outcome, decision.decided_by, decision.override_reason = checked, by, reason.strip() or None
    if is_override and definition.checkpoint(checkpoint).gate.second_person:
        decision.status = "to_countersign"
        _write_down(session, enrolment, decision, "decision to countersign", by=by, now=now)
        return decision
    _sign(session, enrolment, definition, decision, decided_on, verb="decided", by=by, now=now)
    return decision


def sign_proposals(
    session: Session, *, checkpoint: str, codes: Sequence[str], by: str, now: datetime, on: date | None = None
) -> dict[str, Outcome]:
    """Sign what the rule proposes at a checkpoint for many enrolments at once, all or none; return what was decided."""
    today = civil_day(now)
    refuse_future(on or today, today)
    enrolments = [one for some in sliced(codes) for one in _active(session, some)]
    for code in dict.fromkeys(codes).keys() - {one.code for one in enrolments}:
        enrolment_named(session, code, to_change=True)  # says why
    for one in {one.delegation: one for one in enrolments}.values():
        refuse_outsider(session, by, one, today)
    signed = [each for some in sliced(enrolments) for each in _proposed(session, some, checkpoint)]
    for some in sliced([one.id for one in signed]):
        do(session, _SIGN, ids=[*some], day=on or today, who=by)
        renew(session, Decision, some)
    carry_out(session, signed, on=on or today, verb="decided", by=by, now=now)
    return {one.enrolment.code: one.outcome for one in signed}


_SIGN = (
    update(Decision)
    .where(within(col(Decision.id), "ids"))
    .values(status="decided", outcome=col(Decision.proposal), decided_on=bindparam("day"), decided_by=bindparam("who"))
)
_ACTIVE: Select[Any] = (
    select(*(getattr(Enrolment, name) for name in EnrolmentLine._fields))
    .where(within(col(Enrolment.code), "codes"), Enrolment.status == "active")
    .order_by(col(Enrolment.id))
)
_TO_SIGN = select(col(Decision.enrolment_id), col(Decision.id), col(Decision.proposal)).where(
    within(col(Decision.enrolment_id), "ids"),
    col(Decision.checkpoint) == bindparam("checkpoint"),
    col(Decision.status) == "proposed",
)


def _active(session: Session, codes: Sequence[str]) -> list[EnrolmentLine]:
    return [EnrolmentLine._make(row) for row in do(session, _ACTIVE, codes=[*codes]).all()]


def _proposed(session: Session, enrolments: Sequence[EnrolmentLine], checkpoint: str) -> list[Signed]:
    """Return what the rule proposes for each, as it will be signed; refused where there is nothing to sign."""
    rows = do(session, _TO_SIGN, ids=[one.id for one in enrolments], checkpoint=checkpoint).all()
    found = {owner: (one, proposal) for owner, one, proposal in rows}
    signed = []
    for enrolment in enrolments:
        definition = definition_of(session, enrolment)
        if enrolment.id not in found:
            _undecided(session, enrolment, definition, checkpoint)  # says why
        one, proposal = found[enrolment.id]
        signed.append(Signed(one, enrolment, checkpoint, proposal, _allowed(definition, checkpoint, proposal), ""))
    return signed


def countersign(session: Session, *, code: str, checkpoint: str, by: str, now: datetime) -> Decision:
    """Sign another person's decision: from now on it stands, is told and carried out, dated today."""
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    decision = _to_countersign(session, enrolment, checkpoint)
    if _same_person(by, decision.decided_by or ""):
        raise SecondIsFirst(by=by, checkpoint=checkpoint, code=code)
    decision.second_by = by
    definition = definition_of(session, enrolment)
    _sign(session, enrolment, definition, decision, civil_day(now), verb="countersigned", by=by, now=now)
    return decision


def decline_countersign(
    session: Session, *, code: str, checkpoint: str, by: str, now: datetime, reason: str = ""
) -> Decision:
    """Put a decision that waits for a second signature back to what the rule proposed; who wrote it may do so too."""
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    decision = _to_countersign(session, enrolment, checkpoint)
    _write_down(session, enrolment, decision, "countersign declined", by=by, now=now, why=reason.strip())
    decision.status, decision.outcome = "proposed", None
    decision.decided_by, decision.override_reason = None, None
    return decision


def _to_countersign(session: Session, enrolment: Enrolment, checkpoint: str) -> Decision:
    decision = session.exec(
        select(Decision).where(
            Decision.enrolment_id == enrolment.id,
            Decision.checkpoint == checkpoint,
            Decision.status == "to_countersign",
        )
    ).first()
    if decision is None:
        raise NothingToCountersign(checkpoint=checkpoint, code=enrolment.code)
    return decision


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _sign(
    session: Session,
    enrolment: Enrolment,
    definition: Definition,
    decision: Decision,
    on: date,
    *,
    verb: str,
    by: str,
    now: datetime,
) -> None:
    decision.status, decision.decided_on = "decided", on
    outcome = _allowed(definition, decision.checkpoint, decision.outcome or "")
    why = decision.override_reason or ""
    session.flush()
    assert decision.id is not None
    signed = Signed(decision.id, enrolment, decision.checkpoint, decision.proposal, outcome, why)
    carry_out(session, [signed], on=on, verb=verb, by=by, now=now)


def _write_down(
    session: Session, enrolment: Enrolment, decision: Decision, verb: str, *, by: str, now: datetime, why: str = ""
) -> None:
    history.record(
        session,
        enrolment,
        verb,
        by=by,
        now=now,
        subject=decision.checkpoint,
        why=why or decision.override_reason or "",
        proposal=decision.proposal,
        outcome=decision.outcome,
    )


def _undecided(
    session: Session, enrolment: Enrolment | EnrolmentLine, definition: Definition, checkpoint: str
) -> Decision:
    known = [rule.key for rule in definition.checkpoints]
    if checkpoint not in known:
        raise CheckpointUnknown(checkpoint=checkpoint, known=", ".join(known))
    decision = session.exec(
        select(Decision).where(Decision.enrolment_id == enrolment.id, Decision.checkpoint == checkpoint)
    ).first()
    if decision is None:
        raise NothingProposed(checkpoint=checkpoint, code=enrolment.code)
    if decision.status == "decided":
        raise AlreadyDecided(checkpoint=checkpoint, code=enrolment.code, on=decision.decided_on, by=decision.decided_by)
    if decision.status == "to_countersign":
        raise AwaitsSecond(checkpoint=checkpoint, code=enrolment.code, by=decision.decided_by)
    return decision


def _allowed(definition: Definition, checkpoint: str, outcome: str) -> Outcome:
    """Return the outcome if a person may choose it here."""
    known = choices(definition.checkpoint(checkpoint).gate)
    for choice in known:
        if choice == outcome:
            return choice
    raise OutcomeUnknown(outcome=outcome, checkpoint=checkpoint, known=", ".join(known))
