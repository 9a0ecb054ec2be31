"""Empties the outbox: claim, freeze the bytes, hand over, settle; one message at a time, the next never held back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sqlmodel import Session

from models import ChannelState, Notice
from models.locking import locked
from models.trouble import again_if_crossed
from notifications import breaker, copies, holds, outbox
from notifications.answers import Answer
from notifications.backlog import settle_late
from notifications.freezing import bytes_of, write_beside
from notifications.holders import astray, skip
from notifications.post import Compose, PassOn, Post
from programme.civil import civil_day

__all__ = ["Compose", "PassOn", "Post", "deliver"]

BATCH = 25
LONGEST_PAUSE = timedelta(hours=1)
Frozen = tuple[Notice, bytes]
Turn = Literal["go", "passed", "held"]


def deliver(post: Post, *, limit: int = 100_000) -> Counter[str]:
    """Send what may leave now; return how many notices came to each verdict.

    Stops when the server is away (the channel pauses, and no notice fails for it) and when the mail is on hold.
    """
    tally: Counter[str] = Counter()
    post = post.with_hours()
    settle_late(post.database, post.now())
    if post.breaker and breaker.holds_mass(post.database, post.now()):
        return tally
    try:
        while sum(tally.values()) < limit and not tally["away"]:
            batch = _next_batch(post, min(BATCH, limit - sum(tally.values())), tally)
            if batch is None:
                break
            _hand_over(post, batch, tally)
    finally:
        post.mailer.close()
    _hand_copies_over(post)
    return tally


def _hand_copies_over(post: Post) -> None:
    """Hand over the copies for other services, in the same hours as the mail, and not while it is on hold."""
    now = post.now()
    if post.services is None or post.pace.hours.opening(None, now) > now:
        return
    with post.database.reading() as session:
        if holds.is_open(session):
            return
    copies.hand_over(post.database, post.services, now=post.now, pace=post.pace)


def _next_batch(post: Post, limit: int, tally: Counter[str]) -> list[Frozen] | None:
    """Return the next messages to hand over; None when none may leave now."""
    try:
        return _claim_and_freeze(post, limit, tally)
    except breaker.Mass:  # its claims were rolled back with it
        breaker.trip(post.database, post.now())
        return None


class _NeedsTheHouse(Exception):  # noqa: N818 - no error: what comes next changes more than the sender's own rows
    """What may leave next is to be claimed alone."""


def _claim_and_freeze(post: Post, limit: int, tally: Counter[str]) -> list[Frozen] | None:
    """Claim beside every other writer, where the database has room for them (docs/adr/0010).

    What changes more than its own row is claimed alone: a message of the day, which others may
    be adding to, and what has lost its reader, which is promised to somebody else.
    """
    if post.database.has_room:
        try:
            with post.database.transaction(alone=False) as session:
                return _freeze(session, post, limit, tally, alone=False)
        except _NeedsTheHouse:  # rolled back: nothing is claimed yet
            pass
    with post.database.transaction() as session:
        return _freeze(session, post, limit, tally, alone=True)


def _freeze(session: Session, post: Post, limit: int, tally: Counter[str], *, alone: bool) -> list[Frozen] | None:
    now = post.now()
    if holds.is_open(session) or _is_paused(session, now):
        return None
    claimed = outbox.claim(session, now=now, pace=post.pace, limit=limit, by=post.name, digests=alone)
    if not claimed:
        if not alone and outbox.is_any_free(session, now=now, pace=post.pace):
            raise _NeedsTheHouse
        return None
    claimed = [notice for notice in claimed if not _put_off(session, post, notice, now)]
    if post.breaker:
        breaker.count_claimed(session, claimed, now)
    claimed = _with_readers(session, post, claimed, tally, alone=alone)
    frozen = [(notice, body) for notice in claimed if (body := bytes_of(session, post, notice, tally)) is not None]
    session.flush()
    write_beside(session, post, [notice for notice, _ in frozen], now)
    for notice, _ in frozen:
        session.expunge(notice)
    return frozen


def _put_off(session: Session, post: Post, notice: Notice, now: datetime) -> bool:
    """Have what may not leave at this hour, whatever kept it until now, wait for the next opening."""
    opening = post.pace.opening(notice, now)
    return opening > now and outbox.give_back(session, notice, notice.error, send_at=opening)


def _with_readers(
    session: Session, post: Post, claimed: list[Notice], tally: Counter[str], *, alone: bool
) -> list[Notice]:
    """Return what still has a reader; the rest is passed on to who holds the role now, or skipped with the reason."""
    now = post.now()
    lost = {one.notice.id: one for one in astray(session, claimed, civil_day(now))}
    if lost and not alone:
        raise _NeedsTheHouse
    for one in lost.values():
        passed_on = post.pass_on is not None and post.pass_on(session, one.notice, one.reason, now)
        tally["passed on" if passed_on else "skipped"] += 1
        if not passed_on or one.notice.status == "sending":
            skip(session, one.notice, one.reason, now)
    return [notice for notice in claimed if notice.id not in lost]


def _is_paused(session: Session, now: datetime) -> bool:
    state = session.get(ChannelState, "email")
    return state is not None and state.paused_until is not None and state.paused_until > now


def _hand_over(post: Post, batch: list[Frozen], tally: Counter[str]) -> None:
    """Send a batch; each settlement shares a transaction with the next message's "about to leave"."""
    previous: tuple[Notice, Answer] | None = None
    for number, (notice, body) in enumerate(batch):
        turn = again_if_crossed(partial(_turn, post, previous, notice))
        if turn == "held":
            return again_if_crossed(partial(_let_go, post, [left for left, _ in batch[number:]]))
        if turn == "passed":
            previous = None
            continue
        answer = post.mailer.send(notice.address or "", body)
        tally[answer.verdict] += 1
        previous = (notice, answer)
        if answer.verdict == "away":
            return again_if_crossed(partial(_pause, post, previous, [left for left, _ in batch[number + 1 :]]))
    again_if_crossed(partial(_turn, post, previous, None))
    return None


