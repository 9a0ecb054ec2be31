"""A coach's calendar feed: made, revoked, and read by whoever knows its secret address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from actions.access import held_on, holds_role
from actions.lookup import person_named
from actions.programmes import definitions
from actions.remind import meeting_facts, uid_of
from actions.tell import title_for
from models import CalendarFeed, CoachAssignment, Contact, Cooperative, Enrolment, History, Person, RoleAssignment, Step
from notifications.calendar_feed import Event, calendar_of
from notifications.common_facts import names_of
from notifications.recipients import contacts_on
from programme.civil import civil_day
from programme.definition import Definition
from programme.errors import NotACoach
from programme.feed_errors import NoFeed

LASTS = timedelta(days=365)
"""A forgotten telephone does not read for ever: after a year a coach is given a new address."""
BEHIND, AHEAD = timedelta(days=60), timedelta(days=365)
LIVE = ("active", "selected")
"""Enrolments whose dates to come hold; in a pause time stands still, and no date does."""


def hash_of(token: str) -> str:
    """Return what is kept of a token; 192 random bits need no salt and no slowness."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_feed(session: Session, *, code: str, token: str, by: str, now: datetime) -> CalendarFeed:
    """Give a coach a feed under a new token; the one before it is revoked."""
    person, today = person_named(session, code), civil_day(now)
    if not holds_role(session, code, "coach", today):
        raise NotACoach(code=code, on=today)
    _revoke(session, person, by=by, now=now)
    assert person.id is not None
    feed = CalendarFeed(person_id=person.id, hash=hash_of(token), made_at=now, made_by=by, expires_on=today + LASTS)
    session.add(feed)
    session.flush()
    return feed


def revoke_feed(session: Session, *, code: str, by: str, now: datetime) -> None:
    """Have a coach's address lead nowhere from now on; refused when there is none in force."""
    if _revoke(session, person_named(session, code), by=by, now=now) is None:
        raise NoFeed(code=code)


def _revoke(session: Session, person: Person, *, by: str, now: datetime) -> CalendarFeed | None:
    feed = session.exec(
        select(CalendarFeed).where(CalendarFeed.person_id == person.id, col(CalendarFeed.revoked_at).is_(None))
    ).first()
    if feed is not None:
        feed.revoked_at, feed.revoked_by = now, by
        session.flush()
    return feed


@dataclass(frozen=True)
class Listed:
    """A feed as a coordinator sees it: whose, since when, until when, and whether its address still leads somewhere."""

    code: str
    name: str
    made_at: datetime
    made_by: str
    expires_on: date
    status: str


def feeds(session: Session, today: date) -> list[Listed]:
    """Return every feed there was, by coach, the newest first."""
    rows = session.exec(
        select(CalendarFeed, Person).join(Person).order_by(Person.code, col(CalendarFeed.id).desc())
    ).all()
    return [
        Listed(person.code, person.name, feed.made_at, feed.made_by, feed.expires_on, _status(feed, today))
        for feed, person in rows
    ]


def _status(feed: CalendarFeed, today: date) -> str:
    if feed.revoked_at is not None:
        return "revoked"
    return "expired" if feed.expires_on < today else "in force"


def reader_of(session: Session, token: str, *, today: date) -> Person | None:
    """Return whose calendar a token opens; None for one that is unknown, revoked, expired, or of no coach any more."""
    return session.exec(
        select(Person)
        .join(CalendarFeed)
        .join(RoleAssignment, col(RoleAssignment.person_id) == Person.id)
        .where(
            CalendarFeed.hash == hash_of(token),
            col(CalendarFeed.revoked_at).is_(None),
            CalendarFeed.expires_on >= today,
            RoleAssignment.role == "coach",
            held_on(today),
        )
        .limit(1)
    ).first()


