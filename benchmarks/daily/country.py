"""The country that a daily tick is measured in: cooperatives enrolled and planned, every cohort with its own start.

The rows are those that the programme's own verbs write, planned by its own rules, only many at a time; every
enrolment is past the entry of its one stage and has one open step, of which its cooperative hears two weeks before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from actions import history
from actions.cohorts import open_cohort
from actions.enrol import step_of
from actions.people import add_person
from actions.programmes import calendar_of, definition_of, publish
from actions.watch import first_watch
from benchmarks.workload.rules import COOPERATIVES_A_COACH
from models import (
    CoachAssignment,
    Cohort,
    Contact,
    Cooperative,
    Enrolment,
    History,
    Passage,
    Person,
    RoleAssignment,
    Step,
)
from models.columns import columns
from models.session import Database
from programme.calendar import ONE_DAY, Calendar
from programme.civil import instant_of
from programme.planning import plan, stage_windows

FILE = "mourafaka.sqlite3"
FIRST = date(2027, 2, 1)
BEFORE, LATER = timedelta(weeks=5), 35
"""A cohort is due five weeks after its start; those that are not due wait so many days at least."""
COHORTS_LATER = 30
AT_ONCE = 10_000
DELEGATION = "region-souss-massa"
BY = "benchmark"
PROGRAMME = """\
programme: daily
version: 1
title: {fr: Banc, ar: اختبار}
lasts: start + 24 months
questionnaire: questionnaire-v1
privacy_contact: donnees@mourafaka.example
eligibility: {max_age_years: 4, min_members: 5, registered: true}
sending: {opens: "09:00", closes: "17:00"}
reminders:
  step:
    - {days: -14, to: owner}
    - {days: 0, to: owner}
    - {days: 3, to: coach}
  meeting: []
stages:
  - key: coaching
    title: {fr: Accompagnement, ar: المواكبة}
    opens: start
    closes: start + 20 weeks
    steps:
      - key: report
        title: {fr: Remettre le rapport, ar: تسليم التقرير}
        owner: cooperative
        due: start + 7 weeks
    exit: {all_done: true}
checkpoints: []
recovery:
  title: {fr: Séance de redressement, ar: جلسة الاستدراك}
  sessions: 1
  every_weeks: 3
  like: coaching.report
"""


@dataclass(frozen=True)
class Group:
    """A cohort to be filled: on which day it is due, and the numbers of its cooperatives."""

    cohort: Cohort
    due_on: date
    numbers: range


def days_from(last: int) -> list[date]:
    """Return the measured days, working ones from a Monday on, up to number ``last``."""
    calendar, days = Calendar(), [FIRST]
    while len(days) <= last:
        days.append(calendar.on_or_after(days[-1] + ONE_DAY))
    return days


def fill(database: Database, e: int, d: int, days: int) -> None:
    """Enrol ``e`` cooperatives: ``d`` of them hear something on each measured day, the others much later."""
    now = instant_of(FIRST - timedelta(weeks=8), time(9))
    with database.transaction() as session:
        publish(session, PROGRAMME, by=BY, now=now)
        for role in ("coordinator", "delegate"):
            add_person(session, code=role, name=f"{role} (fictif)", role=role, now=now, delegation=DELEGATION)
        groups = list(_groups(session, e, d, days, now))
    _staff(database, e, now)
    for group in groups:
        for first in range(group.numbers.start, group.numbers.stop, AT_ONCE):
            some = range(first, min(first + AT_ONCE, group.numbers.stop))
            with database.transaction() as session:
                _enrol(session, group, some, now)


def _groups(session: Session, e: int, d: int, days: int, now: datetime) -> Iterator[Group]:
    """Open a cohort for each measured day, and some that are due much later."""
    for day, due_on in enumerate(days_from(days - 1)):
        yield _group(session, due_on, range(day * d, (day + 1) * d), now)
    rest, calendar = range(days * d, e), Calendar()
    share = -(-len(rest) // COHORTS_LATER)
    later = due_on + timedelta(days=LATER)
    for first in range(rest.start, rest.stop, share or 1):
        later = calendar.on_or_after(later + ONE_DAY)
        yield _group(session, later, range(first, min(first + share, e)), now)


def _group(session: Session, due_on: date, numbers: range, now: datetime) -> Group:
    code = f"BENCH-{due_on:%m%d}"
    cohort = open_cohort(session, code=code, start_on=due_on - BEFORE, by=BY, now=now, programme="daily", title=code)
    return Group(cohort, due_on, numbers)


def _staff(database: Database, e: int, now: datetime) -> None:
    """Hire a coach for every eight."""
    numbers = range(-(-e // COOPERATIVES_A_COACH))
    role = {"role": "coach", "delegation": DELEGATION, "starts_on": now.date()}
    for first in range(0, len(numbers), AT_ONCE):
        some = numbers[first : first + AT_ONCE]
        with database.transaction() as session:
            _insert(session, Person, [_coach(number) for number in some])
            _insert(session, RoleAssignment, [{"person_id": coach_of(number), **role} for number in some])


def coach_of(number: int) -> int:
    """Return a coach's id: the coordinator and the delegate came first."""
    return number + 3


