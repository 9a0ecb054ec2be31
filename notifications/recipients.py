"""Who hears: the person who holds a role for an enrolment on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from models import CoachAssignment, Contact, Cooperative, Enrolment, EnrolmentLine, Person, RoleAssignment

STAFF = frozenset({"coordinator", "coach", "delegate"})
FALLBACKS = {"coach": "coordinator", "delegate": "coordinator"}
"""Who hears in the place of someone who is not there: never a silent skip."""


@dataclass(frozen=True)
class Recipient:
    """One person in one role; ``code`` names them in keys and in the ledger."""

    role: str
    code: str
    name: str | None
    email: str | None
    phone: str | None
    language: str

    @property
    def is_staff(self) -> bool:
        """Tell whether they work for the programme, and so get a digest."""
        return self.role in STAFF


class Named(NamedTuple):
    """A cooperative's name, in each script that it has one in."""

    name: str
    name_ar: str | None


class Answering(NamedTuple):
    """Who answers for a cooperative, as a row of them."""

    name: str | None
    email: str | None
    phone: str | None
    language: str
    bad_address_at: datetime | None


class Staffer(NamedTuple):
    """A member of the staff, as a row of them."""

    code: str
    name: str
    email: str | None
    phone: str | None
    language: str
    bad_address_at: datetime | None


@dataclass
class Directory:
    """The people of some enrolments on one day, read at once, as light as their rows: a morning asks for many."""

    cooperatives: dict[int, Named] = field(default_factory=dict)
    contacts: dict[int, Answering] = field(default_factory=dict)
    coaches: dict[int, Recipient] = field(default_factory=dict)
    staff: dict[tuple[str, str | None], Recipient] = field(default_factory=dict)
    _answering: dict[str, Recipient] = field(default_factory=dict)

    def cooperative(self, enrolment: Enrolment | EnrolmentLine) -> Named:
        """Return the names of the enrolled cooperative."""
        return self.cooperatives[enrolment.cooperative_id]

    def find(self, role: str, enrolment: Enrolment | EnrolmentLine) -> Recipient | None:
        """Return who holds ``role`` for an enrolment, or else who stands in; None when nobody does."""
        if role == "cooperative":
            return self._contact(enrolment)
        person = self._person(role, enrolment)
        if person is None:
            return self.find(FALLBACKS[role], enrolment) if role in FALLBACKS else None
        return person

    def _person(self, role: str, enrolment: Enrolment | EnrolmentLine) -> Recipient | None:
        if role == "coach":
            return self.coaches.get(enrolment.id or 0)
        return self.staff.get((role, enrolment.delegation)) or self.staff.get((role, None))

    def _contact(self, enrolment: Enrolment | EnrolmentLine) -> Recipient:
        known = self._answering.get(enrolment.code)
        if known is None:
            known = _of_contact(enrolment.code, self.contacts.get(enrolment.cooperative_id))
            self._answering[enrolment.code] = known
        return known


def _of_contact(enrolment: str, contact: Answering | None) -> Recipient:
    code = f"cooperative:{enrolment}"
    if contact is None:
        return Recipient("cooperative", code, None, None, None, "ar")
    email = None if contact.bad_address_at else contact.email
    return Recipient("cooperative", code, contact.name, email, contact.phone, contact.language)


def of_person(role: str, person: Person | Staffer) -> Recipient:
    """Return a member of the staff as the recipient they are in a role."""
    email = None if person.bad_address_at else person.email
    return Recipient(role, f"{role}:{person.code}", person.name, email, person.phone, person.language)


def directory(session: Session, enrolments: Collection[Enrolment | EnrolmentLine], on: date) -> Directory:
    """Read the people of ``enrolments`` as they are on a day: four queries, however many enrolments."""
    cooperative_ids = {enrolment.cooperative_id for enrolment in enrolments}
    enrolment_ids = {enrolment.id for enrolment in enrolments}
    return Directory(
        cooperatives=_names(session, cooperative_ids),
        contacts=_contacts(session, cooperative_ids, on),
        coaches=_coaches(session, enrolment_ids, on),
        staff=_staff(session, on),
    )


def contacts_on(session: Session, cooperative_ids: Iterable[int], on: date) -> dict[int, Contact]:
    """Return who answers for each cooperative on a day."""
    rows = session.exec(_in_turn(select(Contact), cooperative_ids, on))
    return {row.cooperative_id: row for row in rows}


def _contacts(session: Session, cooperative_ids: Iterable[int], on: date) -> dict[int, Answering]:
    columns = [getattr(Contact, name) for name in ("cooperative_id", *Answering._fields)]
    rows: Iterable[Any] = session.exec(_in_turn(select(*columns), cooperative_ids, on))
    return {row[0]: Answering._make(row[1:]) for row in rows}


def _in_turn(query: Any, cooperative_ids: Iterable[int], on: date) -> Any:
    """Ask for the contacts of a day; whoever came last comes last, and counts."""
    held = _on(Contact.starts_on, Contact.ends_on, on)
    return query.where(col(Contact.cooperative_id).in_(cooperative_ids), *held).order_by(
        col(Contact.starts_on), col(Contact.id)
    )


def _on(starts_on: Any, ends_on: Any, on: date) -> Sequence[ColumnElement[bool]]:
    return starts_on <= on, or_(col(ends_on).is_(None), col(ends_on) >= on)


def _names(session: Session, cooperative_ids: Iterable[int]) -> dict[int, Named]:
    rows: Iterable[Any] = session.exec(
        select(Cooperative.id, Cooperative.name, Cooperative.name_ar).where(col(Cooperative.id).in_(cooperative_ids))
    )
    return {row[0]: Named(row[1], row[2]) for row in rows}


STAFFER = [getattr(Person, name) for name in Staffer._fields]


def _coaches(session: Session, enrolment_ids: Iterable[int | None], on: date) -> dict[int, Recipient]:
    rows: Iterable[Any] = session.exec(
        select(CoachAssignment.enrolment_id, *STAFFER)
        .join(Person)
        .where(
            col(CoachAssignment.enrolment_id).in_(enrolment_ids),
            *_on(CoachAssignment.starts_on, CoachAssignment.ends_on, on),
        )
        .order_by(col(CoachAssignment.starts_on), col(CoachAssignment.id))
    )
    return {row[0]: of_person("coach", Staffer._make(row[1:])) for row in rows}


def _staff(session: Session, on: date) -> dict[tuple[str, str | None], Recipient]:
    """Return coordinators and delegates by role and delegation; the first appointed one stays."""
    rows: Iterable[Any] = session.exec(
        select(RoleAssignment.role, RoleAssignment.delegation, *STAFFER)
        .join(Person)
        .where(
            col(RoleAssignment.role).in_(STAFF - {"coach"}),
            *_on(RoleAssignment.starts_on, RoleAssignment.ends_on, on),
        )
        .order_by(col(RoleAssignment.starts_on).desc(), col(RoleAssignment.id).desc())
    )
    return {(row[0], row[1]): of_person(row[0], Staffer._make(row[2:])) for row in rows}
