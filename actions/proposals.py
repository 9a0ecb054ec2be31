"""A change of dates as a proposal: shown as a diff, and carried out only when that very diff is approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlmodel import Session

from actions import history
from actions.change_words import KIND, Past, Telling, When, change_word, hearers, past_of, told_of
from actions.plans import Group, Plan
from actions.remind import kind_of, mark_of
from actions.reschedule import NewDate, remind_from, reschedule, upcoming
from actions.tell import tell, title_for
from actions.watch import watch
from models import Enrolment, Notice, Step
from notifications.promises import Desk, Word
from programme import reminders
from programme.calendar import Calendar
from programme.dates_errors import PlanChanged
from programme.diffs import Diff, Moved, NoticeLine
from programme.reminders import Reminder
from programme.replanning import Move
from programme.wording import Sentence


@dataclass(frozen=True)
class Shift:
    """One step's move, whom it is told to, whether a person set it, and a meeting's new hour and place."""

    enrolment: Enrolment
    step: Step
    move: Move
    telling: Telling = "who heard"
    pinned: bool | None = None
    at: str | None = None
    place: str | None = None

    def to(self) -> When:
        """Return when and where the step goes."""
        return When(self.move.on, self.at or self.step.at, self.place or self.step.place)

    @property
    def is_shown(self) -> bool:
        """Tell whether the move is seen: not where only the rule's own day changes."""
        return self.to() != When(self.step.due_on, self.step.at, self.step.place)


@dataclass(frozen=True)
class Work:
    """The moves in one group of plans. The desk has the calendar that will hold, ``was`` is the one that held."""

    group: Group
    desk: Desk
    was: Calendar
    shifts: tuple[Shift, ...]


@dataclass
class Proposal:
    """A change, its moves, and the notices that it moves besides (``added`` and so on, which the verb has found)."""

    what: Sentence
    about: Mapping[str, Any]
    works: Sequence[Work]
    by: str
    added: list[NoticeLine] = field(default_factory=list)
    cancelled: list[NoticeLine] = field(default_factory=list)
    kept: list[NoticeLine] = field(default_factory=list)


def work_of(group: Group, calendar: Calendar, shifts: Sequence[Shift]) -> Work:
    """Return a group's moves, with the desk of the calendar that will hold."""
    return Work(group, replace(group.desk, calendar=calendar), group.desk.calendar, tuple(shifts))


def approved(diff: Diff, approve: str | None) -> bool:
    """Tell whether the diff is approved; refused when it is another one that was approved."""
    if approve is not None and approve != diff.digest:
        raise PlanChanged(approved=approve, digest=diff.digest)
    return approve is not None


def diff_of(session: Session, proposal: Proposal) -> Diff:
    """Return all that a proposal would do; nothing is changed."""
    shown = [(work, shift) for work in proposal.works for shift in work.shifts if shift.is_shown]
    past = past_of(session, [shift.step.id for _, shift in shown if shift.step.id is not None])
    heard = told_of(past, [shift.step for _, shift in shown])
    added, cancelled, kept = list(proposal.added), list(proposal.cancelled), list(proposal.kept)
    for work, shift in shown:
        told = hearers(
            work.group.desk, shift.enrolment, shift.step, shift.to(), past, telling=shift.telling, by=proposal.by
        )
        cancelled += _taken_back(work, shift, past)
        added += [_line(shift, KIND, to.code, None) for to, _ in told]
        since = remind_from(work.desk, shift.step.kind, shift.move.on, told=bool(told))
        for key, line in _reminders(work, shift):
            if key in past.left:
                kept.append(line)
            elif since is not None and line.on is not None and line.on >= since:
                added.append(line)
    return Diff(
        proposal.what,
        proposal.about,
        sorted(
            (_moved(work, shift, heard.get(shift.step.id or 0, ())) for work, shift in shown),
            key=lambda moved: (moved.enrolment, moved.on, moved.step),
        ),
        added,
        cancelled,
        kept,
    )


