"""Assigns coaches to enrolments, each from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from actions.access import held_on, refuse_outsider
from actions.coaches import coach_on, follow, hand_over, refuse_no_coach, take_up
from actions.cohorts import cohort_of
from actions.lookup import enrolment_named, person_named
from actions.record import complete_step
from models import CoachAssignment, Cohort, Enrolment, Person, RoleAssignment, Step
from programme.civil import civil_day
from programme.errors import NobodyEnrolled, NoCoach, NothingToEnrol

COACH_STEP = "start.coach"


def assign_coach(session: Session, *, code: str, coach: str, by: str, now: datetime, reason: str = "") -> None:
    """Have a coach follow an enrolment from today; the step that asks for it is done by this.

    Who followed it until now has done so up to yesterday, and what they were still to hear goes
    to the new one; naming the same coach again changes nothing. A first coach gets what others
    stood in for, and what has not left yet names them.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    if _assign(session, enrolment, coach, by=by, now=now, why=reason.strip()):
        take_up(session, [enrolment], now=now)


def _assign(session: Session, enrolment: Enrolment, coach: str, *, by: str, now: datetime, why: str = "") -> bool:
    """Have a coach follow an enrolment; tell whether it is its first one."""
    person, today = person_named(session, coach), civil_day(now)
    refuse_no_coach(session, coach, today)
    earlier = coach_on(session, enrolment, today)
    if earlier is not None and earlier.id == person.id:
        return False
    follow(session, enrolment, person, on=today, by=by, now=now, why=why)
    session.flush()
    if earlier is not None:
        reason = f"{coach} follows {enrolment.code} from {today}"
        hand_over(session, [enrolment], earlier, {enrolment.code: person}, on=today, now=now, reason=reason)
    waiting = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.key == COACH_STEP, Step.status == "open")
    ).first()
    if waiting is not None:
        complete_step(session, code=enrolment.code, step=COACH_STEP, on=today, by=by, now=now)
    return earlier is None


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
    if not rows:
        _refuse_if_nobody_is_enrolled(session, cohort)
    groups = {delegation: [row for row in rows if row.delegation == delegation] for delegation in _delegations(rows)}
    coaches = {delegation: _coaches(session, delegation, today) for delegation in groups}
    for delegation, group in groups.items():
        pool = coaches[delegation]
        for number, enrolment in enumerate(group):
            coach = pool[number * len(pool) // len(group)]
            _assign(session, enrolment, coach.code, by=by, now=now)
    take_up(session, rows, now=now)
    return len(rows)


def _refuse_if_nobody_is_enrolled(session: Session, cohort: Cohort) -> None:
    """Refuse where all wait to be enrolled: "0 cooperatives" would sound like all being done."""
    found = set(session.exec(select(Enrolment.status).where(Enrolment.cohort_id == cohort.id).distinct()))
    if found == {"selected"}:
        raise NobodyEnrolled(code=cohort.code)
    if not found:
        raise NothingToEnrol(code=cohort.code)


def _delegations(rows: Sequence[Enrolment]) -> list[str]:
    return list(dict.fromkeys(row.delegation for row in rows))


def _coaches(session: Session, delegation: str, today: date) -> list[Person]:
    rows = session.exec(
        select(Person)
        .join(RoleAssignment)
        .where(
            RoleAssignment.role == "coach",
            or_(col(RoleAssignment.delegation) == delegation, col(RoleAssignment.delegation).is_(None)),
            held_on(today),
        )
        .order_by(Person.code)
    ).all()
    if not rows:
        raise NoCoach(delegation=delegation, on=today)
    return list(rows)