def _coach(number: int) -> dict[str, Any]:
    return {
        "id": coach_of(number),
        "code": f"c{number}",
        "name": f"Coach {number} (fictif)",
        "email": f"coach{number}@coaches.example",
        "phone": f"+2126{number:08d}",
        "language": "fr",
    }


def _enrol(session: Session, group: Group, numbers: range, now: datetime) -> None:
    """Write what importing, enrolling, assigning a coach and entering the stage write, for some thousand at once."""
    cohort = group.cohort
    step, passage, watched = _plan(session, group)
    _insert(session, Cooperative, [_cooperative(number, now) for number in numbers])
    _insert(session, Contact, [_contact(number, now) for number in numbers])
    rows = [_enrolment(group, number) for number in numbers]
    _insert(session, Enrolment, [row | {"watch_on": watched} for row in rows])
    _insert(session, Passage, [{"enrolment_id": number + 1, **passage} for number in numbers])
    _insert(session, Step, [{"enrolment_id": number + 1, **step} for number in numbers])
    _insert(session, CoachAssignment, [_follows(number, cohort) for number in numbers])
    for verb in ("selected", "enrolled"):
        _insert(session, History, [history.line(row["id"], verb, by=BY, now=now, subject=cohort.code) for row in rows])


def _plan(session: Session, group: Group) -> tuple[dict[str, Any], dict[str, Any], date | None]:
    """Return the values of the step and of the passage through the stage, and the day of the next look at alerts."""
    cohort, calendar = group.cohort, calendar_of(session)
    definition = definition_of(session, cohort)
    [planned] = plan(definition, cohort.start_on, calendar)
    model = Enrolment(**_enrolment(group, group.numbers.start))
    step = step_of(model, planned, definition, calendar, cohort.start_on)
    if step.remind_on != group.due_on:
        raise RuntimeError(f"{cohort.code} is due on {step.remind_on}, not on {group.due_on}")
    [window] = stage_windows(definition, cohort.start_on, calendar)
    passage = {
        "stage": window.stage,
        "opens_on": window.opens_on,
        "closes_on": window.closes_on,
        "entered_on": window.opens_on,
        "wake_on": window.closes_on + ONE_DAY,
    }
    values = step.model_dump(exclude={"id", "enrolment_id"})
    return values, passage, first_watch(definition, cohort.start_on, [step])


def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    session.execute(insert(columns(table).id.table), rows)


def _cooperative(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number + 1,
        "name": f"Coopérative Exemple {number}",
        "name_ar": f"تعاونية المثال {number}",
        "register_court": "Agadir",
        "register_number": f"{number}/2025",
        "registered_on": date(2025, 6, 2),
        "province_code": "09.001",
        "members": 9,
        "fiscal_year_end": "12-31",
        "created_at": now,
    }


def _contact(number: int, now: datetime) -> dict[str, Any]:
    return {
        "cooperative_id": number + 1,
        "name": f"Présidence {number} (fictif)",
        "email": f"presidence{number}@cooperatives.example",
        "phone": f"+2126{number:08d}",
        "language": "ar" if number % 2 else "fr",
        "starts_on": now.date(),
    }


def _enrolment(group: Group, number: int) -> dict[str, Any]:
    cohort, rank = group.cohort, number - group.numbers.start + 1
    return {
        "id": number + 1,
        "code": f"{cohort.code}/{rank:03d}",
        "cohort_id": cohort.id,
        "cooperative_id": number + 1,
        "programme_version_id": cohort.programme_version_id,
        "start_on": cohort.start_on,
        "delegation": DELEGATION,
        "rank": rank,
        "status": "active",
        "version": 1,
    }


def _follows(number: int, cohort: Cohort) -> dict[str, Any]:
    person = coach_of(number // COOPERATIVES_A_COACH)
    return {"enrolment_id": number + 1, "person_id": person, "starts_on": cohort.start_on}
