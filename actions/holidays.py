"""Proclaimed feasts and other holidays: all that they move in the plans under way, shown together, approved once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from actions.plans import Group, Plan, active_groups, basis_of, moves_of
from actions.programmes import calendar_of, calendar_with, closures_of, forget_closed_days
from actions.proposals import Proposal, Shift, Work, approved, carry_out, diff_of, heard_by, work_of
from actions.remind import kind_of
from models import HolidayOverride, Notice, Step
from notifications.promises import Desk, send_instant
from programme import reminders
from programme.calendar import ONE_DAY, Calendar, Holiday, legal_holidays
from programme.civil import civil_day
from programme.dates_errors import DaysBackwards, FeastTooLong, FeastUnknown, HolidayKnown, NotAHoliday
from programme.diffs import Diff, NoticeLine
from programme.holiday_words import holiday_said
from programme.reminders import Reminder
from programme.replanning import Change
from programme.wording import Sentence, sentence

NEAR = timedelta(days=3)
"""A religious feast is an estimate of ±1 day; further off than this it is another feast."""

LONGEST_FEAST = 4
Overrides = Mapping[date, str | None]


def proclaim(
    session: Session,
    *,
    first: date,
    last: date,
    by: str,
    now: datetime,
    name: str | None = None,
    approve: str | None = None,
) -> Diff:
    """Put the proclaimed days of a religious feast in the place of its estimated (or earlier proclaimed) ones.

    Its name is the estimated feast's when none is given.
    """
    days = _days(first, last)
    known = _overrides(session)
    feast = name or _feast_near(first, last)
    if feast is None:
        raise FeastUnknown(first=first)
    after = dict(known)
    for day in _of_feast(known, feast, first, last):
        if day in legal_holidays(day.year):
            after[day] = None
        else:
            del after[day]
    after |= dict.fromkeys(days, feast)
    what = sentence("{name} is proclaimed for {first} to {last}", name=holiday_said(feast), first=first, last=last)
    return _change(session, known, after, what, by=by, now=now, approve=approve)


def _days(first: date, last: date) -> list[date]:
    if last < first:
        raise DaysBackwards(first=first, last=last)
    count = (last - first).days + 1
    if count > LONGEST_FEAST:
        raise FeastTooLong(first=first, last=last, days=LONGEST_FEAST)
    return [first + timedelta(days=number) for number in range(count)]


def _feast_near(first: date, last: date) -> str | None:
    """Return the name of the estimated feast nearest to these days."""
    near = sorted((abs(day - first), name) for day, name in _estimated(first, last))
    return near[0][1] if near else None


def _estimated(first: date, last: date) -> Iterator[tuple[date, str]]:
    """Yield the estimated feasts' days near these, each with the religious part of its name."""
    day = first - NEAR
    while day <= last + NEAR:
        legal = legal_holidays(day.year).get(day)
        if legal is not None and legal.estimated:
            civil = legal.fixed_name.split("; ")
            yield day, "; ".join(part for part in legal.name.split("; ") if part not in civil)
        day += ONE_DAY


def _of_feast(known: Overrides, feast: str, first: date, last: date) -> list[date]:
    """Return the days near these that were the feast's until now: estimated ones, or proclaimed earlier."""
    estimated = {day for day, name in _estimated(first, last) if name == feast or known.get(day) == feast}
    proclaimed = {day for day, name in known.items() if name == feast and first - NEAR <= day <= last + NEAR}
    return sorted(estimated | proclaimed)


def add_holiday(session: Session, *, on: date, name: str, by: str, now: datetime, approve: str | None = None) -> Diff:
    """Declare a day off that no law had announced."""
    known = _overrides(session)
    holiday = calendar_of(session).holiday(on)
    if holiday is not None:
        raise HolidayKnown(on=on, name=holiday_said(holiday.name))
    what = sentence("{on} becomes a holiday ({name})", on=on, name=holiday_said(name))
    return _change(session, known, {**known, on: name}, what, by=by, now=now, approve=approve)


def remove_holiday(session: Session, *, on: date, by: str, now: datetime, approve: str | None = None) -> Diff:
    """Make a holiday an ordinary day: a declared one, an estimated one that was not proclaimed, or a legal one."""
    known = _overrides(session)
    holiday = calendar_of(session).holiday(on)
    if holiday is None:
        raise NotAHoliday(on=on)
    after = {day: name for day, name in known.items() if day != on}
    if on in legal_holidays(on.year):
        after[on] = None
    what = sentence("{on} is a holiday no more ({name})", on=on, name=holiday_said(holiday.name))
    return _change(session, known, after, what, by=by, now=now, approve=approve)


def holidays_in(session: Session, year: int) -> list[Holiday]:
    """Return a year's holidays as they stand, by day."""
    calendar, day = calendar_of(session), date(year, 1, 1)
    found = []
    while day.year == year:
        holiday = calendar.holiday(day)
        if holiday is not None:
            found.append(holiday)
        day += ONE_DAY
    return found


