"""Adds the people of the programme, with their role and their territory."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from models import Person, RoleAssignment
from models.cooperative import LANGUAGES
from models.person import STAFF_ROLES
from programme.civil import civil_day
from programme.errors import (
    AddressTaken,
    AddressWrong,
    LanguageUnknown,
    PersonExists,
    PhoneWrong,
    RoleUnknown,
    TerritoryUnknown,
)
from programme.intake_contact import read_email, read_phone
from programme.territory import delegation_of, provinces
from programme.wording import Sentence


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
    if language not in LANGUAGES:
        raise LanguageUnknown(language=language)
    if delegation is not None and delegation not in {delegation_of(province).code for province in provinces()}:
        raise TerritoryUnknown(territory=delegation)
    email, phone = _address(email), _number(phone)
    if session.exec(select(Person).where(Person.code == code)).first() is not None:
        raise PersonExists(code=code)
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


def _address(email: str | None) -> str | None:
    if not email:
        return None
    read = read_email(email)
    if isinstance(read, Sentence):
        raise AddressWrong(email=email)
    return read


def _number(phone: str | None) -> str | None:
    if not phone:
        return None
    read = read_phone(phone)
    if isinstance(read, Sentence):
        raise PhoneWrong(phone=phone)
    return read
