"""Adds the people of the programme, with their role and their territory."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from models import Person, RoleAssignment
from models.person import STAFF_ROLES
from programme.civil import civil_day
from programme.errors import AddressTaken, PersonExists, RoleUnknown


def add_person(
    session: Session,
    *,
    code: str,
    name: str,
    role: str,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    language: str = "fr",
    delegation: str | None = None,
) -> Person:
    """Add somebody with one role from today, in one delegation or in the whole country."""
    if role not in STAFF_ROLES:
        raise RoleUnknown(role=role, roles=", ".join(STAFF_ROLES))
    if session.exec(select(Person).where(Person.code == code)).first() is not None:
        raise PersonExists(code=code)
    email = email or None
    taken = session.exec(select(Person).where(Person.email == email)).first() if email else None
    if taken is not None:
        raise AddressTaken(email=email, code=taken.code)
    person = Person(code=code, name=name, email=email, phone=phone, language=language)
    session.add(person)
    session.flush()
    assert person.id is not None
    session.add(RoleAssignment(person_id=person.id, role=role, delegation=delegation, starts_on=civil_day(now)))
    session.flush()
    return person
