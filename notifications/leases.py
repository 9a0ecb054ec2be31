"""Leases of senders: when the next one ends, and which need not be waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from models import Notice
from notifications.outbox import Pace


def release_dead(session: Session, *, is_dead: Callable[[str], bool], now: datetime) -> int:
    """End the leases of senders that are known to have died; return how many messages that frees.

    Nobody need wait for such a lease to run out. A message that may have left still waits its 60 s.
    """
    holders = session.exec(select(Notice.claimed_by).where(Notice.status == "sending").distinct()).all()
    dead = [holder for holder in holders if holder and is_dead(holder)]
    if not dead:
        return 0
    result = session.execute(
        update(Notice)
        .where(col(Notice.status) == "sending", col(Notice.claimed_by).in_(dead), col(Notice.lease_until) >= now)
        .values(lease_until=now - timedelta(microseconds=1))
        .execution_options(synchronize_session=False)
    )
    freed: int = result.rowcount  # type: ignore[attr-defined] # an UPDATE's result has it
    return freed


def next_try(session: Session, *, pace: Pace) -> datetime | None:
    """Return when the first message that was tried already may be tried again; None when none waits so."""
    tried = select(func.min(Notice.send_at)).where(
        Notice.channel == "email", Notice.status == "pending", (col(Notice.attempts) > 0) | (col(Notice.doubts) > 0)
    )
    sending = select(func.min(Notice.lease_until)).where(Notice.channel == "email", Notice.status == "sending")
    fresh = session.exec(sending.where(col(Notice.data_begun).is_(False))).one()
    doubted = session.exec(sending.where(col(Notice.data_begun).is_(True))).one()
    moments = (session.exec(tried).one(), fresh, doubted + pace.doubt_wait if doubted else None)
    return min((moment for moment in moments if moment is not None), default=None)
