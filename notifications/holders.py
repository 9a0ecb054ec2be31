"""The last look before a message is made: whether its role still has the address that it was promised to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from models import Contact, Cooperative, Enrolment, Notice, NoticeBody, Person, RoleAssignment
from notifications.own_texts import version_again
from notifications.promises import names_of
from notifications.recipients import contacts_on

NOBODY = "nobody answers for this cooperative by mail any more"
ROLE_ENDED = "{code} does not hold this role any more"


@dataclass(frozen=True)
class Astray:
    """A message that must not leave as it was promised, and why."""

    notice: Notice
    reason: str


def astray(session: Session, claimed: Sequence[Notice], on: date) -> list[Astray]:
    """Return what has lost its reader; an address that has changed is renewed in place.

    What may have arrived already (a doubt) goes its way: it is repeated byte for byte, or a
    person looks. At most five queries, however many messages.
    """
    sure = [notice for notice in claimed if not notice.doubts]
    return [
        *_cooperatives(session, [one for one in sure if one.recipient.startswith("cooperative:")], on),
        *_staff(session, [one for one in sure if not one.recipient.startswith("cooperative:")], on),
    ]


def _cooperatives(session: Session, notices: Sequence[Notice], on: date) -> list[Astray]:
    known = _enrolled(session, {one.enrolment_id for one in notices if one.enrolment_id is not None})
    contacts = contacts_on(session, {row.id for row in known.values() if row.id is not None}, on) if known else {}
    lost = []
    for notice in notices:
        cooperative = known.get(notice.enrolment_id or 0)
        if cooperative is None:
            continue
        contact = contacts.get(cooperative.id or 0)
        if contact is None or not contact.email or contact.bad_address_at is not None:
            lost.append(Astray(notice, NOBODY))
        elif contact.email != notice.address:
            _readdress(session, notice, contact.email)
            _greet(notice, contact, cooperative)
    return lost


def _enrolled(session: Session, ids: set[int]) -> dict[int, Cooperative]:
    if not ids:
        return {}
    rows = session.exec(select(Enrolment.id, Cooperative).join(Cooperative).where(col(Enrolment.id).in_(ids)))
    return {enrolment_id: cooperative for enrolment_id, cooperative in rows if enrolment_id is not None}


def _readdress(session: Session, notice: Notice, address: str | None) -> None:
    """Send it to another address: its bytes are made anew, its identity stays."""
    notice.address = address
    if notice.body_digest is not None:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id) == notice.id))
        notice.body_digest = None


def _greet(notice: Notice, contact: Contact, cooperative: Cooperative) -> None:
    notice.language = contact.language
    notice.facts.update(recipient=contact.name, **names_of(cooperative, contact.language))
    notice.template_version = version_again(notice, contact.language)


def _staff(session: Session, notices: Sequence[Notice], on: date) -> list[Astray]:
    codes = {one.recipient.partition(":")[2] for one in notices}
    if not codes:
        return []
    people = {row.code: row for row in session.exec(select(Person).where(col(Person.code).in_(codes)))}
    roles = session.exec(select(Person.code, RoleAssignment).join(Person).where(col(Person.code).in_(codes))).all()
    lost = []
    for notice in notices:
        role, _, code = notice.recipient.partition(":")
        held = [one for holder, one in roles if (holder, one.role) == (code, role)]
        if held and not any(_in_force(one, on) for one in held):
            lost.append(Astray(notice, ROLE_ENDED.format(code=code)))
        elif (person := people.get(code)) is not None and person.email and person.bad_address_at is None:
            _correct(session, notice, person.email)
    return lost


def _in_force(role: RoleAssignment, on: date) -> bool:
    return role.starts_on <= on and (role.ends_on is None or role.ends_on >= on)


def _correct(session: Session, notice: Notice, address: str) -> None:
    if notice.address is not None and notice.address != address:
        _readdress(session, notice, address)


def skip(session: Session, notice: Notice, reason: str, now: datetime) -> None:
    """Settle what nobody is to read, with the reason; what a message of the day was to tell settles with it."""
    _readdress(session, notice, notice.address)
    told = session.exec(
        select(Notice).where(Notice.digest_id == notice.id, col(Notice.status).in_(("pending", "sending")))
    )
    for one in (notice, *told):
        one.status, one.reason, one.settled_at = "skipped", reason, now
    session.flush()
