"""Changes the end of a cooperative's fiscal year: its legal calendar is written anew, shown first, then approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from actions import history
from actions.desk import open_desk
from actions.legal import legal_duties, legal_step
from actions.lookup import cohort_of_enrolment, enrolment_named, suspension_of
from actions.proposals import approved, heard_by, line_of
from actions.remind import kind_of
from actions.reschedule import NewDate, reschedule
from actions.tell import close, withdraw
from models import Cooperative, Enrolment, Notice, Step
from notifications.promises import Desk
from programme import reminders
from programme.diffs import Diff, Moved, NoticeLine
from programme.intake_values import read_month_day
from programme.legal_errors import FiscalYearSame, FiscalYearWrong
from programme.wording import Bilingual, sentence


@dataclass(frozen=True)
class _Change:
    """What becomes of a duty: ``old`` is its step, if it has one; ``new`` the step that the new year-end asks for."""

    old: Step | None
    new: Step | None

    @property
    def step(self) -> Step:
        """Return the step that it is about."""
        step = self.old or self.new
        assert step is not None
        return step


@dataclass(frozen=True)
class _Work:
    """One enrolment, its desk, and what changes; a sleeping one has been promised nothing."""

    enrolment: Enrolment
    desk: Desk
    is_asleep: bool
    changes: Sequence[_Change]


def change_fiscal_year(
    session: Session, *, code: str, ends_on: str, by: str, now: datetime, reason: str = "", approve: str | None = None
) -> Diff:
    """Have a cooperative's fiscal year end on another day ("30/06"), in all its enrolments that are under way.

    What is done, was set by a person or was due already stays; a duty whose new limit is past is
    due on the first working day from today.
    """
    enrolment = enrolment_named(session, code)
    cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
    before, after = cooperative.fiscal_year_end, read_month_day(ends_on)
    if not isinstance(after, str):
        raise FiscalYearWrong(text=ends_on)
    if after == before:
        raise FiscalYearSame(code=code, fiscal_year_end=after)
    works = [_work(session, one, cooperative, after, now) for one in _under_way(session, cooperative)]
    diff = _diff(session, works, code, before, after)
    if approved(diff, approve):
        cooperative.fiscal_year_end = after
        session.add(cooperative)
        for work in works:
            _carry_out(session, work, f"the fiscal year ends on {after} now", by)
            values = {"before": before, "after": after}
            history.record(session, work.enrolment, "fiscal year changed", by=by, now=now, why=reason, **values)
    return diff


def _under_way(session: Session, cooperative: Cooperative) -> list[Enrolment]:
    status = col(Enrolment.status).in_(("active", "suspended"))
    query = select(Enrolment).where(Enrolment.cooperative_id == cooperative.id, status)
    return list(session.exec(query.order_by(Enrolment.code)))


def _work(session: Session, enrolment: Enrolment, cooperative: Cooperative, after: str, now: datetime) -> _Work:
    desk = open_desk(session, cohort_of_enrolment(session, enrolment), [enrolment], now=now)
    pause = suspension_of(session, enrolment)
    since = pause.from_on if pause else desk.today
    query = select(Step).where(Step.enrolment_id == enrolment.id, Step.origin == "legal").order_by(Step.key)
    steps = {step.key: step for step in session.exec(query)}
    duties = legal_duties(enrolment, cooperative, desk.definition, desk.calendar, fiscal_year_end=after)
    asked = {duty.key: legal_step(enrolment, duty, desk.definition, desk.calendar, since, after) for duty in duties}
    stays = {key for key, step in steps.items() if step.status != "open" or step.pinned or step.due_on < since}
    changes = [_Change(step, asked.get(key)) for key, step in steps.items() if key not in stays]
    changes += [_Change(None, step) for key, step in asked.items() if key not in steps and step.due_on >= since]
    for change in changes:
        if change.new is not None and change.new.due_on < since:  # the limit is past: nobody is made late by a form
            change.new.due_on = desk.calendar.on_or_after(since)
    return _Work(enrolment, desk, pause is not None, changes)


def _diff(session: Session, works: Sequence[_Work], code: str, before: str, after: str) -> Diff:
    what = sentence(
        "the fiscal year of {code} ends on {after} and not on {before}", code=code, after=after, before=before
    )
    about = {"change": "fiscal year", "code": code, "was": before, "is": after}
    return Diff(
        what,
        about,
        [_moved(work, change) for work in works for change in work.changes],
        [line for work in works for change in work.changes for line in _reminders(work, change)],
        [line for work in works for line in _waiting(session, work)],
    )


def _moved(work: _Work, change: _Change) -> Moved:
    step = change.step
    return Moved(
        work.enrolment.code,
        step.key,
        Bilingual(fr=step.title_fr or step.key, ar=step.title_ar or step.key),
        change.old.due_on if change.old else None,
        change.new.due_on if change.new else None,
        sentence("another end of the fiscal year"),
    )


def _reminders(work: _Work, change: _Change) -> Iterator[NoticeLine]:
    """Yield what will be said of a duty's new date."""
    if change.new is None or work.is_asleep:
        return
    rules = work.desk.definition.reminders_for("legal")
    for item in reminders.calendar_of(rules, change.new.due_on, work.desk.calendar):
        to = heard_by(work.desk, work.enrolment, change.new, item)
        if to is not None and not item.late and item.on >= work.desk.today:
            yield NoticeLine(work.enrolment.code, change.new.key, kind_of(change.new, item), to, item.on)


def _waiting(session: Session, work: _Work) -> list[NoticeLine]:
    """Return what was promised of the duties that change, and has not left."""
    steps = {change.old.id: change.old for change in work.changes if change.old is not None}
    rows = session.exec(
        select(Notice).where(col(Notice.step_id).in_(steps), Notice.status == "pending", Notice.doubts == 0)
    )
    return [line_of(work.enrolment, steps[row.step_id], row) for row in rows]


def _carry_out(session: Session, work: _Work, why: str, by: str) -> None:
    for change in work.changes:
        if change.old is None:
            session.add(change.step)
            _note(session, work, "step added", change, why, by)
        elif change.new is None:
            close(change.old, "not_required", on=work.desk.today, by="engine")
            withdraw(session, work.enrolment, [change.old], reason=why, now=work.desk.now)
            _note(session, work, "step removed", change, why, by)
        else:
            _note(session, work, "step moved", change, why, by)
            _follow(work, change.old, change.new, why)


def _follow(work: _Work, old: Step, new: Step, why: str) -> None:
    """Give a duty its new date and title; its reminders follow."""
    old.title_fr, old.title_ar = new.title_fr, new.title_ar
    if work.is_asleep:
        old.due_on, old.nominal_on, old.remind_on = new.due_on, new.nominal_on, new.remind_on
        return
    cohort = cohort_of_enrolment(work.desk.session, work.enrolment)
    reschedule(work.desk, cohort, work.enrolment, old, NewDate(new.due_on, why, new.nominal_on))


def _note(session: Session, work: _Work, verb: str, change: _Change, why: str, by: str) -> None:
    values = {
        name: step.due_on.isoformat()
        for name, step in (("before", change.old), ("after", change.new))
        if step is not None
    }
    history.record(session, work.enrolment, verb, by=by, now=work.desk.now, subject=change.step.key, why=why, **values)
