"""Empties the outbox: claim, freeze the bytes, hand over, settle; one message at a time, the next never held back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models import ChannelState, Notice, NoticeBody
from models.session import Database
from notifications import outbox
from notifications.answers import Answer, Mailer
from notifications.backlog import settle_late
from notifications.digests import children_of, full_facts
from notifications.holders import astray, skip
from notifications.messages import message_of
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.civil import civil_day
from programme.errors import Refusal

BATCH = 25
LONGEST_PAUSE = timedelta(hours=1)


class Compose(Protocol):
    """Makes the bytes of a message from a notice and its facts."""

    def __call__(self, notice: Notice, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        """Return the bytes; raises where a message cannot be made."""


class PassOn(Protocol):
    """Finds another reader for what has lost its own: whoever holds the role now, or a coach who calls."""

    def __call__(self, session: Session, notice: Notice, reason: str, now: datetime) -> bool:
        """Return whether somebody else will hear of it."""


@dataclass(frozen=True)
class Post:
    """What the sending needs: a database, a server, a sender's address, a pace, a clock, a composer, the
    name of this process on its claims, and what finds another reader for what has lost its own."""

    database: Database
    mailer: Mailer
    sender: Sender
    pace: Pace
    now: Callable[[], datetime]
    compose: Compose = message_of
    name: str = ""
    pass_on: PassOn | None = None


def deliver(post: Post, *, limit: int = 100_000) -> Counter[str]:
    """Send what may leave now; return how many notices came to each verdict.

    Stops when the server is away: the channel pauses, and no notice fails for it.
    """
    tally: Counter[str] = Counter()
    settle_late(post.database, post.now())
    try:
        while sum(tally.values()) < limit and not tally["away"]:
            batch = _claim_and_freeze(post, min(BATCH, limit - sum(tally.values())), tally)
            if batch is None:
                break
            _hand_over(post, batch, tally)
    finally:
        post.mailer.close()
    return tally


Frozen = tuple[Notice, bytes]


def _claim_and_freeze(post: Post, limit: int, tally: Counter[str]) -> list[Frozen] | None:
    now = post.now()
    with post.database.transaction() as session:
        if _is_paused(session, now):
            return None
        claimed = outbox.claim(session, now=now, pace=post.pace, limit=limit, by=post.name)
        if not claimed:
            return None
        claimed = _with_readers(session, post, claimed, tally)
        frozen = [(notice, body) for notice in claimed if (body := _bytes_of(session, post, notice, tally)) is not None]
        session.flush()
        for notice, _ in frozen:
            session.expunge(notice)
    return frozen


def _with_readers(session: Session, post: Post, claimed: list[Notice], tally: Counter[str]) -> list[Notice]:
    """Return what still has a reader; the rest is passed on to who holds the role now, or skipped with the reason."""
    now = post.now()
    lost = {one.notice.id: one for one in astray(session, claimed, civil_day(now))}
    for one in lost.values():
        passed_on = post.pass_on is not None and post.pass_on(session, one.notice, one.reason, now)
        tally["passed on" if passed_on else "skipped"] += 1
        if not passed_on or one.notice.status == "sending":
            skip(session, one.notice, one.reason, now)
    return [notice for notice in claimed if notice.id not in lost]


def _is_paused(session: Session, now: datetime) -> bool:
    state = session.get(ChannelState, "email")
    return state is not None and state.paused_until is not None and state.paused_until > now


def _bytes_of(session: Session, post: Post, notice: Notice, tally: Counter[str]) -> bytes | None:
    """Return the message as it was frozen at its first claim; None when there is none to send."""
    kept = session.get(NoticeBody, notice.id) if notice.body_digest else None
    if kept is not None:
        return kept.body
    try:
        body = _compose_digest(session, post, notice) if outbox.is_digest(notice) else _compose(post, notice)
    except (SQLAlchemyError, MemoryError):  # the machine's trouble, not the notice's
        raise
    except Exception as problem:  # noqa: BLE001 - poison of any kind is parked with its reason, the others leave
        outbox.fail(session, notice, f"cannot be made into a message: {_words_for(problem)}", now=post.now())
        tally["failed"] += 1
        return None
    if body is None:
        notice.status, notice.reason, notice.settled_at = "cancelled", "nothing left to tell", post.now()
        tally["cancelled"] += 1
        return None
    notice.body_digest = hashlib.sha256(body).hexdigest()
    session.add(NoticeBody(notice_id=notice.id or 0, body=body))
    return body


def _words_for(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Refusal | ValueError) else repr(problem)


def _compose(post: Post, notice: Notice, facts: Mapping[str, Any] | None = None) -> bytes:
    return post.compose(notice, dict(notice.facts if facts is None else facts), post.sender, at=post.now())


def _compose_digest(session: Session, post: Post, digest: Notice) -> bytes | None:
    """Make a message of the day of what is still to be told; an item that cannot be said is parked alone."""
    children = children_of(session, digest, ("pending", "sending"))
    if not children:
        return None
    try:
        body = _compose(post, digest, full_facts(digest, children))
    except Exception as problem:
        children = [child for child in children if _can_be_said(post, digest, child)]
        if not children:
            raise
        _park_all_but(session, digest, children, problem, post.now())
        body = _compose(post, digest, full_facts(digest, children))
    for child in children:
        child.status = "sending"
    session.flush()
    return body


def _can_be_said(post: Post, digest: Notice, child: Notice) -> bool:
    try:
        _compose(post, digest, full_facts(digest, [child]))
    except Exception:  # noqa: BLE001 - the first one's reason is kept
        return False
    return True


def _park_all_but(session: Session, digest: Notice, good: list[Notice], problem: Exception, now: datetime) -> None:
    spared = {child.id for child in good}
    for child in children_of(session, digest, ("pending", "sending")):
        if child.id not in spared:
            child.status, child.settled_at = "failed", now
            child.reason = f"cannot be said in the message of the day: {_words_for(problem)}"


def _hand_over(post: Post, batch: list[Frozen], tally: Counter[str]) -> None:
    """Send a batch; each settlement shares a transaction with the next message's "about to leave"."""
    previous: tuple[Notice, Answer] | None = None
    for number, (notice, body) in enumerate(batch):
        if not _turn(post, previous, notice):
            previous = None
            continue
        answer = post.mailer.send(notice.address or "", body)
        tally[answer.verdict] += 1
        previous = (notice, answer)
        if answer.verdict == "away":
            _pause(post, previous, [left for left, _ in batch[number + 1 :]])
            return
    _turn(post, previous, None)