def feed_of(session: Session, person: Person, *, today: date) -> str:
    """Return a coach's calendar: what they have, or had, to be at and to hand in while they follow a cooperative.

    Six queries, however many cooperatives. The same facts on the same day give the same bytes.
    """
    rows = _rows(session, person, today)
    enrolments = {enrolment.id: enrolment for _, enrolment, _ in rows}.values()
    cooperatives = {enrolment.cooperative_id for enrolment in enrolments}
    known = _Known(
        person.language,
        definitions(session),
        contacts_on(session, cooperatives, today),
        _changed(session, [enrolment.id for enrolment in enrolments if enrolment.id is not None]),
    )
    events = {step.id: _event(known, step, enrolment, cooperative) for step, enrolment, cooperative in rows}
    return calendar_of(f"Mourafaka – {person.name}", person.language, events.values())


Row = tuple[Step, Enrolment, Cooperative]


def _rows(session: Session, person: Person, today: date) -> list[Row]:
    """Return the steps whose day falls while this coach follows the enrolment: meetings, and what the coach owes."""
    ends_on = col(CoachAssignment.ends_on)
    mine = or_(col(Step.at).is_not(None), (col(Step.owner) == "coach") & (col(Step.status) == "open"))
    holds = or_(col(Step.status) == "done", (col(Step.status) == "open") & col(Enrolment.status).in_(LIVE))
    day = func.coalesce(col(Step.done_on), col(Step.due_on))
    query = (
        select(Step, Enrolment, Cooperative)
        .join(Enrolment, col(Step.enrolment_id) == Enrolment.id)
        .join(Cooperative, col(Enrolment.cooperative_id) == Cooperative.id)
        .join(CoachAssignment, col(CoachAssignment.enrolment_id) == Enrolment.id)
        .where(
            CoachAssignment.person_id == person.id,
            day >= CoachAssignment.starts_on,
            or_(ends_on.is_(None), day <= ends_on),
            day.between(today - BEHIND, today + AHEAD),
            Step.kind != "call",
            mine,
            holds,
        )
    )
    return list(session.exec(query).all())


def _changed(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """Return when something about each enrolment was last written down: no step of it has changed since."""
    last = select(History.enrolment_id, func.max(History.at)).where(col(History.enrolment_id).in_(ids))
    return dict(session.exec(last.group_by(col(History.enrolment_id))).all())


@dataclass(frozen=True)
class _Known:
    """What the events of a calendar are told with."""

    language: str
    definitions: dict[int, Definition]
    contacts: dict[int, Contact]
    changed: dict[int, datetime]


def _title(known: _Known, step: Step, enrolment: Enrolment) -> str:
    """Return a step's title; its key where its programme cannot be read any more, and it has none of its own."""
    definition = known.definitions.get(enrolment.programme_version_id)
    own = step.title_ar if known.language == "ar" else step.title_fr
    return title_for(step, definition).of(known.language) if definition else own or step.key


def _event(known: _Known, step: Step, enrolment: Enrolment, cooperative: Cooperative) -> Event:
    """Return one event; what was held on another day than planned is known by its day alone."""
    title = _title(known, step, enrolment)
    on = step.done_on or step.due_on
    facts = meeting_facts(step, enrolment)
    is_timed = step.at is not None and on == step.due_on
    contact = known.contacts.get(enrolment.cooperative_id)
    told = [enrolment.code, contact.name if contact else None, contact.phone if contact else None]
    return Event(
        uid=uid_of(enrolment, step),
        sequence=step.moves,
        changed_at=known.changed[enrolment.id or 0],
        title=f"{title} – {names_of(cooperative, known.language)['cooperative']}",
        on=on,
        hours=(str(facts["at"]), str(facts["ends_at"])) if is_timed else None,
        place=step.place or _seat(cooperative) if step.at is not None else "",
        notes="\n".join(filter(None, told)),
    )


def _seat(cooperative: Cooperative) -> str:
    return ", ".join(filter(None, [cooperative.address, cooperative.commune]))
