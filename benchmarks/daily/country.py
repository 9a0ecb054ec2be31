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
    for first in range(0, len(numbers), AT_ONCE):
        some = numbers[first : first + AT_ONCE]
        with database.transaction() as session:
            people = _insert(session, Person, [_coach(number) for number in some])
            roles = {"role": "coach", "delegation": DELEGATION, "starts_on": now.date()}
            _insert(session, RoleAssignment, [{"person_id": key, **roles} for key in people])


def _coach(number: int) -> dict[str, Any]:
    return {
        "code": f"c{number}",
        "name": f"Coach {number} (fictif)",
        "email": f"coach{number}@coaches.example",
        "phone": f"+2126{number:08d}",
        "language": "fr",
    }


def _enrol(session: Session, group: Group, numbers: range, now: datetime) -> None:
    """Write what importing, enrolling, assigning a coach and entering the stage write, for some thousand at once."""
    cohort, first = group.cohort, group.numbers.start
    owners = _insert(session, Cooperative, [_cooperative(number, now) for number in numbers])
    told = zip(owners, numbers, strict=True)
    _insert(session, Contact, [_contact(owner, number, now) for owner, number in told])
    ranks = zip(owners, numbers, strict=True)
    rows = [_enrolment(cohort, owner, number - first + 1) for owner, number in ranks]
    calendar, definition = calendar_of(session), definition_of(session, cohort)
    model = Enrolment(**{**rows[0], "id": 1})
    [planned] = plan(definition, cohort.start_on, calendar)
    step = step_of(model, planned, definition, calendar, cohort.start_on)
    if step.remind_on != group.due_on:
        raise RuntimeError(f"{cohort.code} is due on {step.remind_on}, not on {group.due_on}")
    watched = first_watch(definition, cohort.start_on, [step])
    enrolled = _insert(session, Enrolment, [row | {"watch_on": watched} for row in rows])
    [window] = stage_windows(definition, cohort.start_on, calendar)
    passage = {
        "stage": window.stage,
        "opens_on": window.opens_on,
        "closes_on": window.closes_on,
        "entered_on": window.opens_on,
        "wake_on": window.closes_on + ONE_DAY,
    }
    _insert(session, Passage, [{"enrolment_id": key, **passage} for key in enrolled])
    planned_step = step.model_dump(exclude={"id", "enrolment_id"})
    _insert(session, Step, [{"enrolment_id": key, **planned_step} for key in enrolled])
    _insert(
        session, CoachAssignment, [_follows(key, number, cohort) for key, number in zip(enrolled, numbers, strict=True)]
    )
    for verb in ("selected", "enrolled"):
        lines = [history.line(key, verb, by=BY, now=now, subject=cohort.code) for key in enrolled]
        _insert(session, History, lines)


def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and return their ids, in the same order."""
    statement = insert(table).returning(table.__table__.c.id, sort_by_parameter_order=True)  # type: ignore[attr-defined] # SQLModel does not declare it
    return list(session.scalars(statement, rows))


def _cooperative(number: int, now: datetime) -> dict[str, Any]:
    return {
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


def _contact(owner: int, number: int, now: datetime) -> dict[str, Any]:
    return {
        "cooperative_id": owner,
        "name": f"Présidence {number} (fictif)",
        "email": f"presidence{number}@cooperatives.example",
        "phone": f"+2126{number:08d}",
        "language": "ar" if number % 2 else "fr",
        "starts_on": now.date(),
    }


def _enrolment(cohort: Cohort, owner: int, rank: int) -> dict[str, Any]:
    return {
        "code": f"{cohort.code}/{rank:03d}",
        "cohort_id": cohort.id,
        "cooperative_id": owner,
        "programme_version_id": cohort.programme_version_id,
        "start_on": cohort.start_on,
        "delegation": DELEGATION,
        "rank": rank,
        "status": "active",
        "version": 1,
    }


def _follows(enrolment_id: int, number: int, cohort: Cohort) -> dict[str, Any]:
    person = number // COOPERATIVES_A_COACH + 3  # the coordinator and the delegate came first
    return {"enrolment_id": enrolment_id, "person_id": person, "starts_on": cohort.start_on}
