"""A contact refuses a topic of messages, by the link in one or through a coordinator; a coordinator can undo it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from actions import history
from actions.access import refuse_outsider
from actions.lookup import enrolment_named
from models import Contact, Cooperative, Enrolment, Notice, Unwanted
from notifications.holders import skip
from notifications.recipients import contacts_on
from programme.civil import civil_day
from programme.people_errors import NoContactThen
from programme.unwanted import TOPICS, UNWANTED
from programme.unwanted_errors import NothingRefused, TopicUnknown

How = Literal["link", "mail program", "coordinator"]


@dataclass(frozen=True)
class Refused:
    """What a contact no longer wants: since when, said how and by whom."""

    enrolment: str
    cooperative: str
    name: str | None
    email: str | None
    topic: str
    how: str
    by: str
    at: datetime
    accepted_at: datetime | None
    accepted_by: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "enrolment": self.enrolment,
            "cooperative": self.cooperative,
            "name": self.name,
            "email": self.email,
            "topic": self.topic,
            "how": self.how,
            "by": self.by,
            "refused_at": self.at.isoformat(timespec="seconds"),
            "accepted_at": self.accepted_at.isoformat(timespec="seconds") if self.accepted_at else None,
            "accepted_by": self.accepted_by,
        }


def refuse(session: Session, *, code: str, topic: str, how: How, by: str, now: datetime) -> Unwanted:
    """Write down that today's contact no longer wants a topic; what of it has not left is settled with the reason.

    Saying it again changes nothing.
    """
    if topic not in TOPICS:
        raise TopicUnknown(topic=topic, known=", ".join(TOPICS))
    enrolment = enrolment_named(session, code)
    refuse_outsider(session, by, enrolment, civil_day(now))
    contact = _contact(session, enrolment, now)
    known = in_force(session, contact, topic)
    if known is not None:
        return known
    row = Unwanted(contact_id=contact.id or 0, topic=topic, how=how, said_by=by, refused_at=now)
    session.add(row)
    history.record(session, enrolment, "messages refused", by=by, now=now, subject=topic, how=how)
    for notice in _waiting(session, enrolment, topic):
        skip(session, notice, UNWANTED, now)
    session.flush()
    return row


def accept(session: Session, *, code: str, topic: str, by: str, now: datetime) -> Unwanted:
    """Undo a refusal: what is promised from now on leaves again."""
    enrolment = enrolment_named(session, code)
    refuse_outsider(session, by, enrolment, civil_day(now))
    row = in_force(session, _contact(session, enrolment, now), topic)
    if row is None:
        raise NothingRefused(code=code, topic=topic)
    row.accepted_at, row.accepted_by = now, by
    history.record(session, enrolment, "messages wanted again", by=by, now=now, subject=topic)
    session.flush()
    return row


def _contact(session: Session, enrolment: Enrolment, now: datetime) -> Contact:
    today = civil_day(now)
    contact = contacts_on(session, [enrolment.cooperative_id], today).get(enrolment.cooperative_id)
    if contact is None:
        raise NoContactThen(code=enrolment.code, on=today)
    return contact


def in_force(session: Session, contact: Contact, topic: str) -> Unwanted | None:
    """Return the refusal of whoever has the contact's address at this cooperative; None when there is none."""
    rows = session.exec(
        select(Unwanted, Contact.email)
        .join(Contact)
        .where(
            Contact.cooperative_id == contact.cooperative_id,
            Unwanted.topic == topic,
            col(Unwanted.accepted_at).is_(None),
        )
    )
    return next((row for row, email in rows if (email or "").lower() == (contact.email or "").lower()), None)


def _waiting(session: Session, enrolment: Enrolment, topic: str) -> list[Notice]:
    """Return what of a topic has been promised to the cooperative by mail, in any cohort, and has surely not left."""
    rows = session.exec(
        select(Notice)
        .join(Enrolment)
        .where(
            Enrolment.cooperative_id == enrolment.cooperative_id,
            Notice.channel == "email",
            Notice.status == "pending",
            Notice.doubts == 0,
        )
        .order_by(Notice.key)
    )
    return [notice for notice in rows if notice.facts.get("topic") == topic]


def refusals(session: Session, *, code: str | None = None, undone: bool = False) -> Sequence[Refused]:
    """Return what contacts no longer want, the latest first; of one enrolment, and with what was undone, on demand."""
    query = (
        select(Unwanted, Contact, Cooperative.name, Enrolment.code)
        .join(Contact, col(Unwanted.contact_id) == Contact.id)
        .join(Cooperative, col(Contact.cooperative_id) == Cooperative.id)
        .join(Enrolment, col(Enrolment.cooperative_id) == Cooperative.id)
        .order_by(col(Unwanted.refused_at).desc(), col(Enrolment.code))
    )
    if code is not None:
        query = query.where(Enrolment.id == enrolment_named(session, code).id)
    if not undone:
        query = query.where(col(Unwanted.accepted_at).is_(None))
    return [_refused(row, contact, name, enrolment) for row, contact, name, enrolment in session.exec(query)]


def _refused(row: Unwanted, contact: Contact, cooperative: str, enrolment: str) -> Refused:
    return Refused(
        enrolment,
        cooperative,
        contact.name,
        contact.email,
        row.topic,
        row.how,
        row.said_by,
        row.refused_at,
        row.accepted_at,
        row.accepted_by,
    )
