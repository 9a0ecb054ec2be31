"""What a link in a message leads to, as it stands now, and the one thing that can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from actions.access import holds_role
from actions.links_errors import LinkOver, NamesNeeded, NoLinkLike, NotByLink, SayWhichLinks
from actions.record import OTHER_VERBS, complete_step, record_attendance, report_session
from actions.unwanted import How, in_force, refuse
from models import CoachAssignment, Enrolment, Link, Notice, Person, Step
from notifications.recipients import contacts_on
from programme.civil import civil_day
from programme.wording import Sentence, sentence

State = Literal["open", "recorded", "closed", "expired", "revoked", "left", "suspended", "ended"]
OVER: dict[State, Sentence] = {
    "recorded": sentence("it is recorded already"),
    "closed": sentence("it is not needed any more"),
    "expired": sentence("its time is over"),
    "revoked": sentence("it was taken back"),
    "left": sentence("it was made for somebody else"),
    "suspended": sentence("the support is suspended"),
    "ended": sentence("the support has ended"),
}
"""Why a link does nothing any more."""
BY_FORM = frozenset({"session", "module"})
"""Kinds of step that a link records with more than a tick."""


@dataclass(frozen=True)
class Opened:
    """A link with what it is about; ``on`` and ``by`` say when and by whom it was recorded, where it was."""

    link: Link
    state: State
    enrolment: Enrolment
    step: Step | None
    on: date | None = None
    by: str | None = None

    @property
    def by_form(self) -> Literal["tick", "session", "module", "none", "unwanted"]:
        """Tell what it takes to record it."""
        if self.step is None:
            return "unwanted"
        if self.step.kind in BY_FORM:
            return "session" if self.step.kind == "session" else "module"
        return "none" if self.step.kind in OTHER_VERBS else "tick"


@dataclass(frozen=True)
class Said:
    """What somebody says by a link: the day, whether a session was held and what was done, who was at a module."""

    on: date
    held: bool = True
    summary: str = ""
    present: tuple[str, ...] = ()
    nobody: bool = False


def opened(session: Session, hashed: str, *, now: datetime, to_change: bool = False) -> Opened | None:
    """Return what a link leads to now; None when there is none.

    To change something, its row and its step's are kept from others until it is done.
    """
    query = select(Link).where(Link.hash == hashed)
    link = session.exec(query.with_for_update() if to_change else query).first()
    if link is None:
        return None
    enrolment = session.get_one(Enrolment, link.enrolment_id)
    if link.purpose == "unwanted":
        return _to_refuse(session, link, enrolment, now)
    step = session.get_one(Step, link.step_id, with_for_update=to_change or None)
    state = _state(session, link, enrolment, step, now)
    return Opened(link, state, enrolment, step, step.done_on, step.done_by)


def _state(session: Session, link: Link, enrolment: Enrolment, step: Step, now: datetime) -> State:
    if step.status in {"done", "missed"}:
        return "recorded"
    if over := _over(link, now):
        return over
    if not _still_theirs(session, link.person, enrolment, civil_day(now)):
        return "left"
    if enrolment.status not in {"active", "suspended"} and (step.status != "open" or step.kind != "call"):
        return "ended"
    if step.status != "open":
        return "closed"
    # A call can still be made while all else waits, and after the end.
    return "suspended" if enrolment.status == "suspended" and step.kind != "call" else "open"


def _over(link: Link, now: datetime) -> State | None:
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at <= now else None


def _still_theirs(session: Session, recipient: str, enrolment: Enrolment, on: date) -> bool:
    """Tell whether the one that a link was made for still holds their role for the enrolment."""
    role, _, code = recipient.partition(":")
    if role != "coach":
        return holds_role(session, code, role, on, delegation=enrolment.delegation)
    follows = (
        select(CoachAssignment.id)
        .join(Person)
        .where(
            Person.code == code,
            CoachAssignment.enrolment_id == enrolment.id,
            CoachAssignment.starts_on <= on,
            or_(col(CoachAssignment.ends_on).is_(None), col(CoachAssignment.ends_on) >= on),
        )
    )
    return session.exec(follows).first() is not None


def _to_refuse(session: Session, link: Link, enrolment: Enrolment, now: datetime) -> Opened:
    address = session.get_one(Notice, link.notice_id).address
    contact = contacts_on(session, [enrolment.cooperative_id], civil_day(now)).get(enrolment.cooperative_id)
    if contact is None or (contact.email or "").lower() != (address or "").lower():
        return Opened(link, "left", enrolment, None)
    known = in_force(session, contact, link.topic)
    if known is not None:
        return Opened(link, "recorded", enrolment, None, civil_day(known.refused_at), known.said_by)
    return Opened(link, _over(link, now) or "open", enrolment, None)


def use(session: Session, found: Opened, said: Said, *, now: datetime, how: How = "link") -> Opened:
    """Do what an opened link is for, as the person that it was made for; return what it leads to then.

    Refused when it cannot be used any more. Done already, it does nothing twice.
    """
    if found.state in {"recorded", "closed"}:
        return found
    if found.state != "open":
        raise LinkOver(why=OVER[found.state])
    if found.step is None:
        code, topic = found.enrolment.code, found.link.topic
        refuse(session, code=code, topic=topic, how=how, by=found.link.person, now=now)
    else:
        _record(session, found, found.step, said, now)
    found.link.used_at = now
    session.add(found.link)
    session.flush()
    after = opened(session, found.link.hash, now=now)
    assert after is not None
    return after


def _record(session: Session, found: Opened, step: Step, said: Said, now: datetime) -> None:
    _, _, by = found.link.person.partition(":")
    who: dict[str, Any] = {"code": found.enrolment.code, "step": step.key, "on": said.on, "by": by, "now": now}
    match found.by_form:
        case "tick":
            complete_step(session, **who)
        case "session":
            report_session(session, held=said.held, summary=said.summary, **who)
        case "module":
            record_attendance(session, presence=_presence(session, found, said), **who)
        case _:
            raise NotByLink(step=step.key, remedy=OTHER_VERBS[step.kind])


def _presence(session: Session, found: Opened, said: Said) -> dict[str, bool]:
    """Return who was there; when nobody was, the contact stands for the cooperative."""
    if said.nobody:
        contact = contacts_on(session, [found.enrolment.cooperative_id], said.on).get(found.enrolment.cooperative_id)
        return {(contact.name if contact else None) or found.enrolment.code: False}
    if not said.present:
        raise NamesNeeded
    return dict.fromkeys(said.present, True)


def revoke(
    session: Session,
    *,
    by: str,
    now: datetime,
    person: str | None = None,
    enrolment: str | None = None,
    everything: bool = False,
) -> int:
    """Take back links that are still open: of a person (a code, or a recipient as keys have it), of an enrolment,
    or all; return how many.
    """
    if not (person or enrolment or everything):
        raise SayWhichLinks
    query = update(Link).where(*_live(now))
    if person:
        theirs = col(Link.person).like(f"%:{_literal(person)}", escape="\\")
        query = query.where(or_(col(Link.person) == person, theirs))
    if enrolment:
        query = query.where(col(Link.enrolment_id).in_(select(Enrolment.id).where(Enrolment.code == enrolment)))
    result = session.execute(query.values(revoked_at=now, revoked_by=by))
    count: int = result.rowcount  # type: ignore[attr-defined] # an UPDATE's result has it
    if not count and not everything:
        raise NoLinkLike(what=person or enrolment)
    return count


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _live(now: datetime) -> tuple[Any, ...]:
    return col(Link.revoked_at).is_(None), col(Link.used_at).is_(None), col(Link.expires_at) > now


def links_open(session: Session, *, now: datetime) -> Sequence[tuple[Link, str, str | None, str]]:
    """Return the links that still open, with their enrolment, their step and their message; none of their addresses."""
    rows = session.exec(
        select(Link, Enrolment.code, Step.key, Notice.key)
        .join(Enrolment, col(Link.enrolment_id) == Enrolment.id)
        .join(Notice, col(Link.notice_id) == Notice.id)
        .outerjoin(Step, col(Link.step_id) == Step.id)
        .where(*_live(now), or_(col(Step.id).is_(None), col(Step.status) == "open"))
        .order_by(col(Link.expires_at), col(Link.id))
    )
    return list(rows)
