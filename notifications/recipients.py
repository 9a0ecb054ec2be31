"""Who hears: the person who holds a role for an enrolment on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from models import CoachAssignment, Contact, Cooperative, Enrolment, EnrolmentLine, Person, RoleAssignment
from models.columns import columns
from models.sets import do, light, within

STAFF = frozenset({"coordinator", "coach", "delegate"})
FALLBACKS = {"coach": "coordinator", "delegate": "coordinator"}
"""Who hears in the place of someone who is not there: never a silent skip."""


@dataclass(slots=True, unsafe_hash=True)
class Recipient:
    """One person in one role; ``code`` names them in keys and in the ledger.

    Nobody changes one (`replace` makes another); it is not frozen, for a morning makes thousands: that takes seven
    times as long.
    """

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

    def is_same_person(self, other: Recipient) -> bool:
        """Tell whether both are one person, in whatever role."""
        return self.code.partition(":")[2] == other.code.partition(":")[2]


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
    _holders: dict[tuple[str, str], Recipient | None] = field(default_factory=dict)

    def cooperative(self, enrolment: Enrolment | EnrolmentLine) -> Named:
        """Return the names of the enrolled cooperative."""
        return self.cooperatives[enrolment.cooperative_id]

    def find(self, role: str, enrolment: Enrolment | EnrolmentLine) -> Recipient | None:
        """Return who holds ``role`` for an enrolment, or else who stands in; None when nobody does."""
        if role == "cooperative":
            return self._answering.get(enrolment.code) or self._contact(enrolment)
        if role == "coach":
            return self.coaches.get(enrolment.id or 0) or self._holder(FALLBACKS[role], enrolment.delegation)
        return self._holder(role, enrolment.delegation)

    def _holder(self, role: str, delegation: str) -> Recipient | None:
        """Return who holds a role in a delegation, or in the whole country, or who stands in; asked once for each."""
        asked = role, delegation
        if asked not in self._holders:
            held = self.staff.get(asked) or self.staff.get((role, None))
            stands_in = FALLBACKS.get(role) if held is None else None
            self._holders[asked] = self._holder(stands_in, delegation) if stands_in else held
        return self._holders[asked]

    def _contact(self, enrolment: Enrolment | EnrolmentLine) -> Recipient:
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
    """Read the people of ``enrolments`` as they are on a day: three queries, however many enrolments."""
    names, contacts = _cooperatives(session, {enrolment.cooperative_id for enrolment in enrolments}, on)
    return Directory(
        cooperatives=names,
        contacts=contacts,
        coaches=_coaches(session, {enrolment.id for enrolment in enrolments if enrolment.id is not None}, on),
        staff=_staff(session, on),
    )


def contacts_on(session: Session, cooperative_ids: Iterable[int], on: date) -> dict[int, Contact]:
    """Return who answers for each cooperative on a day."""
    rows = session.exec(
        select(Contact)
        .where(col(Contact.cooperative_id).in_(cooperative_ids), *held(CONTACT, on))
        .order_by(col(Contact.starts_on), col(Contact.id))
    )
    return {row.cooperative_id: row for row in rows}


COOPERATIVE, CONTACT, PERSON = columns(Cooperative), columns(Contact), columns(Person)
FOLLOWS, HOLDS = columns(CoachAssignment), columns(RoleAssignment)
NAMED = [COOPERATIVE[name] for name in Named._fields]
ANSWERING = [CONTACT[name] for name in Answering._fields]
STAFFER = [PERSON[name] for name in Staffer._fields]


def held(table: Any, on: Any) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of a dated row that holds on a day; its last day counts."""
    return table.starts_on <= on, or_(table.ends_on.is_(None), table.ends_on >= on)


ON = sa.bindparam("on", type_=sa.Date)
ANSWERED = (
    sa.select(COOPERATIVE.id, *NAMED, CONTACT.id, *ANSWERING)
    .select_from(
        sa.outerjoin(
            COOPERATIVE.id.table,
            CONTACT.id.table,
            sa.and_(CONTACT.cooperative_id == COOPERATIVE.id, *held(CONTACT, ON)),
        )
    )
    .where(within(COOPERATIVE.id, "ids"))
    .order_by(CONTACT.starts_on, CONTACT.id)
)
FOLLOWED = (
    sa.select(FOLLOWS.enrolment_id, FOLLOWS.person_id, *STAFFER)
    .where(PERSON.id == FOLLOWS.person_id, within(FOLLOWS.enrolment_id, "ids"), *held(FOLLOWS, ON))
    .order_by(FOLLOWS.starts_on, FOLLOWS.id)
)
HELD = (
    sa.select(HOLDS.role, HOLDS.delegation, *STAFFER)
    .where(PERSON.id == HOLDS.person_id, HOLDS.role.in_(sorted(STAFF - {"coach"})), *held(HOLDS, ON))
    .order_by(HOLDS.starts_on.desc(), HOLDS.id.desc())
)
"""A morning's questions about people, built once: building one costs more than its answer."""


def _cooperatives(session: Session, ids: Collection[int], on: date) -> tuple[dict[int, Named], dict[int, Answering]]:
    """Return the names of cooperatives, and who answers for each on a day: who came last, where there are several."""
    rows = do(session, ANSWERED, ids=sorted(ids), on=on).all()
    names = {row[0]: light(Named, row[1:3]) for row in rows}
    return names, {row[0]: light(Answering, row[4:]) for row in rows if row[3] is not None}


def _coaches(session: Session, enrolment_ids: Collection[int], on: date) -> dict[int, Recipient]:
    rows = do(session, FOLLOWED, ids=sorted(enrolment_ids), on=on).all()
    coaches: dict[int, Recipient] = {}
    for row in rows:
        if row[1] not in coaches:
            coaches[row[1]] = of_person("coach", Staffer(*row[2:]))
    return {row[0]: coaches[row[1]] for row in rows}


def _staff(session: Session, on: date) -> dict[tuple[str, str | None], Recipient]:
    """Return coordinators and delegates by role and delegation; the first appointed one stays."""
    return {(row[0], row[1]): of_person(row[0], Staffer(*row[2:])) for row in do(session, HELD, on=on).all()}
