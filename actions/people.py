"""The people of the programme, with their dated roles and their territory."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from actions import access_log, history
from actions.access import roles_of
from actions.handing_over import desks, pass_on, refresh, waiting
from actions.lookup import person_named
from models import CoachAssignment, Enrolment, Notice, Person, RoleAssignment
from models.cooperative import LANGUAGES, READINGS
from models.person import STAFF_ROLES
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.codes import is_code
from programme.errors import (
    AddressTaken,
    AddressWrong,
    CodeWrong,
    LanguageUnknown,
    NameMissing,
    PersonExists,
    PhoneWrong,
    RoleUnknown,
    TerritoryUnknown,
)
from programme.intake_contact import read_email, read_phone
from programme.people_errors import CoachFollows, NothingSaidOfPerson, ReadingUnknown, RoleNotHeld
from programme.territory import delegation_codes
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
    if not name.strip():
        raise NameMissing
    if not is_code(code):
        raise CodeWrong(code=code, example="amina")
    checked_language(language)
    if delegation is not None:
        checked_delegation(delegation)
    email, phone = checked_email(email), checked_phone(phone)
    if session.exec(select(Person).where(Person.code == code)).first() is not None:
        raise PersonExists(code=code)
    _refuse_taken(session, email, code)
    person = Person(code=code, name=name.strip(), email=email, phone=phone, language=language)
    session.add(person)
    session.flush()
    assert person.id is not None
    session.add(RoleAssignment(person_id=person.id, role=role, delegation=delegation, starts_on=civil_day(now)))
    session.flush()
    return person


def end_role(session: Session, *, code: str, role: str, on: date, by: str, now: datetime, reason: str = "") -> None:
    """End somebody's role: ``on`` is its last day, and what would leave after it goes to who holds the role then.

    A coach who follows cooperatives hands them over first.
    """
    person, after = person_named(session, code), on + ONE_DAY
    roles = [one for one in roles_of(session, code, on) if one.role == role]
    if not roles:
        raise RoleNotHeld(code=code, role=role, on=on)
    if role == "coach" and _follows(session, person, after):
        raise CoachFollows(code=code, on=on)
    for row in roles:
        row.ends_on = on
    session.flush()
    why = f"{code} is {role} up to {on}" + (f": {reason.strip()}" if reason.strip() else "")
    for desk, cohort, some in desks(session, _promised_to(session, f"{role}:{code}"), after, now):
        pass_on(desk, cohort, waiting(desk, some, [f"{role}:{code}"], since=after), on=after, reason=why)
        refresh(desk, some, since=after)
        for enrolment in some:
            history.record(session, enrolment, "role ended", by=by, now=now, subject=role, why=why, before=code)


def _follows(session: Session, person: Person, on: date) -> bool:
    rows = select(CoachAssignment.id).where(
        CoachAssignment.person_id == person.id,
        or_(col(CoachAssignment.ends_on).is_(None), col(CoachAssignment.ends_on) >= on),
    )
    return session.exec(rows).first() is not None


def _promised_to(session: Session, recipient: str) -> list[Enrolment]:
    """Return the enrolments of which somebody was still to hear."""
    unsettled = select(Notice.enrolment_id).where(
        Notice.recipient == recipient, col(Notice.status).in_(("pending", "sending"))
    )
    return list(session.exec(select(Enrolment).where(col(Enrolment.id).in_(unsettled))))


def correct_person(
    session: Session,
    *,
    code: str,
    by: str,
    now: datetime,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    language: str | None = None,
) -> Person:
    """Set right what is known of somebody; None leaves it, an empty word takes it away.

    A corrected address is written to again, from the next message on that has not been frozen.
    The staff have no history of their own: who corrected it stands in the access log.
    """
    person = person_named(session, code)
    if name is None and email is None and phone is None and language is None:
        raise NothingSaidOfPerson(code=code)
    if email is not None:
        address = checked_email(email)
        _refuse_taken(session, address, person.code)
        person.email, person.bad_address_at = address, None
    if phone is not None:
        person.phone = checked_phone(phone)
    if language is not None:
        person.language = checked_language(language)
    person.name = (name or "").strip() or person.name
    access_log.log_row(session, "correct", "person", person.id or 0, by=by, now=now)
    session.flush()
    return person


def _refuse_taken(session: Session, email: str | None, code: str) -> None:
    taken = session.exec(select(Person).where(Person.email == email)).first() if email else None
    if taken is not None and taken.code != code:
        raise AddressTaken(email=email, code=taken.code)


def checked_language(language: str) -> str:
    """Return a language of the programme; refused when it is another."""
    if language not in LANGUAGES:
        raise LanguageUnknown(language=language)
    return language


def checked_reading(language: str) -> str:
    """Return how a contact wants to read, one language or both; refused when it is another."""
    if language not in READINGS:
        raise ReadingUnknown(language=language)
    return language


def checked_delegation(delegation: str) -> str:
    """Return a delegation's code; refused when there is none of that name."""
    if delegation not in delegation_codes():
        raise TerritoryUnknown(territory=delegation)
    return delegation


def checked_email(email: str | None) -> str | None:
    """Return an address as the programme writes it, None for an empty one; refused when it is none."""
    if not email:
        return None
    read = read_email(email)
    if isinstance(read, Sentence):
        raise AddressWrong(email=email)
    return read


def checked_phone(phone: str | None) -> str | None:
    """Return a number as it is dialled (E.164), None for an empty one; refused when it is none."""
    if not phone:
        return None
    read = read_phone(phone)
    if isinstance(read, Sentence):
        raise PhoneWrong(phone=phone)
    return read
