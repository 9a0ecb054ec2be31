"""The breaker at work: counts the mails beyond the plan, and holds a mass for a person's word before it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from models import ChannelState, Enrolment, Notice
from models.locking import locked
from models.notice import IN_OUTBOX
from models.session import Database
from notifications import holds
from notifications.claimed import Claimed
from notifications.hours import calendar_in
from programme.breaker import FLOOR, is_beyond, is_mass
from programme.calendar import Calendar
from programme.civil import civil_day


class Mass(Exception):  # noqa: N818 - the house's word: what the breaker holds, no error
    """The mails just claimed would be too many: they are not to leave."""


def holds_mass(database: Database, now: datetime) -> bool:
    """Before anything leaves: hold the mail where too much beyond the plan waits; tell whether it is held now."""
    with database.reading() as session:
        size = count_today(session, now) + count_beyond_waiting(session, now)
        if size <= FLOOR or not is_mass(size, under_way(session)):
            return False
    trip(database, now)
    return True


def trip(database: Database, now: datetime) -> None:
    """Hold the mail; another sender may have met the same mass at the same time."""
    try:
        with database.transaction() as session:
            size = count_today(session, now) + count_beyond_waiting(session, now)
            holds.hold(session, cause="breaker", by=holds.ENGINE, now=now, size=size)
    except IntegrityError:
        pass


def count_claimed(session: Session, claimed: Sequence[Claimed], now: datetime) -> None:
    """Add what begins to leave beyond the plan to the day's count, each mail once; `Mass` when it is too much.

    It meets what was promised after the look at the whole outbox: by a morning beside it, or drop by drop.
    """
    rule = _Rule(calendar_in(session) if claimed else Calendar())
    new = (one for one in claimed if one.token == 1 and one.approved_by is None)
    fresh = [one for one in new if rule.is_beyond(one.kind, one.due_on, one.promised_at)]
    if not fresh:
        return
    state = locked(session, ChannelState(channel=holds.MAIL))
    today = civil_day(now)
    total = len(fresh) + (state.beyond if state.beyond_on == today else 0)
    if is_mass(total, under_way(session)):
        raise Mass
    state.beyond_on, state.beyond = today, total


@dataclass
class _Rule:
    """The breaker's rule with today's calendar, asked once of all that a morning promised of one kind and day."""

    calendar: Calendar
    known: dict[tuple[str, date, datetime], bool] = field(default_factory=dict)

    def is_beyond(self, kind: str, due_on: date, promised_at: datetime) -> bool:
        """Tell whether such a mail is beyond the plan."""
        asked = (kind, due_on, promised_at)
        if asked not in self.known:
            self.known[asked] = is_beyond(kind, due_on, civil_day(promised_at), self.calendar)
        return self.known[asked]


def beyond_waiting(session: Session, now: datetime) -> list[str]:
    """Return the keys of what may leave now, is beyond the plan, and has neither begun to leave nor a person's word."""
    kind, due_on, promised_at = _OF_RULE
    rows = session.exec(select(col(Notice.key), kind, due_on, promised_at).where(*_waits(now))).all()
    rule = _Rule(calendar_in(session) if rows else Calendar())
    return [key for key, *of_rule in rows if rule.is_beyond(*of_rule)]


def count_beyond_waiting(session: Session, now: datetime) -> int:
    """Return how many they are: of ten thousand mails that wait, as many as a morning's chunks are looked at."""
    kind, due_on, promised_at = _OF_RULE
    rows = session.exec(select(kind, due_on, promised_at, func.count()).where(*_waits(now)).group_by(*_OF_RULE)).all()
    rule = _Rule(calendar_in(session) if rows else Calendar())
    return sum(count for *of_rule, count in rows if rule.is_beyond(*of_rule))


_OF_RULE: tuple[Any, Any, Any] = (col(Notice.kind), col(Notice.due_on), col(Notice.promised_at))


def _waits(now: datetime) -> tuple[Any, ...]:
    unheard = (col(Notice.token) == 0, col(Notice.approved_by).is_(None))
    return (text(IN_OUTBOX), *unheard, col(Notice.send_at) <= now)


def count_today(session: Session, now: datetime) -> int:
    """Return how many mails beyond the plan have begun to leave today, since a person last let go."""
    state = session.get(ChannelState, holds.MAIL)
    return state.beyond if state is not None and state.beyond_on == civil_day(now) else 0


def under_way(session: Session) -> int:
    """Return how many enrolments are under way."""
    return session.exec(select(func.count()).select_from(Enrolment).where(Enrolment.status == "active")).one()
