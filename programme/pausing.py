"""A pause freezes time: what is left of each step when it begins is what is left when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from programme.calendar import Calendar, Season
from programme.closures import NONE, Closures, open_day
from programme.definition import ReminderRule
from programme.reminders import calendar_of, reminder_day


def days_left(due_on: date, on: date, calendar: Calendar) -> int:
    """Count the working days from ``on`` to a due date; negative for what is late already.

    A pause that begins or ends on a closed day counts from the working day after it, so that the
    same number leads back to the same date.
    """
    start = calendar.on_or_after(on)
    return calendar.working_days_between(start, due_on) - calendar.working_days_between(due_on, start)


def due_again(
    left: int, on: date, calendar: Calendar, avoid: frozenset[Season] = frozenset(), closed: Closures = NONE
) -> date:
    """Return the date that has ``left`` working days on the day of the resumption.

    What is still to come never falls in a closed season or window; what was late stays as late as it was.
    """
    day = calendar.add_working_days(calendar.on_or_after(on), left)
    return open_day(day, calendar, avoid, closed) if left >= 0 else day


@dataclass(frozen=True)
class Timer:
    """A step's date, and the first day of its reminders that nobody has been told of."""

    due_on: date
    remind_on: date | None


def reminder_again(
    rules: Iterable[ReminderRule], before: Timer, due_on: date, today: date, calendar: Calendar, *, fixed: bool = False
) -> date | None:
    """Return from which day on somebody should hear of a step again, when it is resumed ``today``.

    What was said before the pause is not said again, and what would have been said during it is
    gone: only a chaser that is still owed is. Of a date that a law has ``fixed``, only the days
    to come count.
    """
    if before.remind_on is None:
        return None
    if due_on == before.due_on and not fixed:
        return before.remind_on
    owed = [item for item in calendar_of(rules, before.due_on, calendar) if item.on >= before.remind_on]
    days = [(reminder_day(due_on, item.days, calendar), item.late and not fixed) for item in owed]
    return min((day for day, is_owed in days if is_owed or day > today), default=None)


def shifted(day: date, from_on: date, until_on: date) -> date:
    """Return a stage's boundary after a pause: what lay before it stays, the rest comes as much later (civil days)."""
    return day if day <= from_on else day + timedelta(days=(until_on - from_on).days)
