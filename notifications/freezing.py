"""Makes the bytes of a message at its first claim, and keeps them until it is settled."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models import Notice, NoticeBody
from notifications import copies, links, outbox
from notifications.digests import children_of, full_facts
from notifications.own_texts import with_own_text
from notifications.post import Post
from programme.errors import Refusal


def write_beside(session: Session, post: Post, frozen: list[Notice], now: datetime) -> None:
    """Write down what goes with frozen messages: the hashes of their links, and the copies for other services."""
    if post.links is not None:
        links.keep(session, now, frozen)
    if post.services is not None:
        copies.make(session, post.services, frozen, now)


def bytes_of(session: Session, post: Post, notice: Notice, tally: Counter[str]) -> bytes | None:
    """Return the message as it was frozen at its first claim; None when there is none to send."""
    kept = session.get(NoticeBody, notice.id) if notice.body_digest else None
    if kept is not None:
        return kept.body
    try:
        body = (
            _compose_digest(session, post, notice)
            if outbox.is_digest(notice)
            else _compose(post, notice, _with_refusal(session, post, notice))
        )
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


def _with_refusal(session: Session, post: Post, notice: Notice) -> dict[str, Any]:
    """Return a message's facts, its cohort's own text, and the link that ends its kind where it may be refused."""
    url = post.links.to_refuse(session, notice, post.now()) if post.links is not None else None
    return with_own_text(session, notice, notice.facts) | ({"refuse_url": url} if url else {})


def _items(session: Session, post: Post, digest: Notice, children: list[Notice]) -> dict[str, Any]:
    """Return the facts of a message of the day, each thing to do with its link."""
    if post.links is None:
        return full_facts(digest, children)
    now, made = post.now(), post.links
    return full_facts(digest, children, {child.key: made.to_step(session, digest, child, now) for child in children})


def _compose(post: Post, notice: Notice, facts: Mapping[str, Any] | None = None) -> bytes:
    return post.compose(notice, dict(notice.facts if facts is None else facts), post.sender, at=post.now())


def _compose_digest(session: Session, post: Post, digest: Notice) -> bytes | None:
    """Make a message of the day of what is still to be told; an item that cannot be said is parked alone."""
    children = children_of(session, digest, ("pending", "sending"))
    if not children:
        return None
    try:
        body = _compose(post, digest, _items(session, post, digest, children))
    except Exception as problem:
        children = [child for child in children if _can_be_said(post, digest, child)]
        if not children:
            raise
        _park_all_but(session, digest, children, problem, post.now())
        body = _compose(post, digest, _items(session, post, digest, children))
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
