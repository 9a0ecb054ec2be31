"""The people of the workload: cooperatives with an address, eight to a coach, and one coordinator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from benchmarks.workload.rules import COOPERATIVES_A_COACH
from models import CoachAssignment, Cohort, Contact, Cooperative, Enrolment, Person, RoleAssignment

DELEGATION, PROVINCE, DOMAIN = "workload", "09.001", "mourafaka.test"
COORDINATOR = 1
"""The coordinator's row; the coaches follow."""


def code_of(cohort: str, coop: int) -> str:
    """Return the enrolment's code of a cooperative, which W counts from zero."""
    return f"{cohort}/{coop + 1:04d}"


def settle(session: Session, cohort: Cohort, n: int, *, since: date, now: datetime) -> None:
    """Write the selected cooperatives and those who follow them, in an empty database."""
    coaches = -(-n // COOPERATIVES_A_COACH)
    session.execute(insert(Person), [_person(number) for number in range(coaches + 1)])
    session.execute(insert(RoleAssignment), [_role(number, since) for number in range(coaches + 1)])
    session.execute(insert(Cooperative), [_cooperative(coop, now) for coop in range(n)])
    session.execute(insert(Contact), [_contact(coop, since) for coop in range(n)])
    session.execute(insert(Enrolment), [_enrolment(cohort, coop) for coop in range(n)])
    session.execute(insert(CoachAssignment), [*_assignments(n, since)])


def _person(number: int) -> dict[str, Any]:
    code = f"coach{number - COORDINATOR}" if number else "coordination"
    return {"id": number + 1, "code": code, "name": code, "email": f"{code}@{DOMAIN}", "language": "fr"}


def _role(number: int, since: date) -> dict[str, Any]:
    return {
        "person_id": number + 1,
        "role": "coach" if number else "coordinator",
        "delegation": DELEGATION,
        "starts_on": since,
    }


def _cooperative(coop: int, now: datetime) -> dict[str, Any]:
    return {"id": coop + 1, "name": f"Cooperative {coop}", "province_code": PROVINCE, "created_at": now}


def _contact(coop: int, since: date) -> dict[str, Any]:
    return {
        "cooperative_id": coop + 1,
        "name": f"Presidence {coop}",
        "email": f"coop{coop}@{DOMAIN}",
        "language": "fr",
        "starts_on": since,
    }


def _enrolment(cohort: Cohort, coop: int) -> dict[str, Any]:
    return {
        "id": coop + 1,
        "code": code_of(cohort.code, coop),
        "cohort_id": cohort.id,
        "cooperative_id": coop + 1,
        "programme_version_id": cohort.programme_version_id,
        "delegation": DELEGATION,
        "rank": coop + 1,
        "version": 1,
    }


def _assignments(n: int, since: date) -> Iterator[dict[str, Any]]:
    for coop in range(n):
        coach = coop // COOPERATIVES_A_COACH
        yield {"enrolment_id": coop + 1, "person_id": coach + COORDINATOR + 1, "starts_on": since}
