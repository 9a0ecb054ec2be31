"""Who hears: the person who holds a role for an enrolment on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_
from sqlmodel import Session, col, select

from models import CoachAssignment, Contact, Cooperative, Enrolment, Person, RoleAssignment

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


@dataclass
class Directory:
    """The people of some enrolments on one day, read at once."""

    cooperatives: dict[int, Cooperative] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    coaches: dict[int, Person] = field(default_factory=dict)
    staff: dict[tuple[str, str | None], Person] = field(default_factory=dict)

    def cooperative(self, enrolment: Enrolment) -> Cooperative:
        """Return the enrolled cooperative."""
        return self.cooperatives[enrolment.cooperative_id]

    def find(self, role: str, enrolment: Enrolment) -> Recipient | None:
        """Return who holds ``role`` for an enrolment, or else who stands in; None when nobody does."""
        if role == "cooperative":
            return self._contact(enrolment)
        person = self._person(role, enrolment)
        if person is None:
            return self.find(FALLBACKS[role], enrolment) if role in FALLBACKS else None
        return of_person(role, person)

    def _person(self, role: str, enrolment: Enrolment) -> Person | None:
        if role == "coach":
            return self.coaches.get(enrolment.id or 0)
        return self.staff.get((role, enrolment.delegation)) or self.staff.get((role, None))

    def _contact(self, enrolment: Enrolment) -> Recipient:
        contact = self.contacts.get(enrolment.cooperative_id)
        code = f"cooperative:{enrolment.code}"
        if contact is None:
            return Recipient("cooperative", code, None, None, None, "ar")
        email = None if contact.bad_address_at else contact.email
        return Recipient("cooperative", code, contact.name, email, contact.phone, contact.language)


def of_person(role: str, person: Person) -> Recipient:
    """Return a member of the staff as the recipient they are in a role."""
    email = None if person.bad_address_at else person.email
    return Recipient(role, f"{role}:{person.code}", person.name, email, person.phone, person.language)


def directory(session: Session, enrolments: Collection[Enrolment], on: date) -> Directory:
    """Read the people of ``enrolments`` as they are on a day: four queries, however many enrolments."""
    cooperative_ids = {enrolment.cooperative_id for enrolment in enrolments}
    enrolment_ids = {enrolment.id for enrolment in enrolments}
    return Directory(
        cooperatives={
            row.id: row
            for row in session.exec(select(Cooperative).where(col(Cooperative.id).in_(cooperative_ids)))
            if row.id is not None
        },
        contacts=contacts_on(session, cooperative_ids, on),
        coaches=_coaches(session, enrolment_ids, on),
        staff=_staff(session, on),
    )


def contacts_on(session: Session, cooperative_ids: Iterable[int], on: date) -> dict[int, Contact]:
    """Return who answers for each cooperative on a day."""
    rows = session.exec(
        select(Contact)
        .where(
            col(Contact.cooperative_id).in_(cooperative_ids),
            Contact.starts_on <= on,
            or_(col(Contact.ends_on).is_(None), col(Contact.ends_on) >= on),
        )
        .order_by(col(Contact.starts_on), col(Contact.id))
    )
    return {row.cooperative_id: row for row in rows}


def _coaches(session: Session, enrolment_ids: Iterable[int | None], on: date) -> dict[int, Person]:
    rows = session.exec(
        select(CoachAssignment.enrolment_id, Person)
        .join(Person)
        .where(
            col(CoachAssignment.enrolment_id).in_(enrolment_ids),
            CoachAssignment.starts_on <= on,
            or_(col(CoachAssignment.ends_on).is_(None), col(CoachAssignment.ends_on) >= on),
        )
        .order_by(col(CoachAssignment.starts_on), col(CoachAssignment.id))
    )
    return dict(rows.all())


def _staff(session: Session, on: date) -> dict[tuple[str, str | None], Person]:
    """Return coordinators and delegates by role and delegation; the first appointed one stays."""
    rows = session.exec(
        select(RoleAssignment.role, RoleAssignment.delegation, Person)
        .join(Person)
        .where(
            RoleAssignment.role != "coach",
            RoleAssignment.starts_on <= on,
            or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) >= on),
        )
        .order_by(col(RoleAssignment.starts_on).desc(), col(RoleAssignment.id).desc())
    )
    return {(role, delegation): person for role, delegation, person in rows}
