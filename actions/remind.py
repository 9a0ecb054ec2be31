"""The morning's reminders: one indexed question, the pure rule for each step, and the promises it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import Session, col, select

from actions import due
from actions.desk import open_desk
from actions.tell import item_facts, tell_all, title_said
from models import Cohort, Enrolment, EnrolmentLine, Step, StepLine
from models.among import among
from models.columns import columns
from notifications.backlog import politely
from notifications.promises import Desk, Word
from programme import reminders
from programme.calendar import ONE_DAY
from programme.reminders import Reminder
from programme.unwanted import topic_of
from programme.wording import Bilingual

STALE = "its day passed while nothing ran"


def steps_due(session: Session, cohort: Cohort, today: date, *, limit: int) -> list[int]:
    """Return the ids of steps of which someone should hear, the longest waiting first."""
    rows = session.exec(
        select(Step.id)
        .join(Enrolment)
        .where(*due.STEP, col(Step.remind_on) <= today, due.of(cohort))
        .order_by(col(Step.remind_on), col(Step.id))
        .limit(limit)
    )
    return [row for row in rows if row is not None]


def remind(session: Session, cohort: Cohort, step_ids: Sequence[int], *, now: datetime) -> int:
    """Promise what is due of these steps, and set the day on which each is looked at again.

    Returns how many notices were promised. Steps that meanwhile are done, or were looked at
    already today, are passed over: repeating it does nothing.
    """
    by_version: dict[int, list[tuple[StepLine, EnrolmentLine]]] = {}
    for step, enrolment in _load(session, step_ids):
        by_version.setdefault(enrolment.programme_version_id, []).append((step, enrolment))
    return sum(_remind(session, cohort, pairs, now=now) for pairs in by_version.values())


def _remind(session: Session, cohort: Cohort, pairs: Sequence[tuple[StepLine, EnrolmentLine]], *, now: datetime) -> int:
    """Do it for enrolments of one version of the programme: its rules and its titles are the ones that count."""
    desk = open_desk(session, cohort, [enrolment for _, enrolment in pairs], now=now)
    words = [word for step, enrolment in pairs for word in words_of(desk, step, enrolment)]
    told = tell_all(desk, politely(desk, words), cohort)
    session.execute(
        LOOK_AGAIN, [{"the_id": step.id, "next_on": desk.once(_next, step.kind, step.due_on)} for step, _ in pairs]
    )
    return len(told)


STEP, ENROLMENT = columns(Step), columns(Enrolment)
LOOK_AGAIN = sa.update(STEP.id.table).where(STEP.id == sa.bindparam("the_id")).values(remind_on=sa.bindparam("next_on"))
LINES = sa.select(
    *(STEP[name] for name in StepLine._fields), *(ENROLMENT[name] for name in EnrolmentLine._fields)
).where(ENROLMENT.id == STEP.enrolment_id, STEP.status == "open", ENROLMENT.status == "active")


def _load(session: Session, step_ids: Sequence[int]) -> Iterator[tuple[StepLine, EnrolmentLine]]:
    """Yield the steps that are still open, as light as their rows."""
    width = len(StepLine._fields)
    for row in session.execute(LINES.where(among(STEP.id, step_ids)).order_by(STEP.id)).all():
        yield StepLine(*row[:width]), EnrolmentLine(*row[width:])


def _next(desk: Desk, kind: str, due_on: date) -> date | None:
    rules = desk.definition.reminders_for(kind)
    if kind == "call":
        rules = tuple(rule for rule in rules if rule.days > 0)
    return reminders.first_from(rules, due_on, desk.today + ONE_DAY, desk.calendar)


def _reached(desk: Desk, kind: str, due_on: date, since: date) -> list[Reminder]:
    rules = desk.definition.reminders_for(kind)
    return reminders.due(rules, due_on, since=since, today=desk.today, calendar=desk.calendar)


def words_of(desk: Desk, step: Step | StepLine, enrolment: Enrolment | EnrolmentLine) -> list[Word]:
    """Return what should be said of one step today; what its day has passed for comes marked as stale."""
    if step.remind_on is None or step.remind_on > desk.today:
        return []
    reached = desk.once(_reached, step.kind, step.due_on, step.remind_on)
    words = [reminder_word(desk, step, enrolment, item) for item in reached]
    return [word for word in words if word is not None]


def reminder_word(
    desk: Desk, step: Step | StepLine, enrolment: Enrolment | EnrolmentLine, item: Reminder, *, withdrawn: str = ""
) -> Word | None:
    """Return what a reminder says to the one who hears it; None when nobody holds that role."""
    to = desk.people.find(step.owner if item.to == "owner" else item.to, enrolment)
    if to is None:
        return None
    kind = kind_of(step, item)
    title = desk.once(_title, step.rule, step.number, step.title_fr, step.title_ar)
    facts = item_facts(desk, step, title, enrolment)
    if kind == "step_late":
        facts["days_late"] = (desk.today - step.due_on).days
    topic = topic_of(kind, item.days, early_days=desk.definition.sending.early_days)
    if topic is not None and not to.is_staff:
        facts["topic"] = topic
    if kind == "meeting":
        facts |= meeting_facts(step, enrolment)
        facts["meeting"] = facts["step"]
    mark = mark_of(item, step.due_on)
    stale = STALE if item.stale else ""
    return Word(kind, enrolment, to, item.on, facts, step=step, mark=mark, stale=stale, withdrawn=withdrawn)


def _title(desk: Desk, rule: str, number: int | None, fr: str | None, ar: str | None) -> Bilingual:
    return title_said(desk.definition, rule, number, fr, ar)


def mark_of(item: Reminder, due_on: date) -> str:
    """Return what tells a reminder from the others of its kind: how many days off which date."""
    return f"{item.days:+d}@{due_on.isoformat()}"


def kind_of(step: Step | StepLine, item: Reminder) -> str:
    """Return the kind of notice that a reminder is for the one who hears it."""
    if item.to == "cooperative" and step.at is not None:
        return "meeting"
    if item.to != "owner":
        return "escalation"
    return "step_late" if item.late else "step_reminder"


def uid_of(enrolment: Enrolment | EnrolmentLine, step: Step | StepLine) -> str:
    """Return what a meeting is known by in calendars, for ever."""
    return f"{enrolment.code}/{step.key}".replace("/", "-")


def meeting_facts(step: Step | StepLine, enrolment: Enrolment | EnrolmentLine) -> dict[str, object]:
    """Return when and where a meeting is, and what its invitation is known by in calendars."""
    return {
        "on": step.due_on.isoformat(),
        "at": step.at,
        "ends_at": _ends_at(step.at or "10:00", step.minutes or 120),
        "place": step.place,
        "uid": uid_of(enrolment, step),
        "sequence": step.moves,
    }


@lru_cache(maxsize=256)
def _ends_at(at: str, minutes: int) -> str:
    begins = datetime.strptime(at, "%H:%M")  # noqa: DTZ007 - a wall time of day
    return f"{begins + timedelta(minutes=minutes):%H:%M}"
