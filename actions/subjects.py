"""Who somebody with an address is: the rows that are theirs, and all that they go or went by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, func, select

from actions.known_by import Known, formerly_at
from models import Contact, Enrolment, Erasure, Person
from programme.intake_text import fold
from programme.personal import Traces
from programme.personal_errors import NobodyHasAddress

Kind = Literal["contact", "person"]


@dataclass(frozen=True)
class Subject:
    """One natural person: of the staff, or among a cooperative's contacts (each address that they had is a row).

    ``enrolments`` (id and code) is where a contact can have left traces; a member of the staff can anywhere.
    """

    kind: Kind
    ids: tuple[int, ...]
    cooperative_id: int | None
    enrolments: Mapping[int, str]
    traces: Traces

    @property
    def pseudonym(self) -> str:
        """Return what stands for them from now on; made of a row's number, it says nothing of them."""
        return self.traces.pseudonym


def subjects_at(session: Session, email: str) -> list[Subject]:
    """Return the people who have or had an address; refused when nobody had."""
    address = email.strip().lower()
    people = session.exec(select(Person).where(func.lower(Person.email) == address).order_by(col(Person.id))).all()
    had = select(Contact).where(func.lower(Contact.email) == address).order_by(col(Contact.id))
    contacts = session.exec(had).all()
    groups = groups_of(session, contacts or formerly_at(session, address))
    found = [staff_subject(session, one) for one in people] + [contact_subject(session, rows) for rows in groups]
    if not found:
        raise NobodyHasAddress(email=email)
    return found


def groups_of(session: Session, contacts: Iterable[Contact]) -> list[list[Contact]]:
    """Return each person's rows: those of one cooperative and one name; without a name, each is alone."""
    wanted = dict.fromkeys((row.cooperative_id, _key(row)) for row in contacts)
    groups = [[one for one in of_cooperative(session, owner) if _key(one) == key] for owner, key in wanted]
    return [rows for rows in groups if rows]


def _key(contact: Contact) -> str:
    return fold(contact.name) if contact.name else f"#{contact.id}"


def of_cooperative(session: Session, cooperative_id: int) -> Sequence[Contact]:
    """Return all the contacts that a cooperative ever had, but for those whose data have gone."""
    gone = select(Erasure.subject_id).where(Erasure.subject == "contact")
    rows = select(Contact).where(Contact.cooperative_id == cooperative_id, col(Contact.id).not_in(gone))
    return session.exec(rows.order_by(col(Contact.id))).all()


def contact_subject(session: Session, rows: Sequence[Contact]) -> Subject:
    """Return the person whom a cooperative's contacts of one name are.

    What others still go by (an address that was handed on) is no trace of this one.
    """
    owner, ids = rows[0].cooperative_id, tuple(sorted(row.id or 0 for row in rows))
    mine = select(Enrolment.id, Enrolment.code).where(Enrolment.cooperative_id == owner)
    enrolments = {key: code for key, code in session.exec(mine) if key is not None}
    known = Known.of(rows)
    known.learn(session, enrolments)
    known.leave_to([row for row in of_cooperative(session, owner) if row.id not in ids])
    return Subject("contact", ids, owner, enrolments, known.traces(f"X-C{ids[0]}"))


def staff_subject(session: Session, person: Person) -> Subject:
    """Return a member of the staff; they may have left traces anywhere."""
    assert person.id is not None
    known = Known.of([person])
    known.learn_staff(session, person.code)
    known.leave_to(session.exec(select(Person).where(Person.id != person.id)).all())
    return Subject("person", (person.id,), None, {}, known.traces(f"X-P{person.id}", person.code))
