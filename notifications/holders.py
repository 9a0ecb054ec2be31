"""The last look before a message is made: whether its role still has the address that it was promised to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, or_, select
from sqlmodel import Session, col

from models import Contact, Cooperative, Enrolment, Notice, NoticeBody, Person, RoleAssignment
from models.sets import within
from notifications.claimed import Claimed, write
from notifications.common_facts import names_of
from notifications.own_texts import version_again

NOBODY = "nobody answers for this cooperative by mail any more"
ROLE_ENDED = "{code} does not hold this role any more"


@dataclass(frozen=True)
class Astray:
    """A message that must not leave as it was promised, and why."""

    notice: Claimed
    reason: str


def astray(session: Session, claimed: Sequence[Claimed], on: date) -> list[Astray]:
    """Return what has lost its reader; an address that has changed is renewed in place.

    What may have arrived already (a doubt) goes its way: it is repeated byte for byte, or a
    person looks. At most three queries, however many messages, and two for each that has a new address.
    """
    sure = [notice for notice in claimed if not notice.doubts]
    return [
        *_cooperatives(session, [one for one in sure if one.recipient.startswith("cooperative:")], on),
        *_staff(session, [one for one in sure if not one.recipient.startswith("cooperative:")], on),
    ]


def _cooperatives(session: Session, notices: Sequence[Claimed], on: date) -> list[Astray]:
    answering = _answering(session, {one.enrolment_id for one in notices if one.enrolment_id is not None}, on)
    lost = []
    for notice in notices:
        if notice.enrolment_id not in answering:
            continue
        contact_id, email = answering[notice.enrolment_id]
        if not email:
            lost.append(Astray(notice, NOBODY))
        elif email != notice.address:
            _readdress(session, notice, email)
            _greet(session, notice, contact_id)
    return lost


def _answering(session: Session, ids: set[int], on: date) -> dict[int | None, tuple[int, str | None]]:
    """Return who answers for each enrolment on a day, and at which good address."""
    rows = session.connection().execute(_asking(), {"ids": [*ids], "day": on}) if ids else ()
    return {enrolment: (contact, None if bad else email) for enrolment, contact, email, bad in rows}


@cache
def _asking() -> Select[Any]:
    """Ask who answers for enrolments on a day; built once, for it is said for every batch."""
    day: Any = bindparam("day")
    in_force = and_(col(Contact.starts_on) <= day, or_(col(Contact.ends_on).is_(None), col(Contact.ends_on) >= day))
    columns: Any = (Enrolment.id, Contact.id, Contact.email, Contact.bad_address_at)
    return (
        select(*columns)
        .select_from(Enrolment)
        .outerjoin(Contact, and_(col(Contact.cooperative_id) == Enrolment.cooperative_id, in_force))
        .where(within(col(Enrolment.id), "ids"))
        .order_by(col(Contact.starts_on), col(Contact.id))
    )


def _readdress(session: Session, notice: Claimed, address: str) -> None:
    """Send it to another address: its bytes are made anew, its identity stays."""
    if notice.body_digest is not None:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id) == notice.id))
    write(session, notice, {"address": address, "body_digest": None})


def _greet(session: Session, notice: Claimed, contact_id: int) -> None:
    contact = session.get_one(Contact, contact_id)
    names = names_of(session.get_one(Cooperative, contact.cooperative_id), contact.language)
    again = {
        "language": contact.language,
        "facts": {**notice.facts, "recipient": contact.name, **names},
        "template_version": version_again(notice, contact.language),
    }
    write(session, notice, again)


def _staff(session: Session, notices: Sequence[Claimed], on: date) -> list[Astray]:
    codes = {one.recipient.partition(":")[2] for one in notices}
    if not codes:
        return []
    say, asked = session.connection().execute, col(Person.code).in_(codes)
    addresses: Any = select(col(Person.code), col(Person.email)).where(asked, col(Person.bad_address_at).is_(None))
    people = dict(say(addresses).tuples().all())
    of_role: Any = (Person.code, RoleAssignment.role, RoleAssignment.starts_on, RoleAssignment.ends_on)
    roles = defaultdict[tuple[str, str], list[Any]](list)
    for one in say(select(*of_role).select_from(RoleAssignment).join(Person).where(asked)):
        roles[one.role, one.code].append(one)
    lost = []
    for notice in notices:
        role, _, code = notice.recipient.partition(":")
        held = roles.get((role, code), ())
        if held and not any(one.starts_on <= on and (one.ends_on is None or one.ends_on >= on) for one in held):
            lost.append(Astray(notice, ROLE_ENDED.format(code=code)))
        elif people.get(code) and notice.address is not None and notice.address != people[code]:
            _readdress(session, notice, people[code])
    return lost


def skip(session: Session, notice: Notice, reason: str, now: datetime) -> None:
    """Settle what nobody is to read, with the reason; what a message of the day was to tell settles with it."""
    if notice.body_digest is not None:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id) == notice.id))
        notice.body_digest = None
    told = session.scalars(
        select(Notice).where(col(Notice.digest_id) == notice.id, col(Notice.status).in_(("pending", "sending")))
    )
    for one in (notice, *told):
        one.status, one.reason, one.settled_at = "skipped", reason, now
    session.flush()
