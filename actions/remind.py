"""The morning's reminders: one indexed question, the pure rule for each step, and the promises it asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from actions.desk import open_desk
from actions.tell import PEOPLE, people_facts, step_facts, tell_all, title_said
from models import Cohort, Enrolment, EnrolmentLine, Step, StepLine
from models.columns import columns
from models.sets import do, light, within
from notifications.backlog import politely
from notifications.promises import Alike, Desk, Word
from programme import reminders
from programme.calendar import ONE_DAY
from programme.reminders import Reminder
from programme.unwanted import topic_of

STALE = "its day passed while nothing ran"


def remind(session: Session, cohort: Cohort, step_ids: Sequence[int], *, now: datetime) -> int:
    """Promise what is due of these steps, and set the day on which each is looked at again.

    Returns how many notices were promised. Steps that meanwhile are done, or were looked at
    already today, are passed over: repeating it does nothing.
    """
    by_version: dict[int, list[tuple[StepLine, EnrolmentLine]]] = defaultdict(list)
    for pair in _load(session, step_ids):
        by_version[pair[1].programme_version_id].append(pair)
    return sum(_remind(session, cohort, pairs, now=now) for pairs in by_version.values())


def _remind(session: Session, cohort: Cohort, pairs: Sequence[tuple[StepLine, EnrolmentLine]], *, now: datetime) -> int:
    """Do it for enrolments of one version of the programme: its rules and its titles are the ones that count."""
    desk = open_desk(session, cohort, [enrolment for _, enrolment in pairs], now=now)
    words = _words(desk, pairs)
    told = tell_all(desk, politely(desk, words), cohort)
    _look_again(desk, [step for step, _ in pairs])
    return len(told)


def _look_again(desk: Desk, steps: Sequence[StepLine]) -> None:
    """Set the day on which each step is looked at again: one statement for all that have the same."""
    together: dict[tuple[str, date], list[int]] = defaultdict(list)
    for step in steps:
        together[step.kind, step.due_on].append(step.id)
    by_day: dict[date | None, list[int]] = defaultdict(list)
    for about, alike in together.items():
        by_day[_next(desk, *about)] += alike
    for next_on, ids in by_day.items():
        do(desk.session, LOOK_AGAIN, ids=sorted(ids), next_on=next_on)


STEP, ENROLMENT = columns(Step), columns(Enrolment)
LOOK_AGAIN = sa.update(STEP.id.table).where(within(STEP.id, "ids")).values(remind_on=sa.bindparam("next_on"))
LINES = (
    sa.select(*(STEP[name] for name in StepLine._fields), *(ENROLMENT[name] for name in EnrolmentLine._fields))
    .where(ENROLMENT.id == STEP.enrolment_id, STEP.status == "open", ENROLMENT.status == "active")
    .where(within(STEP.id, "ids"))
    .order_by(STEP.id)
)


def _load(session: Session, step_ids: Sequence[int]) -> list[tuple[StepLine, EnrolmentLine]]:
    """Return the steps that are still open, as light as their rows."""
    width = len(StepLine._fields)
    rows = do(session, LINES, ids=sorted(step_ids)).all()
    return [(light(StepLine, row[:width]), light(EnrolmentLine, row[width:])) for row in rows]


def _next(desk: Desk, kind: str, due_on: date) -> date | None:
    rules = desk.definition.reminders_for(kind)
    if kind == "call":
        rules = tuple(rule for rule in rules if rule.days > 0)
    return reminders.first_from(rules, due_on, desk.today + ONE_DAY, desk.calendar)


def _reached(desk: Desk, kind: str, due_on: date, since: date) -> list[Reminder]:
    rules = desk.definition.reminders_for(kind)
    return reminders.due(rules, due_on, since=since, today=desk.today, calendar=desk.calendar)


def _words(desk: Desk, pairs: Sequence[tuple[StepLine, EnrolmentLine]]) -> list[Word]:
    """Return what should be said of steps today; what its day has passed for comes marked as stale."""
    said: dict[tuple[Any, ...], list[Saying]] = {}
    words = []
    for step, enrolment in pairs:
        about = step.alike
        sayings = said.get(about)
        if sayings is None:
            said[about] = sayings = _sayings(desk, *about)
        words += [_word(desk, step, enrolment, saying) for saying in sayings]
    return [word for word in words if word is not None]


def reminder_word(
    desk: Desk, step: Step | StepLine, enrolment: Enrolment | EnrolmentLine, item: Reminder, *, withdrawn: str = ""
) -> Word | None:
    """Return what a reminder says to the one who hears it; None when nobody holds that role."""
    return _word(desk, step, enrolment, _saying(desk, item, *_about(step)), withdrawn)


_about = attrgetter("kind", "due_on", "owner", "at", "rule", "number", "title_fr", "title_ar")
"""What of a step makes what a reminder says of it, in the order of `StepLine.alike`."""
_of_people = itemgetter(*PEOPLE)


@dataclass(frozen=True)
class Saying:
    """What a reminder says of every step that is alike, and to whom."""

    item: Reminder
    role: str
    kind: str
    mark: str
    topic: str | None
    alike: Alike


def _sayings(desk: Desk, kind: str, due_on: date, *about: Any) -> list[Saying]:
    """Return what is to be said of steps that have all this alike; ``about`` ends with the day that was asked for."""
    *titled, since = about
    if since is None or since > desk.today:  # it was looked at already
        return []
    return [_saying(desk, item, kind, due_on, *titled) for item in _reached(desk, kind, due_on, since)]


def _saying(desk: Desk, item: Reminder, _kind: str, due_on: date, owner: str, at: str | None, *titled: Any) -> Saying:
    kind = _kind_at(at, item)
    facts = step_facts(title_said(desk.definition, *titled), owner, due_on, desk.today)
    if kind == "step_late":
        facts["days_late"] = (desk.today - due_on).days
    topic = topic_of(kind, item.days, early_days=desk.definition.sending.early_days)
    role = owner if item.to == "owner" else item.to
    return Saying(item, role, kind, mark_of(item, due_on), topic, Alike(facts, _of_people))


def _word(
    desk: Desk, step: Step | StepLine, enrolment: Enrolment | EnrolmentLine, saying: Saying, withdrawn: str = ""
) -> Word | None:
    """Return a reminder's word of one step: what is said of all that are alike, with its people, and its place."""
    to = desk.people.find(saying.role, enrolment)
    if to is None:
        return None
    alike: Alike | None = saying.alike
    facts = {**saying.alike.facts, **people_facts(desk, step.owner, enrolment)}
    if saying.topic is not None and not to.is_staff:
        facts["topic"] = saying.topic
    if saying.kind == "meeting":
        facts |= meeting_facts(step, enrolment)
        facts["meeting"], alike = facts["step"], None  # its place is its own
    item, stale = saying.item, STALE if saying.item.stale else ""
    return Word(saying.kind, enrolment, to, item.on, facts, step, saying.mark, stale, withdrawn, alike=alike)


def mark_of(item: Reminder, due_on: date) -> str:
    """Return what tells a reminder from the others of its kind: how many days off which date."""
    return f"{item.days:+d}@{due_on.isoformat()}"


def kind_of(step: Step | StepLine, item: Reminder) -> str:
    """Return the kind of notice that a reminder is for the one who hears it."""
    return _kind_at(step.at, item)


def _kind_at(at: str | None, item: Reminder) -> str:
    if item.to == "cooperative" and at is not None:
        return "meeting"
    if item.to != "owner":
        return "escalation"
    return "step_late" if item.late else "step_reminder"


def uid_of(enrolment: Enrolment | EnrolmentLine, step: Step | StepLine) -> str:
    """Return what a meeting is known by in calendars, for ever.

    Without a domain, which RFC 5545 recommends: coaches' calendars have been told of every planned meeting under this
    name, and nothing says which; one that is renamed would stand there twice, its cancellation beside it.
    """
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
