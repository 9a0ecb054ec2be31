"""A named person decides at a checkpoint, with a reason where it is not what the rule proposes."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, select

from actions import history
from actions.conclude import nudge
from actions.desk import open_desk
from actions.extra_steps import add_recovery
from actions.lookup import cohort_of_enrolment, enrolment_named, refuse_future
from actions.programmes import definition_of
from actions.tell import close, tell, withdraw, withdraw_rest
from models import Decision, Enrolment, Notice, Passage, Step
from notifications.promises import Word
from programme.civil import civil_day
from programme.definition import ENDINGS, Definition, Outcome
from programme.errors import AlreadyDecided, CheckpointUnknown, NothingProposed, OutcomeUnknown, ReasonNeeded

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
    """Sign a checkpoint's decision: recorded, told to the cooperative, and carried out in one transaction."""
    enrolment = enrolment_named(session, code, to_change=True)
    definition = definition_of(session, enrolment)
    decision = _undecided(session, enrolment, definition, checkpoint)
    checked = _allowed(definition, checkpoint, outcome)
    if checked != decision.proposal and not reason.strip():
        raise ReasonNeeded(proposal=decision.proposal, outcome=outcome)
    decided_on = on or civil_day(now)
    refuse_future(decided_on, civil_day(now))
    decision.status, decision.outcome, decision.decided_on = "decided", checked, decided_on
    decision.decided_by, decision.override_reason = by, reason.strip() or None
    _close_step(session, enrolment, definition, checkpoint, decided_on, by=by, now=now)
    history.record(
        session,
        enrolment,
        "decided",
        by=by,
        now=now,
        subject=checkpoint,
        why=reason.strip(),
        proposal=decision.proposal,
        outcome=checked,
    )
    _tell_result(session, enrolment, definition, decision, checked, now=now)
    _carry_out(session, enrolment, decision, checked, by=by, now=now)
    return decision


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
    return decision


def _allowed(definition: Definition, checkpoint: str, outcome: str) -> Outcome:
    """Return the outcome if a person may choose it here: the last checkpoint ends, the others go on or exit."""
    gate = definition.checkpoint(checkpoint).gate
    is_last = gate.met in ENDINGS
    known: tuple[Outcome, ...] = ("certificate", "participation") if is_last else ("continue", "recovery", "exit")
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
        _end(session, enrolment, outcome, by=by, now=now)


def _end(session: Session, enrolment: Enrolment, outcome: Outcome, *, by: str, now: datetime) -> None:
    """End an enrolment: open steps are not required any more, what has not left about them is taken back."""
    today = civil_day(now)
    enrolment.status = "excluded" if outcome == "exit" else "completed"
    enrolment.outcome, enrolment.ended_on = outcome, today
    steps = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.status == "open", Step.origin != "call")
    ).all()
    for step in steps:
        close(step, "not_required", on=today, by="engine")
    reason = f"enrolment ended: {outcome}"
    withdraw(session, enrolment, steps, reason=reason, now=now)
    withdraw_rest(session, enrolment, reason=reason, now=now)
    for passage in session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id)):
        passage.wake_on = None
        if passage.stage == "closing" and outcome != "exit":
            passage.completed_on = today
            history.record(session, enrolment, "stage completed", by="engine", now=now, subject=passage.stage)
    session.flush()
    history.record(session, enrolment, "ended", by=by, now=now, why=outcome)
