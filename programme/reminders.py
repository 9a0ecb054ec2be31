"""Which reminder of a step is due today, and when the next one will be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from programme.calendar import Calendar
from programme.definition import ReminderRule
from programme.definition_terms import Audience


@dataclass(frozen=True)
class Reminder:
    """A rule's verdict: on this day this audience should hear of a step.

    ``late`` tells a chaser (after the due date) from a reminder; ``stale`` is set when the
    day came while nothing ran and the moment has passed: it is written down, and not sent.
    """

    on: date
    to: Audience
    days: int
    stale: bool = False

    @property
    def late(self) -> bool:
        """Tell whether it chases a date that is past."""
        return self.days > 0


def reminder_day(due_on: date, days: int, calendar: Calendar) -> date:
    """Return the day on which a reminder leaves: a working day, else the one before.

    A chaser never leaves on or before the due date: then it is the working day after.
    """
    day = calendar.on_or_before(due_on + timedelta(days=days))
    if days > 0 and day <= due_on:
        return calendar.on_or_after(due_on + timedelta(days=days))
    return day


def calendar_of(rules: Iterable[ReminderRule], due_on: date, calendar: Calendar) -> list[Reminder]:
    """Return all the reminders of a step, by day."""
    reminders = (Reminder(reminder_day(due_on, rule.days, calendar), rule.to, rule.days) for rule in rules)
    return sorted(reminders, key=lambda reminder: (reminder.on, reminder.days, reminder.to))


def first_from(rules: Iterable[ReminderRule], due_on: date, since: date, calendar: Calendar) -> date | None:
    """Return the first reminder's day on or after ``since``; None when none is left."""
    return min((day for rule in rules if (day := reminder_day(due_on, rule.days, calendar)) >= since), default=None)


def after_change(
    rules: Iterable[ReminderRule], due_on: date, today: date, calendar: Calendar, *, quiet_days: int
) -> date | None:
    """Return the first day on which somebody hears again of a step after they were told that its date changed.

    What would come within ``quiet_days`` of the notice of change is not owed, for it has just been
    said; but the last reminder before the date always is.
    """
    owed = [item for item in calendar_of(rules, due_on, calendar) if item.on > today]
    quiet_until = today + timedelta(days=quiet_days)
    last = {item.to: item.on for item in owed if not item.late}
    kept = [item.on for item in owed if item.late or item.on > quiet_until or item.on == last[item.to]]
    return min(kept, default=None)


def due(rules: Iterable[ReminderRule], due_on: date, *, since: date, today: date, calendar: Calendar) -> list[Reminder]:
    """Return the reminders whose day came from ``since`` to ``today``: one to say per audience, the others stale.

    Only the latest of each audience is said: after an outage nobody gets three. A reminder
    (not a chaser) of a date that is already past is stale too.
    """
    reached = [item for item in calendar_of(rules, due_on, calendar) if since <= item.on <= today]
    latest = {item.to: item for item in reached}
    return [_judged(item, item is latest[item.to], due_on, today) for item in reached]


def _judged(item: Reminder, is_latest: bool, due_on: date, today: date) -> Reminder:
    gone = not item.late and due_on < today
    return item if is_latest and not gone else Reminder(item.on, item.to, item.days, stale=True)