def _overrides(session: Session) -> dict[date, str | None]:
    return {row.on: row.name for row in session.exec(select(HolidayOverride))}


@dataclass(frozen=True)
class _Turned:
    """A reminder that leaves on another day though its step stays: its old day or its new one is closed."""

    step: Step
    remind_on: date
    gone: tuple[NoticeLine, ...]
    come: tuple[NoticeLine, ...]


def _change(
    session: Session,
    known: Overrides,
    after: Overrides,
    what: Sentence,
    *,
    by: str,
    now: datetime,
    approve: str | None,
) -> Diff:
    was, will = calendar_of(session), calendar_with(after)
    days = sorted(day for day in known.keys() | after.keys() if was.holiday(day) != will.holiday(day))
    groups = active_groups(session, now=now)
    works = [_work(session, group, calendar_with(after, group.desk.definition)) for group in groups]
    turned = [one for work in works for one in _turned(work)]
    proposal = Proposal(what, _about(was, will, days), works, by)
    proposal.cancelled += [line for one in turned for line in one.gone]
    proposal.added += [line for one in turned for line in one.come]
    diff = diff_of(session, proposal)
    if approved(diff, approve):
        _write(session, known, after, by=by, now=now)
        for one in turned:
            one.step.remind_on = one.remind_on
        carry_out(session, proposal, verb="dates moved", why=what.say())
        _send_on_open_days(session, works, days)
    return diff


def _about(was: Calendar, will: Calendar, days: Sequence[date]) -> dict[str, object]:
    return {
        "change": "holidays",
        "closed": [day.isoformat() for day in days if will.holiday(day) and not was.holiday(day)],
        "opened": [day.isoformat() for day in days if was.holiday(day) and not will.holiday(day)],
        "proclaimed": [day.isoformat() for day in days if was.holiday(day) and will.holiday(day)],
    }


def _work(session: Session, group: Group, will: Calendar) -> Work:
    shifts = []
    for plan in group.plans:
        closed = closures_of(session, plan.enrolment)
        change = Change(
            basis_of(plan, group.desk.calendar, closed), basis_of(plan, will, closed), today=group.desk.today
        )
        shifts += [
            Shift(plan.enrolment, step, move, "everybody" if step.pinned else "who heard")
            for step, move in moves_of(group, plan, change)
        ]
    return work_of(group, will, shifts)


def _turned(work: Work) -> Iterator[_Turned]:
    """Yield the reminders to come that the change puts on another day, of steps that keep theirs."""
    moving = {shift.step.id for shift in work.shifts if shift.is_shown}
    for plan in work.group.plans:
        for step in plan.steps.values():
            if step.status == "open" and step.remind_on is not None and step.id not in moving:
                one = _turned_of(work, plan, step)
                if one is not None:
                    yield one


def _turned_of(work: Work, plan: Plan, step: Step) -> _Turned | None:
    rules = work.desk.definition.reminders_for(step.kind)
    old = {(item.days, item.to): item for item in reminders.calendar_of(rules, step.due_on, work.was)}
    new = {(item.days, item.to): item for item in reminders.calendar_of(rules, step.due_on, work.desk.calendar)}
    left = [key for key, item in old.items() if step.remind_on is not None and item.on >= step.remind_on]
    changed = [key for key in left if old[key].on != new[key].on]
    if not changed:
        return None
    return _Turned(
        step,
        min(new[key].on for key in left),
        tuple(_lines(work.desk, plan, step, [old[key] for key in changed])),
        tuple(_lines(work.desk, plan, step, [new[key] for key in changed])),
    )


def _lines(desk: Desk, plan: Plan, step: Step, items: Sequence[Reminder]) -> Iterator[NoticeLine]:
    for item in items:
        to = heard_by(desk, plan.enrolment, step, item)
        if to is not None:
            yield NoticeLine(plan.enrolment.code, step.key, kind_of(step, item), to, item.on)


def _write(session: Session, known: Overrides, after: Overrides, *, by: str, now: datetime) -> None:
    for day in known.keys() - after.keys():
        session.delete(session.get_one(HolidayOverride, day))
    for day, name in after.items():
        if day not in known or known[day] != name:
            session.merge(HolidayOverride(on=day, name=name, entered_by=by, entered_at=now))
    session.flush()
    forget_closed_days(session)


def _send_on_open_days(session: Session, works: Sequence[Work], days: Sequence[date]) -> None:
    """Have what was promised for a day that is a holiday now leave on the next day on which its programme lets it."""
    if not works or not days:
        return
    desks = {plan.enrolment.id: one.desk for one in works for plan in one.group.plans}
    query = select(Notice).where(Notice.status == "pending", col(Notice.channel) != "call")
    for notice in session.exec(query.with_for_update()).all():
        day = civil_day(notice.send_at)
        desk = desks.get(notice.enrolment_id, works[0].desk)
        if day in days and not desk.definition.sending.hours().has(day, desk.calendar):
            notice.send_at = send_instant(desk, day)
    session.flush()
