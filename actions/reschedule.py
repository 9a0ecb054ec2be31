"""Gives an open step another date: its reminders follow it, and what was promised for the old one is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from actions.remind import reminder_word
from actions.tell import tell
from actions.withdrawal import take_back
from models import Cohort, Enrolment, Step
from notifications.promises import Desk
from programme import reminders
from programme.calendar import Calendar
from programme.reminders import Reminder


@dataclass(frozen=True)
class NewDate:
    """Where a step goes: the day it falls on, why (a sentence that the ledger keeps), and the rule's own day.

    A meeting may get another hour or place too; what is left out stays.
    """

    due_on: date
    reason: str
    nominal_on: date | None = None
    at: str | None = None
    place: str | None = None


def reschedule(
    desk: Desk,
    cohort: Cohort,
    enrolment: Enrolment,
    step: Step,
    to: NewDate,
    *,
    told: bool = False,
    was: Calendar | None = None,
) -> None:
    """Move one open step: every reminder of the old date that has not left is cancelled with the reason.

    The reminders of the new date are owed from today on; where people are ``told`` of the change,
    what would only repeat that soon after is not. ``was`` is the calendar by which the old ones were
    due, when the desk's is a new one. The same day with another hour keeps the reminders to come.
    """
    old, same_day = upcoming(desk, step, was), to.due_on == step.due_on
    taken = take_back(desk.session, [step.id], reason=to.reason, now=desk.now)
    if not same_day:
        _write_down(desk, cohort, enrolment, step, old, to.reason)
    step.due_on, step.nominal_on = to.due_on, to.nominal_on or step.nominal_on
    step.at, step.place, step.moves = to.at or step.at, to.place or step.place, step.moves + 1
    if told or taken or not same_day:
        step.remind_on = remind_from(desk, step.kind, step.due_on, told=told)
    desk.session.add(step)
    desk.session.flush()


def remind_from(desk: Desk, kind: str, due_on: date, *, told: bool) -> date | None:
    """Return the first day, from today on, on which somebody hears of a step that has got this date."""
    rules = desk.definition.reminders_for(kind)
    if told:
        quiet = desk.definition.quiet_days
        return reminders.after_change(rules, due_on, desk.today, desk.calendar, quiet_days=quiet)
    return reminders.first_from(rules, due_on, desk.today, desk.calendar)


def upcoming(desk: Desk, step: Step, calendar: Calendar | None = None) -> list[Reminder]:
    """Return the reminders of a step's date that no morning has promised yet, by day."""
    if step.remind_on is None:
        return []
    rules = desk.definition.reminders_for(step.kind)
    since = max(step.remind_on, desk.today)
    return [item for item in reminders.calendar_of(rules, step.due_on, calendar or desk.calendar) if item.on >= since]


def _write_down(
    desk: Desk, cohort: Cohort, enrolment: Enrolment, step: Step, gone: Sequence[Reminder], reason: str
) -> None:
    """Keep each reminder that will not come now in the ledger, with the reason: somebody may have counted on it."""
    ahead = [item for item in gone if not item.late]
    words = [reminder_word(desk, step, enrolment, item, withdrawn=reason) for item in ahead]
    tell(desk, [word for word in words if word is not None], cohort)
