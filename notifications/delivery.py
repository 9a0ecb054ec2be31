"""Empties the outbox: claim, freeze the bytes, hand over, settle; what one message meets never holds back the next."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing, nullcontext, suppress
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models import ChannelState, Notice
from models.trouble import again_if_crossed
from notifications import breaker, copies, fenced, holds, outbox
from notifications.backlog import settle_late
from notifications.claimed import Claimed
from notifications.clerk import Clerk
from notifications.freezing import gather, keep
from notifications.handing import Handing, late_today
from notifications.hands import Hands
from notifications.holders import astray, skip
from notifications.making import Batch, Frozen, Here, Made, Maker
from notifications.ordering import InOrder
from notifications.post import Compose, PassOn, Post
from programme.civil import civil_day

__all__ = ["Compose", "PassOn", "Post", "deliver"]

log = logging.getLogger("mourafaka.delivery")
BATCH, EACH, EACH_AHEAD = 100, 25, 12
"""Messages that are claimed and made at once, in all and for each connection, whichever is more: what is said to the
database for a batch is said once for all of them, and many connections are soon through a small one. Where some are
claimed ahead of their turn, a batch is smaller."""


def deliver(post: Post, *, limit: int = 100_000, clerk: Clerk | None = None) -> Counter[str]:
    """Send what may leave now; return how many notices came to each verdict.

    Stops when the server is away (the channel pauses, and no notice fails for it), when the mail is on hold, and
    when it is told to: what was claimed and not begun is given back. A clerk makes the messages; what one that
    breaks off has not made is made here.
    """
    tally: Counter[str] = Counter()
    post = post.with_hours()
    settle_late(post.database, post.now())
    fenced.forget_settled(post.database)
    if post.breaker and breaker.holds_mass(post.database, post.now()):
        return tally
    with Hands(post.mailers) as hands, clerk or nullcontext(Here()) as maker:
        _empty(post, hands, maker, limit, tally)
    if not post.stops():
        _hand_copies_over(post)
    if tally:
        log.info("delivery ended", extra={"facts": {"stopped": post.stops(), **tally}})
    return tally


def _empty(post: Post, hands: Hands, maker: Maker, limit: int, tally: Counter[str]) -> None:
    done: list[int] = []
    try:
        with closing(_batches(post, maker, limit, tally, done)) as batches:
            Handing(post, hands, batches, tally, done, overlap=bool(maker.ahead)).run()
    finally:
        with suppress(SQLAlchemyError), post.database.writing() as connection:  # else the next delivery does it
            fenced.forget_bodies(connection, done)


def _batches(post: Post, maker: Maker, limit: int, tally: Counter[str], done: list[int]) -> Generator[list[Frozen]]:
    """Yield batch after batch, frozen; a clerk has the next ones claimed, and makes them, while one leaves.

    What is not asked for any more is given back.
    """
    size = max(BATCH, (EACH_AHEAD if maker.ahead else EACH) * len(post.mailers))
    order = InOrder(maker, size)
    try:
        while True:
            while len(order) <= maker.ahead:
                batch = None if order.is_full else _next_batch(post, min(size, limit), tally)
                limit -= len(batch.notices) if batch is not None else 0
                if not order.goes_on_with(batch):
                    break
            if not len(order):
                return
            yield _frozen(post, maker, order.next(), tally, done)
    finally:
        for batch in order.left():
            _give_back(post, batch.notices)


def _hand_copies_over(post: Post) -> None:
    """Hand over the copies for other services, in the same hours as the mail, and not while it is on hold."""
    now = post.now()
    if post.services is None or post.pace.hours.opening(None, now) > now:
        return
    with post.database.reading() as session:
        if holds.is_open(session):
            return
    copies.hand_over(post.database, post.services, now=post.now, pace=post.pace)


def _next_batch(post: Post, limit: int, tally: Counter[str]) -> Batch | None:
    """Claim the next messages; None when none may leave now, or no more are wanted."""
    if limit <= 0 or post.stops():
        return None
    try:
        return _claim(post, limit, tally)
    except breaker.Mass:  # its claims were rolled back with it
        breaker.trip(post.database, post.now())
        return None


def _frozen(post: Post, maker: Maker, batch: Batch, tally: Counter[str], done: list[int]) -> list[Frozen]:
    """Have messages made, and write them down in place of what is done.

    They are made between two transactions, so that nobody waits for that. What then cannot be
    written down is not sent, and given back.
    """
    try:
        made = maker.made(batch, post)
        frozen = again_if_crossed(partial(_keep, post, batch, made, done))
    except BaseException:
        _give_back(post, batch.notices)
        raise
    done.clear()
    tally.update({"failed": len(made.failed), "cancelled": len(made.empty)})
    return frozen


def _keep(post: Post, batch: Batch, made: Made, done: Sequence[int]) -> list[Frozen]:
    with post.database.transaction(alone=False) as session:
        return keep(session, batch, made, post.services, done)


def _give_back(post: Post, notices: Sequence[Claimed]) -> None:
    """Let go of what cannot be written down; where that cannot be written either, the leases run out."""
    with suppress(SQLAlchemyError), post.database.transaction(alone=False) as session:
        for notice in notices:
            outbox.give_back(session, notice, notice.error)


class _NeedsTheHouse(Exception):  # noqa: N818 - no error: what comes next changes more than the sender's own rows
    """What may leave next is to be claimed alone."""


def _claim(post: Post, limit: int, tally: Counter[str]) -> Batch | None:
    """Claim beside every other writer, where the database has room for them (docs/adr/0010).

    What changes more than its own row is claimed alone: a message of the day, which others may
    be adding to, and what has lost its reader, which is promised to somebody else.
    """
    if post.database.has_room:
        try:
            with post.database.transaction(alone=False) as session:
                return _take(session, post, limit, tally, alone=False)
        except _NeedsTheHouse:  # rolled back: nothing is claimed yet
            pass
    with post.database.transaction() as session:
        return _take(session, post, limit, tally, alone=True)


def _take(session: Session, post: Post, limit: int, tally: Counter[str], *, alone: bool) -> Batch | None:
    now = post.now()
    if holds.is_open(session) or _is_paused(session, now):
        return None
    claimed = outbox.claim(session, now=now, pace=post.pace, limit=limit, by=post.name, digests=alone)
    if not claimed:
        if not alone and outbox.is_any_free(session, now=now, pace=post.pace):
            raise _NeedsTheHouse
        return None
    late = late_today(session, post, claimed, now)
    claimed = [notice for notice in claimed if notice.id not in late]
    if post.breaker:
        breaker.count_claimed(session, claimed, now)
    claimed = _with_readers(session, post, claimed, tally, alone=alone)
    return gather(session, claimed, now=now)


def _with_readers(
    session: Session, post: Post, claimed: list[Claimed], tally: Counter[str], *, alone: bool
) -> list[Claimed]:
    """Return what still has a reader; the rest is passed on to who holds the role now, or skipped with the reason."""
    now = post.now()
    lost = {one.notice.id: one for one in astray(session, claimed, civil_day(now))}
    if lost and not alone:
        raise _NeedsTheHouse
    for one in lost.values():
        row = session.get_one(Notice, one.notice.id)
        passed_on = post.pass_on is not None and post.pass_on(session, row, one.reason, now)
        tally["passed on" if passed_on else "skipped"] += 1
        if not passed_on or row.status == "sending":
            skip(session, row, one.reason, now)
    return [notice for notice in claimed if notice.id not in lost]


def _is_paused(session: Session, now: datetime) -> bool:
    state = session.get(ChannelState, "email")
    return state is not None and state.paused_until is not None and state.paused_until > now