def _turn(post: Post, previous: tuple[Notice, Answer] | None, following: Notice | None) -> Turn:
    """Settle the message that left, and mark the one that is about to.

    That one is passed over when its claim was lost or it is too late in the day; and held when the
    mail was put on hold meanwhile.
    """
    now = post.now()
    with post.database.transaction(alone=False) as session:
        if previous is not None:
            outbox.settle(session, previous[0], previous[1], now=now, pace=post.pace)
            _breathe(session)
        if following is None or _put_off(session, post, following, now):
            return "passed"
        if outbox.begin_data(session, following, now=now, pace=post.pace):
            return "go"
        return "held" if holds.is_open(session) else "passed"


def _let_go(post: Post, left: list[Notice]) -> None:
    """Give back what was claimed before the mail was put on hold."""
    with post.database.transaction(alone=False) as session:
        for notice in left:
            outbox.give_back(session, notice, notice.error)


def _breathe(session: Session) -> None:
    """The server answered: forget its earlier failures."""
    state = session.get(ChannelState, "email")
    if state is not None and state.failures:
        state.failures, state.down_since, state.paused_until, state.reason = 0, None, None, ""


def _pause(post: Post, met: tuple[Notice, Answer], left: list[Notice]) -> None:
    """Pause the channel, and give back the message that met the silence and the rest of its batch."""
    now, answer = post.now(), met[1]
    with post.database.transaction(alone=False) as session:
        outbox.settle(session, met[0], answer, now=now, pace=post.pace)
        for notice in left:
            outbox.give_back(session, notice, answer.text)
        state = locked(session, ChannelState(channel="email"))
        until = now + min(post.pace.retry_base * 2 ** min(state.failures, 6), LONGEST_PAUSE)
        state.failures, state.down_since = state.failures + 1, state.down_since or now
        if state.paused_until is None or state.paused_until < until:
            state.paused_until, state.reason = until, answer.text
