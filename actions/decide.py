"""A named person decides at a checkpoint, with a reason where it is not what the rule proposes."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, select

from actions import history
from actions.access import refuse_outsider
from actions.desk import open_desk
from actions.ends import decided_end, finish
from actions.extra_steps import add_recovery
from actions.lookup import cohort_of_enrolment, enrolment_named, refuse_future
from actions.programmes import definition_of
from actions.stages import nudge
from actions.tell import close, tell, withdraw
from models import Decision, Enrolment, Notice, Step
from notifications.promises import Word
from programme.civil import civil_day
from programme.decision_errors import AwaitsSecond, NothingToCountersign, SecondIsFirst
from programme.definition import ENDINGS, Definition, Outcome
from programme.errors import AlreadyDecided, CheckpointUnknown, NothingProposed, OutcomeUnknown, ReasonNeeded
from programme.gates import choices

NEXT_STEPS: dict[Outcome, dict[str, str] | None] = {
    "continue": {"fr": "L'accompagnement se poursuit comme prévu.", "ar": "تستمر المواكبة كما هو مقرر."},
    "recovery": {
        "fr": "Deux séances supplémentaires sont ajoutées à votre programme.",
        "ar": "أضيفت جلستان إلى برنامجكم.",
    },
    "certificate": None,
    "participation": None,
    "exit": None,
}


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
    _close_step(session, enrolment, definition, decision.checkpoint, on, by=by, now=now)
    _write_down(session, enrolment, decision, verb, by=by, now=now)
    _tell_result(session, enrolment, definition, decision, outcome, now=now)
    _carry_out(session, enrolment, decision, outcome, by=by, now=now)


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


def _undecided(session: Session, enrolment: Enrolment, definition: Definition, checkpoint: str) -> Decision:
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


def _close_step(
    session: Session, enrolment: Enrolment, definition: Definition, checkpoint: str, on: date, *, by: str, now: datetime
) -> None:
    stage = definition.checkpoint(checkpoint).stage
    step = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.key == f"{stage}.{checkpoint}-decision")
    ).one()
    close(step, "done", on=on, by=by)
    withdraw(session, enrolment, [step], reason=f"decided on {on}", now=now)
    nudge(session, enrolment, stage, now=now)


def _tell_result(
    session: Session,
    enrolment: Enrolment,
    definition: Definition,
    decision: Decision,
    outcome: Outcome,
    *,
    now: datetime,
) -> list[Notice]:
    cohort = cohort_of_enrolment(session, enrolment)
    desk = open_desk(session, cohort, [enrolment], now=now)
    to = desk.people.find("cooperative", enrolment)
    if to is None:
        return []
    title = definition.checkpoint(decision.checkpoint).title
    facts = {
        "checkpoint": {"fr": title.fr, "ar": title.ar},
        "outcome": outcome,
        "next": NEXT_STEPS[outcome],
        "decided_on": str(decision.decided_on),
    }
    words = [Word("checkpoint_result", enrolment, to, desk.today, facts, mark=f"-{decision.checkpoint}")]
    if outcome in {"certificate", "participation"}:
        words.append(Word("certificate", enrolment, to, desk.today, _certificate_facts(definition, decision, outcome)))
    return tell(desk, words, cohort)


def _certificate_facts(definition: Definition, decision: Decision, outcome: Outcome) -> dict[str, object]:
    wholes = {item.fact: item.of for item in definition.checkpoint(decision.checkpoint).gate.requires}
    return {
        "outcome": outcome,
        "decided_on": str(decision.decided_on),
        "modules_present": decision.evidence.get("modules_present") or 0,
        "modules_total": wholes.get("modules_present"),
        "sessions_held": decision.evidence.get("sessions_held") or 0,
        "sessions_total": wholes.get("sessions_held"),
    }


def _carry_out(
    session: Session, enrolment: Enrolment, decision: Decision, outcome: Outcome, *, by: str, now: datetime
) -> None:
    if outcome == "recovery":
        add_recovery(session, enrolment, decision.decided_on or civil_day(now), now=now)
    elif outcome in ENDINGS:
        finish(session, enrolment, decided_end(outcome, civil_day(now)), by=by, now=now)
