"""Assigns coaches to enrolments, each from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from actions import history
from actions.cohorts import cohort_of
from actions.lookup import enrolment_named, person_named
from actions.record import complete_step
from models import CoachAssignment, Enrolment, Person, RoleAssignment, Step
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.errors import NoCoach, NotACoach

COACH_STEP = "start.coach"


def assign_coach(session: Session, *, code: str, coach: str, by: str, now: datetime) -> None:
    """Have a coach follow an enrolment from today; the step that asks for it is done by this.

    Who followed it until now has done so up to yesterday; naming the same coach again changes nothing.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    person = person_named(session, coach)
    assert enrolment.id is not None
    assert person.id is not None
    _refuse_others(session, person, civil_day(now))
    earlier = _in_force(session, enrolment)
    if [row.person_id for row in earlier] == [person.id]:
        return
    for row in earlier:
        row.ends_on = civil_day(now) - ONE_DAY
    session.add(CoachAssignment(enrolment_id=enrolment.id, person_id=person.id, starts_on=civil_day(now)))
    history.record(session, enrolment, "coach assigned", by=by, now=now, subject=person.code)
    session.flush()
    waiting = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.key == COACH_STEP, Step.status == "open")
    ).first()
    if waiting is not None:
        complete_step(session, code=code, step=COACH_STEP, on=civil_day(now), by=by, now=now)


def _refuse_others(session: Session, person: Person, today: date) -> None:
    role = session.exec(
        select(RoleAssignment.id).where(
            RoleAssignment.person_id == person.id,
            RoleAssignment.role == "coach",
            RoleAssignment.starts_on <= today,
            or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) >= today),
        )
    ).first()
    if role is None:
        raise NotACoach(code=person.code, on=today)


def _in_force(session: Session, enrolment: Enrolment) -> list[CoachAssignment]:
    return list(
        session.exec(
            select(CoachAssignment).where(
                CoachAssignment.enrolment_id == enrolment.id, col(CoachAssignment.ends_on).is_(None)
            )
        )
    )


def assign_cohort(session: Session, *, code: str, by: str, now: datetime) -> int:
    """Share out the enrolments of a cohort that have no coach among the coaches of each delegation, evenly."""
    cohort = cohort_of(session, code, to_change=True)
    today = civil_day(now)
    rows = session.exec(
        select(Enrolment)
        .where(
            Enrolment.cohort_id == cohort.id,
            Enrolment.status == "active",
            col(Enrolment.id).not_in(
                select(CoachAssignment.enrolment_id).where(col(CoachAssignment.ends_on).is_(None))
            ),
        )
        .order_by(col(Enrolment.rank))
    ).all()
    groups = {delegation: [row for row in rows if row.delegation == delegation] for delegation in _delegations(rows)}
    coaches = {delegation: _coaches(session, delegation, today) for delegation in groups}
    for delegation, group in groups.items():
        pool = coaches[delegation]
        for number, enrolment in enumerate(group):
            coach = pool[number * len(pool) // len(group)]
            assign_coach(session, code=enrolment.code, coach=coach.code, by=by, now=now)
    return len(rows)


def _delegations(rows: Sequence[Enrolment]) -> list[str]:
    return list(dict.fromkeys(row.delegation for row in rows))


def _coaches(session: Session, delegation: str, today: date) -> list[Person]:
    rows = session.exec(
        select(Person)
        .join(RoleAssignment)
        .where(
            RoleAssignment.role == "coach",
            or_(col(RoleAssignment.delegation) == delegation, col(RoleAssignment.delegation).is_(None)),
            RoleAssignment.starts_on <= today,
            or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) >= today),
        )
        .order_by(Person.code)
    ).all()
    if not rows:
        raise NoCoach(delegation=delegation, on=today)
    return list(rows)