def _turn(post: Post, previous: tuple[Notice, Answer] | None, following: Notice | None) -> bool:
    """Settle the message that left and mark the one that is about to; False when its claim was lost."""
    now = post.now()
    with post.database.transaction() as session:
        if previous is not None:
            outbox.settle(session, previous[0], previous[1], now=now, pace=post.pace)
            _breathe(session, now)
        return outbox.begin_data(session, following, now=now, pace=post.pace) if following is not None else True


def _breathe(session: Session, now: datetime) -> None:
    """The server answered: forget its earlier failures; a person's hold (longer than any pause) stays."""
    state = session.get(ChannelState, "email")
    held = state is not None and state.paused_until is not None and state.paused_until > now + LONGEST_PAUSE
    if state is not None and state.failures and not held:
        state.failures, state.paused_until, state.reason = 0, None, ""


def _pause(post: Post, met: tuple[Notice, Answer], left: list[Notice]) -> None:
    """Pause the channel, and give back the message that met the silence and the rest of its batch."""
    now, answer = post.now(), met[1]
    with post.database.transaction() as session:
        outbox.settle(session, met[0], answer, now=now, pace=post.pace)
        for notice in left:
            outbox.give_back(session, notice, answer)
        state = session.get(ChannelState, "email") or ChannelState(channel="email")
        until = now + min(post.pace.retry_base * 2 ** min(state.failures, 6), LONGEST_PAUSE)
        state.failures += 1
        if state.paused_until is None or state.paused_until < until:
            state.paused_until, state.reason = until, answer.text
        session.add(state)
