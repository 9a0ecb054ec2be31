"""What becomes of a legal calendar when the year-end or the two years move: duties added, moved or not required."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.desk import open_desk
from actions.legal import legal_duties, legal_step
from actions.lookup import cohort_of_enrolment, suspension_of
from actions.proposals import heard_by, line_of
from actions.remind import kind_of
from actions.reschedule import NewDate, reschedule
from actions.tell import close
from actions.withdrawal import take_back
from models import Cooperative, Enrolment, Notice, Step
from notifications.promises import Desk
from programme import reminders
from programme.diffs import Diff, Moved, NoticeLine
from programme.wording import Bilingual, Sentence


@dataclass(frozen=True)
class Duty:
    """What becomes of a duty: ``old`` is its step, if it has one; ``new`` the step that the new year-end asks for."""

    old: Step | None
    new: Step | None

    @property
    def step(self) -> Step:
        """Return the step that it is about."""
        step = self.old or self.new
        assert step is not None
        return step

    @property
    def is_same(self) -> bool:
        """Tell whether nothing changes."""
        before, after = self.old, self.new
        return (
            before is not None
            and after is not None
            and (before.due_on, before.title_fr) == (after.due_on, after.title_fr)
        )


@dataclass(frozen=True)
class Duties:
    """One enrolment, its desk, and what changes; a sleeping one has been promised nothing."""

    enrolment: Enrolment
    desk: Desk
    is_asleep: bool
    changes: Sequence[Duty]


def duties_of(
    session: Session, enrolment: Enrolment, after: str, *, now: datetime, start_on: date | None = None
) -> Duties:
    """Return what becomes of an enrolment's legal calendar with another year-end, or another start of its two years."""
    cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
    desk = open_desk(session, cohort_of_enrolment(session, enrolment), [enrolment], now=now)
    pause = suspension_of(session, enrolment)
    since = pause.from_on if pause else desk.today
    query = select(Step).where(Step.enrolment_id == enrolment.id, Step.origin == "legal").order_by(Step.key)
    steps = {step.key: step for step in session.exec(query)}
    duties = legal_duties(
        enrolment, cooperative, desk.definition, desk.calendar, fiscal_year_end=after, start_on=start_on
    )
    asked = {duty.key: legal_step(enrolment, duty, desk.definition, desk.calendar, since, after) for duty in duties}
    stays = {key for key, step in steps.items() if step.status != "open" or step.pinned or step.due_on < since}
    stays -= {key for key, step in steps.items() if step.status == "open" and start_on and step.due_on < start_on}
    changes = [Duty(step, asked.get(key)) for key, step in steps.items() if key not in stays]
    changes += [Duty(None, step) for key, step in asked.items() if key not in steps and step.due_on >= since]
    for change in changes:
        if change.new is not None and change.new.due_on < since:  # the limit is past: nobody is made late by a form
            change.new.due_on = desk.calendar.on_or_after(since)
    return Duties(enrolment, desk, pause is not None, [change for change in changes if not change.is_same])


def with_duties(diff: Diff, session: Session, works: Sequence[Duties], why: Sentence) -> Diff:
    """Return a diff that shows what becomes of legal calendars too."""
    pairs = [(work, change) for work in works for change in work.changes]
    return replace(
        diff,
        moved=[*diff.moved, *(_moved(work, change, why) for work, change in pairs)],
        added=[*diff.added, *(line for work, change in pairs for line in _reminders(work, change))],
        cancelled=[*diff.cancelled, *(line for work in works for line in _waiting(session, work))],
    )


def _moved(work: Duties, change: Duty, why: Sentence) -> Moved:
    step = change.step
    return Moved(
        work.enrolment.code,
        step.key,
        Bilingual(fr=step.title_fr or step.key, ar=step.title_ar or step.key),
        change.old.due_on if change.old else None,
        change.new.due_on if change.new else None,
        why,
    )


def _reminders(work: Duties, change: Duty) -> Iterator[NoticeLine]:
    """Yield what will be said of a duty's new date."""
    if change.new is None or work.is_asleep:
        return
    rules = work.desk.definition.reminders_for("legal")
    for item in reminders.calendar_of(rules, change.new.due_on, work.desk.calendar):
        to = heard_by(work.desk, work.enrolment, change.new, item)
        if to is not None and not item.late and item.on >= work.desk.today:
            yield NoticeLine(work.enrolment.code, change.new.key, kind_of(change.new, item), to, item.on)


def _waiting(session: Session, work: Duties) -> list[NoticeLine]:
    """Return what was promised of the duties that change, and has not left."""
    steps = {change.old.id: change.old for change in work.changes if change.old is not None}
    rows = session.exec(
        select(Notice).where(col(Notice.step_id).in_(steps), Notice.status == "pending", Notice.doubts == 0)
    )
    return [line_of(work.enrolment, steps[row.step_id], row) for row in rows]


def carry_out_duties(session: Session, work: Duties, why: str, by: str) -> None:
    """Write the legal calendar anew as it was shown; what is not asked for any more is not required."""
    for change in work.changes:
        if change.old is None:
            session.add(change.step)
            _note(session, work, "step added", change, why, by)
        elif change.new is None:
            close(change.old, "not_required", on=work.desk.today, by="engine")
            take_back(session, [change.old.id], reason=why, now=work.desk.now)
            _note(session, work, "step removed", change, why, by)
        else:
            _note(session, work, "step moved", change, why, by)
            _follow(work, change.old, change.new, why)


def _follow(work: Duties, old: Step, new: Step, why: str) -> None:
    """Give a duty its new date and title; its reminders follow."""
    old.title_fr, old.title_ar = new.title_fr, new.title_ar
    if work.is_asleep:
        old.due_on, old.nominal_on, old.remind_on = new.due_on, new.nominal_on, new.remind_on
        return
    cohort = cohort_of_enrolment(work.desk.session, work.enrolment)
    reschedule(work.desk, cohort, work.enrolment, old, NewDate(new.due_on, why, new.nominal_on))


def _note(session: Session, work: Duties, verb: str, change: Duty, why: str, by: str) -> None:
    values = {
        name: step.due_on.isoformat()
        for name, step in (("before", change.old), ("after", change.new))
        if step is not None
    }
    history.record(session, work.enrolment, verb, by=by, now=work.desk.now, subject=change.step.key, why=why, **values)
