"""Ends an enrolment: what is open is not required any more, what has not left is taken back; what was done stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from actions import history
from actions.lookup import enrolment_named, refuse_future, suspension_of
from actions.meetings import cancel_meetings
from actions.pause import left_of, open_steps, said
from actions.programmes import calendar_of, definition_of
from actions.tell import close, withdraw, withdraw_all, withdraw_rest
from actions.watch import settle_alerts
from models import Enrolment, Passage, Step
from programme.civil import civil_day
from programme.definition import Outcome
from programme.pausing_errors import AlreadyEnded, EndUnknown, NotSelected

HOWS = ("dropped", "excluded", "dissolved")
"""How an enrolment may end before its two years are over; each is a status."""
NOT_SELECTED = "not selected"
LIVING = frozenset({"selected", "active", "suspended"})


@dataclass(frozen=True)
class Ending:
    """How an enrolment ends: its last status and outcome, from which day, and why.

    After a ``decided`` end its results are still told; after any other nothing is.
    """

    status: str
    outcome: str
    on: date
    why: str = ""
    decided: bool = False


def decided_end(outcome: Outcome, on: date) -> Ending:
    """Return the ending that a checkpoint's decision brings."""
    return Ending("excluded" if outcome == "exit" else "completed", outcome, on, outcome, decided=True)


def end(
    session: Session, *, code: str, how: str, reason: str, by: str, now: datetime, on: date | None = None
) -> Enrolment:
    """End an enrolment for ever: it was dropped, excluded or dissolved; another cohort would be a new enrolment."""
    enrolment, ended_on = enrolment_named(session, code), on or civil_day(now)
    if how not in HOWS:
        raise EndUnknown(how=how, known=", ".join(HOWS))
    if enrolment.status not in LIVING:
        raise AlreadyEnded(code=code, on=enrolment.ended_on, outcome=enrolment.outcome)
    refuse_future(ended_on, civil_day(now))
    finish(session, enrolment, Ending(how, how, ended_on, said(reason)), by=by, now=now)
    return enrolment


def decline(session: Session, *, code: str, reason: str, by: str, now: datetime) -> Enrolment:
    """Do not take a selected cooperative into its cohort; it may appeal."""
    enrolment = enrolment_named(session, code)
    if enrolment.status != "selected":
        raise NotSelected(code=code, status=enrolment.status)
    finish(session, enrolment, Ending("excluded", NOT_SELECTED, civil_day(now), said(reason)), by=by, now=now)
    return enrolment


def finish(session: Session, enrolment: Enrolment, ending: Ending, *, by: str, now: datetime) -> None:
    """End an enrolment: open steps are not required any more, what has not left about them is taken back.

    The history keeps what was open and how much time each step had left: an appeal may bring it back.
    """
    steps, left = open_steps(session, enrolment), _left(session, enrolment, ending.on)
    passages = session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id)).all()
    before = _before(enrolment, steps, passages, left) | {"taken_at": now.isoformat()}
    enrolment.status, enrolment.outcome, enrolment.ended_on = ending.status, ending.outcome, ending.on
    enrolment.watch_on = None
    for step in steps:
        close(step, "not_required", on=ending.on, by="engine")
    _withdraw(session, enrolment, steps, ending, now=now)
    cancel_meetings(session, enrolment, steps, by=by, now=now)
    settle_alerts(session, enrolment, "exit", by=by, why=f"ended: {ending.outcome}", now=now)
    for passage in passages:
        passage.wake_on = None
        if passage.stage == "closing" and ending.status == "completed":
            passage.completed_on = ending.on
            history.record(session, enrolment, "stage completed", by="engine", now=now, subject=passage.stage)
    session.flush()
    history.record(
        session, enrolment, "ended", by=by, now=now, why=ending.why, outcome=ending.outcome, on=str(ending.on), **before
    )


def end_reason(outcome: str) -> str:
    """Return what the ledger says of a notice that an end took back."""
    return f"enrolment ended: {outcome}"


def _withdraw(session: Session, enrolment: Enrolment, steps: Sequence[Step], ending: Ending, *, now: datetime) -> None:
    reason = end_reason(ending.outcome)
    if not ending.decided:
        withdraw_all(session, enrolment, reason=reason, now=now)
        return
    withdraw(session, enrolment, steps, reason=reason, now=now)
    withdraw_rest(session, enrolment, reason=reason, now=now)


def _left(session: Session, enrolment: Enrolment, on: date) -> dict[str, int]:
    """Return the working days that open steps have left; of a pause that ends by this, those that it kept."""
    steps, calendar = open_steps(session, enrolment), calendar_of(session, definition_of(session, enrolment))
    pause = suspension_of(session, enrolment)
    if pause is None:
        return left_of(steps, on, calendar)
    pause.until_on = max(on, pause.from_on)
    session.add(pause)
    return {**left_of(steps, pause.from_on, calendar), **pause.remaining}


def _before(
    enrolment: Enrolment, steps: Sequence[Step], passages: Sequence[Passage], left: dict[str, int]
) -> dict[str, Any]:
    return {
        "was": enrolment.status,
        "remaining": left,
        "open": {step.key: str(step.remind_on) if step.remind_on else None for step in steps},
        "waking": {passage.stage: str(passage.wake_on) for passage in passages if passage.wake_on is not None},
    }
