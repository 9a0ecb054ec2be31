"""A cooperative's appeal against not being selected, or against its exclusion, and what the answer brings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from actions import history
from actions.ends import NOT_SELECTED, end_reason
from actions.lookup import enrolment_named, refuse_future
from actions.pause import Frozen, said, wake
from actions.programmes import definition_of
from actions.stored_words import OF_ENROLMENTS, word_of
from actions.withdrawal import take_back
from models import Appeal, Enrolment, History, Passage, Step, Suspension
from programme import counts
from programme.civil import civil_day
from programme.pausing import Timer
from programme.pausing_errors import AppealKnown, AppealTooEarly, AppealTooLate, NoAppeal, NothingToAppeal

Against = Literal["selection", "exit"]


def file_appeal(
    session: Session, *, code: str, against: Against, grounds: str, by: str, now: datetime, on: date | None = None
) -> Appeal:
    """File an appeal within the definition's days after the decision; the last day counts."""
    enrolment, filed_on = enrolment_named(session, code), on or civil_day(now)
    if enrolment.status != "excluded" or enrolment.ended_on is None or against != _against(enrolment):
        raise NothingToAppeal(code=code, status=word_of(OF_ENROLMENTS, enrolment.status))
    refuse_future(filed_on, civil_day(now))
    _refuse_known(session, enrolment)
    _refuse_late(enrolment, enrolment.ended_on, filed_on, definition_of(session, enrolment).appeal_days)
    appeal = Appeal(
        enrolment_id=enrolment.id or 0,
        against=against,
        decided_on=enrolment.ended_on,
        filed_on=filed_on,
        filed_by=by,
        grounds=said(grounds),
    )
    session.add(appeal)
    history.record(session, enrolment, "appeal filed", by=by, now=now, subject=against, why=grounds, on=str(filed_on))
    return appeal


def _against(enrolment: Enrolment) -> Against:
    return "selection" if enrolment.outcome == NOT_SELECTED else "exit"


def _refuse_known(session: Session, enrolment: Enrolment) -> None:
    known = session.exec(
        select(Appeal).where(Appeal.enrolment_id == enrolment.id, Appeal.decided_on == enrolment.ended_on)
    ).first()
    if known is not None:
        raise AppealKnown(code=enrolment.code, on=known.filed_on, status=known.status)


def _refuse_late(enrolment: Enrolment, decided_on: date, filed_on: date, days: int) -> None:
    last_on = decided_on + timedelta(days=days)
    if filed_on < decided_on:
        raise AppealTooEarly(code=enrolment.code, decided_on=decided_on)
    if filed_on > last_on:
        raise AppealTooLate(code=enrolment.code, last_on=last_on, days=counts.days(days), decided_on=decided_on)


def close_appeal(session: Session, *, code: str, upheld: bool, reason: str, by: str, now: datetime) -> Appeal:
    """Answer an appeal: upheld, the enrolment goes on with the time that it had left, or it is selected again."""
    enrolment = enrolment_named(session, code)
    appeal = session.exec(select(Appeal).where(Appeal.enrolment_id == enrolment.id, Appeal.status == "filed")).first()
    if appeal is None:
        raise NoAppeal(code=code)
    appeal.status = "upheld" if upheld else "rejected"
    appeal.closed_on, appeal.closed_by, appeal.reason = civil_day(now), by, said(reason)
    session.add(appeal)
    history.record(session, enrolment, f"appeal {appeal.status}", by=by, now=now, subject=appeal.against, why=reason)
    if upheld and appeal.against == "selection":
        enrolment.status, enrolment.outcome, enrolment.ended_on = "selected", None, None
    elif upheld:
        _reinstate(session, enrolment, by=by, why=said(reason), now=now)
    return appeal


def _reinstate(session: Session, enrolment: Enrolment, *, by: str, why: str, now: datetime) -> None:
    """Open again what was open at the end; a pause in which it ended is over too."""
    ended = session.exec(
        select(History)
        .where(History.enrolment_id == enrolment.id, History.verb == "ended")
        .order_by(col(History.id).desc())
    ).first()
    assert ended is not None
    assert enrolment.ended_on is not None
    detail, ended_on, outcome = ended.detail, enrolment.ended_on, enrolment.outcome or ""
    from_on = _still_since(session, enrolment, ended_on) if detail["was"] == "suspended" else ended_on
    if detail["was"] == "selected":  # it was never enrolled
        enrolment.status, enrolment.outcome, enrolment.ended_on = "selected", None, None
        return
    enrolment.status, enrolment.outcome, enrolment.ended_on = "active", None, None
    timers = _opened(session, enrolment, detail["open"], now=now)
    _wake_stages(session, enrolment, detail["waking"])
    taken_at = datetime.fromisoformat(detail["taken_at"])
    frozen = Frozen(from_on, detail["remaining"], taken_at, end_reason(outcome), timers)
    wake(session, enrolment, frozen, civil_day(now), verb="reinstated", by=by, now=now, why=why)


def _still_since(session: Session, enrolment: Enrolment, ended_on: date) -> date:
    """Return the day on which time began to stand still, for an enrolment that ended while it was suspended."""
    pauses = session.exec(select(Suspension).where(Suspension.enrolment_id == enrolment.id)).all()
    return max((pause.from_on for pause in pauses), default=ended_on)


def _opened(session: Session, enrolment: Enrolment, keys: dict[str, str | None], *, now: datetime) -> dict[str, Timer]:
    """Open the steps again that the end closed, and return the timers that they had.

    A cancellation that has not left is taken back: the meeting is held after all.
    """
    timers = {}
    rows = session.exec(
        select(Step).where(
            Step.enrolment_id == enrolment.id, col(Step.key).in_(keys.keys()), Step.status == "not_required"
        )
    ).all()
    take_back(session, [step.id for step in rows], reason="the enrolment goes on", now=now)
    for step in rows:
        step.status, step.done_on, step.done_by = "open", None, None
        remind_on = keys[step.key]
        timers[step.key] = Timer(step.due_on, date.fromisoformat(remind_on) if remind_on else None)
    return timers


def _wake_stages(session: Session, enrolment: Enrolment, waking: dict[str, str]) -> None:
    for passage in session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id)):
        if passage.stage in waking:
            passage.wake_on = date.fromisoformat(waking[passage.stage])
