"""Empties the outbox: claim, freeze the bytes, hand over, settle; one message at a time, the next never held back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlmodel import Session

from models import ChannelState, Notice, NoticeBody
from models.session import Database
from notifications import outbox
from notifications.answers import Answer, Mailer
from notifications.digests import children_of, full_facts
from notifications.messages import message_of
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.errors import Refusal

BATCH = 25
PAUSE = timedelta(minutes=5)


class Compose(Protocol):
    """Makes the bytes of a message from a notice and its facts."""

    def __call__(self, notice: Notice, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        """Return the bytes; raises where a message cannot be made."""


@dataclass(frozen=True)
class Post:
    """What the sending needs: a database, a server, a sender's address, a pace, a clock and a composer."""

    database: Database
    mailer: Mailer
    sender: Sender
    pace: Pace
    now: Callable[[], datetime]
    compose: Compose = message_of


def deliver(post: Post, *, limit: int = 100_000) -> Counter[str]:
    """Send what may leave now; return how many notices came to each verdict.

    Stops when the server is away: the channel pauses, and no notice fails for it.
    """
    tally: Counter[str] = Counter()
    while sum(tally.values()) < limit and not tally["away"]:
        batch = _claim_and_freeze(post, min(BATCH, limit - sum(tally.values())), tally)
        if batch is None:
            break
        _hand_over(post, batch, tally)
    post.mailer.close()
    return tally


Frozen = tuple[Notice, bytes]


def _claim_and_freeze(post: Post, limit: int, tally: Counter[str]) -> list[Frozen] | None:
    now = post.now()
    with post.database.transaction() as session:
        if _is_paused(session, now):
            return None
        claimed = outbox.claim(session, now=now, pace=post.pace, limit=limit)
        if not claimed:
            return None
        frozen = [(notice, body) for notice in claimed if (body := _bytes_of(session, post, notice, tally)) is not None]
        session.flush()
        for notice, _ in frozen:
            session.expunge(notice)
    return frozen


def _is_paused(session: Session, now: datetime) -> bool:
    state = session.get(ChannelState, "email")
    return state is not None and state.paused_until is not None and state.paused_until > now


def _bytes_of(session: Session, post: Post, notice: Notice, tally: Counter[str]) -> bytes | None:
    """Return the message as it was frozen at its first claim; None when there is none to send."""
    kept = session.get(NoticeBody, notice.id) if notice.attempts > 1 or notice.doubts else None
    if kept is not None:
        return kept.body
    facts = dict(notice.facts)
    if outbox.is_digest(notice):
        children = children_of(session, notice)
        if not children:
            _withdraw(notice, post.now())
            tally["cancelled"] += 1
            return None
        facts = full_facts(notice, children)
        for child in children:
            child.status = "sending"
    return _freeze(session, post, notice, facts, tally)


def _withdraw(notice: Notice, now: datetime) -> None:
    notice.status, notice.reason, notice.settled_at = "cancelled", "nothing left to tell", now


def _freeze(
    session: Session, post: Post, notice: Notice, facts: dict[str, object], tally: Counter[str]
) -> bytes | None:
    try:
        body = post.compose(notice, facts, post.sender, at=post.now())
    except (Refusal, ValueError, UnicodeError) as problem:
        session.flush()
        outbox.fail(session, notice, f"cannot be made into a message: {problem}", now=post.now())
        tally["failed"] += 1
        return None
    notice.body_digest = hashlib.sha256(body).hexdigest()
    session.add(NoticeBody(notice_id=notice.id or 0, body=body))
    return body


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
            _turn(post, previous, None)
            _pause(post, answer, [left for left, _ in batch[number + 1 :]])
            return
    _turn(post, previous, None)
    _tidy(post, [notice.id for notice, _ in batch if notice.id is not None])


def _turn(post: Post, previous: tuple[Notice, Answer] | None, following: Notice | None) -> bool:
    """Settle the message that left and mark the one that is about to; False when its claim was lost."""
    with post.database.transaction() as session:
        if previous is not None:
            outbox.settle(session, previous[0], previous[1], now=post.now(), pace=post.pace)
        return outbox.begin_data(session, following) if following is not None else True


def _pause(post: Post, answer: Answer, left: list[Notice]) -> None:
    """Pause the channel and give the rest of the batch back."""
    now = post.now()
    with post.database.transaction() as session:
        for notice in left:
            outbox.settle(session, notice, answer, now=now, pace=post.pace)
        state = session.get(ChannelState, "email") or ChannelState(channel="email")
        state.failures += 1
        state.paused_until = now + min(post.pace.retry_base * 2 ** min(state.failures - 1, 6), timedelta(hours=1))
        state.reason = answer.text
        session.add(state)


def _tidy(post: Post, ids: list[int]) -> None:
    """After a batch went through: drop the bytes that are settled, and let the channel breathe again."""
    with post.database.transaction() as session:
        outbox.sweep(session, ids)
        state = session.get(ChannelState, "email")
        if state is not None and state.failures:
            state.failures, state.paused_until, state.reason = 0, None, ""
