"""The sending as a coordinator steers it: what holds it, what waits, and a person's word: hold, release, discard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from actions.programmes import calendar_of, definition_of, unreadable
from models import ChannelState, Cohort, Hold, Notice, NoticeBody
from models.notice import IN_OUTBOX
from models.placed import keyed
from notifications import breaker, holds
from notifications.backlog import too_late
from notifications.hours import Hours
from programme.breaker import most
from programme.sending_errors import AlreadyOnHold, HoldNeedsReason, NothingBeyond, NothingOnHold


def opening_hours(session: Session) -> Hours:
    """Return the hours in which each cohort's mail may leave, by its programme and the proclaimed holidays.

    A cohort whose programme cannot be read holds its own notices: the others' leave.
    """
    lost = unreadable(session)
    known = [(one.id, one) for one in session.exec(select(Cohort)).all() if one.id is not None]
    hours = {
        one: definition_of(session, cohort).sending.hours()
        for one, cohort in known
        if cohort.programme_version_id not in lost
    }
    return Hours(hours, calendar_of(session), frozenset(one for one, _ in known if one not in hours))


@dataclass(frozen=True)
class Waiting:
    """Mails of one kind that wait: how many, and the day for which the oldest was meant."""

    kind: str
    count: int
    oldest: date


@dataclass(frozen=True)
class Standing:
    """How the sending stands: what holds it, an outage's pause, and what waits.

    ``now`` would leave at once, ``later`` on days to come, ``gone_by`` are mails that are too late and
    would be skipped. Of ``now``, ``beyond`` are beyond the plan; with those that left today, ``allowed``
    may leave without a person's word.
    """

    holds: Sequence[Hold]
    paused_until: datetime | None
    pause_reason: str
    now: Sequence[Waiting]
    later: int
    gone_by: int
    beyond: int
    left_beyond: int
    allowed: int

    @property
    def waiting(self) -> int:
        """Return how many would leave at once."""
        return sum(one.count for one in self.now)


def standing(session: Session, *, now: datetime) -> Standing:
    """Return how the sending stands; nothing is changed."""
    rows = session.exec(
        select(col(Notice.key), col(Notice.kind), col(Notice.due_on), col(Notice.send_at)).where(text(IN_OUTBOX))
    ).all()
    gone = too_late(session, now)
    due = [(kind, due_on) for key, kind, due_on, send_at in rows if send_at <= now and key not in gone]
    state = session.get(ChannelState, holds.MAIL)
    paused = state is not None and state.paused_until is not None and state.paused_until > now
    return Standing(
        holds=holds.open_holds(session),
        paused_until=state.paused_until if state is not None and paused else None,
        pause_reason=state.reason if state is not None and paused else "",
        now=_by_kind(due),
        later=sum(send_at > now for *_rest, send_at in rows),
        gone_by=len(gone),
        beyond=len(set(breaker.beyond_waiting(session, now)) - set(gone)),
        left_beyond=breaker.count_today(session, now),
        allowed=most(breaker.under_way(session)),
    )


def _by_kind(due: Iterable[tuple[str, date]]) -> list[Waiting]:
    days: dict[str, list[date]] = defaultdict(list)
    for kind, due_on in due:
        days[kind].append(due_on)
    return [Waiting(kind, len(found), min(found)) for kind, found in sorted(days.items())]


def hold_sending(session: Session, *, reason: str, by: str, now: datetime) -> Hold:
    """Have nothing leave by mail until somebody lets go; promises go on being made."""
    if not reason.strip():
        raise HoldNeedsReason
    known = next((one for one in holds.open_holds(session) if one.cause == "person"), None)
    if known is not None:
        raise AlreadyOnHold(by=known.by, since=known.began_at.date(), reason=known.reason)
    return holds.hold(session, cause="person", reason=reason.strip(), by=by, now=now)


def release_sending(session: Session, *, by: str, now: datetime) -> list[Hold]:
    """Let the mail go: all that waits has this person's word, and what is too late by now is skipped, not sent."""
    if not holds.is_open(session):
        raise NothingOnHold
    return holds.release(session, by=by, now=now)


def discard_beyond(session: Session, *, reason: str, by: str, now: datetime) -> int:
    """Take back what waits beyond the plan, with the reason; return how many mails that was.

    The holds stay: the rest leaves when somebody lets go.
    """
    if not reason.strip():
        raise HoldNeedsReason
    keys = breaker.beyond_waiting(session, now)
    if not keys:
        raise NothingBeyond
    taken = _of_keys(session, keys)
    for notice in taken:
        notice.status, notice.reason, notice.settled_at = "cancelled", f"discarded by {by}: {reason.strip()}", now
    ids = [notice.id for notice in taken]
    for first in range(0, len(ids), 500):
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids[first : first + 500])))
    session.flush()
    return len(taken)


def _of_keys(session: Session, keys: Sequence[str]) -> list[Notice]:
    """Return the notices of these keys, asked in slices: a database takes only so many parameters."""
    slices = (keys[first : first + 500] for first in range(0, len(keys), 500))
    return [one for part in slices for one in session.exec(select(Notice).where(keyed(col(Notice.id), part)))]
