"""Invented staff for a simulated world: only where a delegation has nobody in a role."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from actions.cohorts import cohort_of
from actions.people import add_person
from models import Enrolment, RoleAssignment

DOMAIN = "mourafaka-demo.example"
PER_COACH = 5
"""Cooperatives of one coach: five to fifteen in real life."""


def stand_in(session: Session, code: str, *, now: datetime) -> int:
    """Give each delegation of a cohort the coordinator, delegate and coaches that it lacks; return how many."""
    cohort = cohort_of(session, code)
    delegations = session.exec(select(Enrolment.delegation).where(Enrolment.cohort_id == cohort.id)).all()
    added = 0
    for place in sorted(set(delegations)):
        held = set(
            session.exec(
                select(RoleAssignment.role).where(
                    (col(RoleAssignment.delegation) == place) | col(RoleAssignment.delegation).is_(None)
                )
            ).all()
        )
        wanted = [("coordinator", 1), ("delegate", 1), ("coach", -(-delegations.count(place) // PER_COACH))]
        for role, count in wanted:
            if role not in held:
                added += _add(session, place, role, count, now)
    return added


def _add(session: Session, place: str, role: str, count: int, now: datetime) -> int:
    titles = {"coordinator": "Coordination", "delegate": "Délégation", "coach": "Accompagnement"}
    for number in range(1, count + 1):
        code = f"{place}-{role}-{number}"
        add_person(
            session,
            code=code,
            name=f"{titles[role]} {number} (fictif)",
            role=role,
            email=f"{code}@{DOMAIN}",
            phone=f"+2125280099{number:02d}",
            language="ar" if role == "coach" and number % 2 else "fr",
            delegation=place,
            now=now,
        )
    return count
