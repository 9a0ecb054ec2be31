"""Suspends an enrolment and resumes it: nothing is sent meanwhile, and no step loses a working day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.desk import open_desk
from actions.lookup import cohort_of_enrolment, enrolment_named, refuse_future, suspension_of
from actions.programmes import calendar_of, closures_of, definition_of
from actions.resumption import tell_resumed
from actions.stored_words import OF_ENROLMENTS, word_of
from actions.watch import settle_alerts, watch
from actions.withdrawal import take_back_all
from models import Enrolment, Notice, Passage, Step, Suspension
from models.belonging import of_enrolments
from notifications.promises import Desk
from programme.calendar import Calendar
from programme.civil import civil_day
from programme.closures import NONE, Closures
from programme.pausing import Timer, days_left, due_again, reminder_again, shifted
from programme.pausing_errors import NotSuspended, PauseTooEarly, ResumedBeforePause, WhyNeeded
from programme.planning import windows_for


def suspend(session: Session, *, code: str, reason: str, by: str, now: datetime, on: date | None = None) -> Suspension:
    """Suspend an enrolment from a day on (today when not given): what has not left is taken back, time stands still."""
    enrolment, from_on = enrolment_named(session, code, to_change=True), on or civil_day(now)
    refuse_future(from_on, civil_day(now))
    calendar = calendar_of(session, definition_of(session, enrolment))
    _refuse_overlap(session, enrolment, from_on)
    pause = Suspension(
        enrolment_id=enrolment.id or 0,
        from_on=from_on,
        reason=said(reason),
        remaining=left_of(open_steps(session, enrolment), from_on, calendar),
        suspended_by=by,
        suspended_at=now,
    )
    session.add(pause)
    enrolment.status = "suspended"
    take_back_all(session, [enrolment.id], reason=pause_reason(pause), now=now)
    settle_alerts(session, enrolment, "suspension", by=by, why=pause.reason, now=now)
    watch(session, enrolment)
    history.record(
        session, enrolment, "suspended", by=by, now=now, why=pause.reason, on=str(from_on), remaining=pause.remaining
    )
    return pause


def said(reason: str) -> str:
    """Return a reason that somebody gave; refused when it is empty."""
    if not reason.strip():
        raise WhyNeeded
    return reason.strip()


def pause_reason(pause: Suspension) -> str:
    """Return what the ledger says of a notice that a pause took back."""
    return f"enrolment suspended on {pause.from_on}: {pause.reason}"


def _refuse_overlap(session: Session, enrolment: Enrolment, from_on: date) -> None:
    pauses = session.exec(select(Suspension).where(Suspension.enrolment_id == enrolment.id)).all()
    last = max((pause.until_on for pause in pauses if pause.until_on is not None), default=date.min)
    if from_on < last:
        raise PauseTooEarly(code=enrolment.code, on=last)


def open_steps(session: Session, enrolment: Enrolment) -> list[Step]:
    """Return the steps whose time stands still; calls are closed by a pause, not kept."""
    query = select(Step).where(Step.enrolment_id == enrolment.id, Step.status == "open", Step.origin != "call")
    return list(session.exec(query.order_by(col(Step.due_on), Step.key)))


def left_of(steps: Sequence[Step], on: date, calendar: Calendar) -> dict[str, int]:
    """Return the working days that each step has left; a legal duty's date is the law's, and no pause moves it."""
    return {step.key: days_left(step.due_on, on, calendar) for step in steps if step.origin != "legal"}


def resume(session: Session, *, code: str, by: str, now: datetime, on: date | None = None) -> Suspension:
    """Resume an enrolment: each open step has its remaining working days again, and the cooperative is told once."""
    enrolment, until_on = enrolment_named(session, code), on or civil_day(now)
    pause = suspension_of(session, enrolment)
    if pause is None:
        raise NotSuspended(code=code, status=word_of(OF_ENROLMENTS, enrolment.status))
    refuse_future(until_on, civil_day(now))
    if until_on < pause.from_on:
        raise ResumedBeforePause(code=code, on=pause.from_on)
    pause.until_on, pause.resumed_by, enrolment.status = until_on, by, "active"
    session.add(pause)
    settle_alerts(session, enrolment, None, by=by, why=f"resumed on {until_on}", now=now)
    frozen = Frozen(pause.from_on, pause.remaining, pause.suspended_at, pause_reason(pause))
    wake(session, enrolment, frozen, until_on, verb="resumed", by=by, now=now)
    return pause


def dates_of(session: Session, pause: Suspension) -> dict[str, str]:
    """Return the date of each step that is open now, by date: what a resumption has set going."""
    enrolment = session.get_one(Enrolment, pause.enrolment_id)
    return {step.key: step.due_on.isoformat() for step in open_steps(session, enrolment)}


@dataclass(frozen=True)
class Frozen:
    """What a pause kept: since when, the working days left, and at which instant and why notices were taken back."""

    from_on: date
    left: Mapping[str, int]
    taken_at: datetime
    reason: str
    timers: Mapping[str, Timer] = field(default_factory=dict)
    closed: Closures = NONE


def wake(
    session: Session,
    enrolment: Enrolment,
    frozen: Frozen,
    on: date,
    *,
    verb: str,
    by: str,
    now: datetime,
    why: str = "",
) -> None:
    """Give every open step and every stage its remaining time from a day on, and tell the cooperative and its coach."""
    session.flush()
    frozen = replace(frozen, closed=closures_of(session, enrolment))
    desk = open_desk(session, cohort_of_enrolment(session, enrolment), [enrolment], now=now)
    taken = _taken_back(session, enrolment, frozen)
    steps, moved = open_steps(session, enrolment), {}
    for step in steps:
        old = step.due_on
        _set_going(desk, step, frozen, on, taken)
        if step.due_on != old:
            moved[step.key] = [old.isoformat(), step.due_on.isoformat()]
    for passage in session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id)):
        _shift(passage, frozen.from_on, on)
    history.record(
        session, enrolment, verb, by=by, now=now, why=why, on=str(on), since=str(frozen.from_on), moved=moved
    )
    watch(session, enrolment)
    tell_resumed(desk, enrolment, steps, taken, on=on, by=by)


def _taken_back(session: Session, enrolment: Enrolment, frozen: Frozen) -> list[Notice]:
    query = select(Notice).where(
        of_enrolments([enrolment.id]),
        Notice.status == "cancelled",
        Notice.settled_at == frozen.taken_at,
        Notice.reason == frozen.reason,
    )
    return list(session.exec(query.order_by(col(Notice.id))))


def _set_going(desk: Desk, step: Step, frozen: Frozen, on: date, taken: Sequence[Notice]) -> None:
    """Give one step its date and its reminders; what the pause took back of them is owed again."""
    before = frozen.timers.get(step.key, Timer(step.due_on, step.remind_on))
    owed = [notice.due_on for notice in taken if notice.step_id == step.id]
    before = Timer(before.due_on, min([*owed, *filter(None, [before.remind_on])], default=None))
    is_legal = step.origin == "legal"
    if not is_legal:
        _move(desk, step, frozen, on)
    fixed = is_legal and on > frozen.from_on
    rules = desk.definition.reminders_for(step.kind)
    step.remind_on = reminder_again(rules, before, step.due_on, desk.today, desk.calendar, fixed=fixed)


def _move(desk: Desk, step: Step, frozen: Frozen, on: date) -> None:
    left = frozen.left.get(step.key)
    if left is None:  # planned while time stood still
        left = days_left(step.due_on, frozen.from_on, desk.calendar)
    due_on = due_again(left, on, desk.calendar)
    if due_on == step.due_on:
        return
    rule, closed = desk.definition.by_key.get(step.rule), windows_for(step.kind, frozen.closed)
    step.due_on = due_again(left, on, desk.calendar, frozenset(rule.avoid if rule else ()), closed)
    step.moves += step.at is not None  # what a calendar has of it is out of date


def _shift(passage: Passage, from_on: date, until_on: date) -> None:
    passage.opens_on = shifted(passage.opens_on, from_on, until_on)
    passage.closes_on = shifted(passage.closes_on, from_on, until_on)
    if passage.wake_on is not None:
        passage.wake_on = shifted(passage.wake_on, from_on, until_on)