def _moved(work: Work, shift: Shift, heard: tuple[str, ...]) -> Moved:
    step, to = shift.step, shift.to()
    pairs = {"at": (step.at, to.at), "place": (step.place, to.place)}
    return Moved(
        shift.enrolment.code,
        step.key,
        title_for(step, work.desk.definition),
        step.due_on,
        to.on,
        shift.move.why,
        {name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        heard,
    )


def _line(shift: Shift, kind: str, to: str, on: date | None) -> NoticeLine:
    return NoticeLine(shift.enrolment.code, shift.step.key, kind, to, on)


def _taken_back(work: Work, shift: Shift, past: Past) -> Iterator[NoticeLine]:
    """Yield what is taken back of a step's old date: promised and not left, or still to come."""
    for notice in past.waiting.get(shift.step.id or 0, ()):
        yield line_of(shift.enrolment, shift.step, notice)
    if shift.move.on == shift.step.due_on:
        return
    for item in upcoming(work.desk, shift.step, work.was):
        to = heard_by(work.desk, shift.enrolment, shift.step, item)
        if to is not None and not item.late:
            yield _line(shift, kind_of(shift.step, item), to, item.on)


def line_of(enrolment: Enrolment, step: Step, notice: Notice) -> NoticeLine:
    """Return the line of a notice that was promised."""
    return NoticeLine(enrolment.code, step.key, notice.kind, notice.recipient, notice.due_on)


def heard_by(desk: Desk, enrolment: Enrolment, step: Step, item: Reminder) -> str | None:
    """Return the code of who hears a reminder; None when nobody holds that role."""
    to = desk.people.find(step.owner if item.to == "owner" else item.to, enrolment)
    return to.code if to else None


def _reminders(work: Work, shift: Shift) -> Iterator[tuple[str, NoticeLine]]:
    """Yield the reminders before a step's new date, each with the key of its promise."""
    step, on = shift.step, shift.move.on
    rules = work.desk.definition.reminders_for(step.kind) if on != step.due_on else ()
    for item in reminders.calendar_of(rules, on, work.desk.calendar):
        to, kind = heard_by(work.desk, shift.enrolment, step, item), kind_of(step, item)
        if to is not None and not item.late:
            key = f"{shift.enrolment.code}/{step.key}/{kind}{mark_of(item, on)}/{to}"
            yield key, _line(shift, kind, to, item.on)


def carry_out(session: Session, proposal: Proposal, *, verb: str, subject: str = "", why: str = "") -> None:
    """Move the steps, tell whom it concerns, and write a line of history for each enrolment."""
    for work in proposal.works:
        past = past_of(session, [shift.step.id for shift in work.shifts if shift.step.id is not None])
        words = [word for shift in work.shifts for word in _moved_words(work, shift, past, proposal.by)]
        tell(work.desk, [replace(word, approved_by=proposal.by) for word in words], work.group.cohort)
        for plan in work.group.plans:
            mine = [shift for shift in work.shifts if shift.enrolment is plan.enrolment]
            if mine:
                _record(session, plan, mine, proposal, work.desk, verb=verb, subject=subject, why=why)
                watch(session, plan.enrolment)


def _moved_words(work: Work, shift: Shift, past: Past, by: str) -> list[Word]:
    """Move one step and return what is to be told of it."""
    step, to = shift.step, shift.to()
    told = hearers(work.group.desk, shift.enrolment, step, to, past, telling=shift.telling, by=by)
    step.pinned = step.pinned if shift.pinned is None else shift.pinned
    if not shift.is_shown:
        step.nominal_on = shift.move.nominal_on
        return []
    new = NewDate(to.on, _reason(shift), shift.move.nominal_on, shift.at, shift.place)
    reschedule(work.desk, work.group.cohort, shift.enrolment, step, new, told=bool(told), was=work.was)
    return [change_word(work.desk, shift.enrolment, step, one, known) for one, known in told]


def _reason(shift: Shift) -> str:
    """Return what the ledger keeps on what is taken back."""
    if shift.move.on == shift.step.due_on:
        return f"the hour or the place on {shift.move.on} has changed"
    return f"the date has moved from {shift.step.due_on} to {shift.move.on}: {shift.move.why}"


def _record(
    session: Session,
    plan: Plan,
    shifts: Sequence[Shift],
    proposal: Proposal,
    desk: Desk,
    *,
    verb: str,
    subject: str,
    why: str,
) -> None:
    moves = [
        {
            "step": shift.step.key,
            "was_on": shift.move.was_on.isoformat(),
            "on": shift.move.on.isoformat(),
            "why": shift.move.why.say(),
        }
        for shift in shifts
        if shift.move.on != shift.move.was_on or shift.at or shift.place
    ]
    history.record(
        session,
        plan.enrolment,
        verb,
        by=proposal.by,
        now=desk.now,
        subject=subject,
        why=why,
        moves=moves,
        **proposal.about,
    )
