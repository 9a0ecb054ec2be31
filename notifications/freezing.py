"""Makes the bytes of messages at their first claim, and keeps them until they are settled."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

from models import NoticeBody
from models.notice import UNSETTLED
from notifications import copies, links, outbox
from notifications.claimed import COLUMNS, TABLE, Claimed, read, write
from notifications.digests import full_facts
from notifications.own_texts import with_own_text
from notifications.post import Post
from programme.errors import Refusal

BODY = SQLModel.metadata.tables[str(NoticeBody.__tablename__)]
Frozen = tuple[Claimed, bytes]


@dataclass
class Batch:
    """Messages that are made together: what they tell and what was frozen is read at once, and written at once."""

    session: Session
    post: Post
    tally: Counter[str]
    told: Mapping[int, list[Claimed]]
    kept: Mapping[int, bytes]
    now: datetime
    made: list[Frozen] = field(default_factory=list)
    telling: list[Claimed] = field(default_factory=list)
    """What messages of the day tell that were made now: it leaves with them."""


def freeze(session: Session, post: Post, claimed: Sequence[Claimed], tally: Counter[str]) -> list[Frozen]:
    """Return the messages as they were frozen at their first claim, without those that there is nothing to send of."""
    fresh = [notice for notice in claimed if not notice.body_digest]
    kept = _kept(session, [notice.id for notice in claimed if notice.body_digest])
    told = _told(session, [notice.id for notice in fresh if outbox.is_digest(notice)])
    batch = Batch(session, post, tally, told, kept, post.now())
    frozen = [(notice, body) for notice in claimed if (body := bytes_of(batch, notice)) is not None]
    _write(batch)
    _write_beside(session, post, [notice for notice, _ in frozen], batch.now)
    return frozen


def _kept(session: Session, ids: Sequence[int]) -> dict[int, bytes]:
    if not ids:
        return {}
    rows = session.connection().execute(select(BODY.c.notice_id, BODY.c.body).where(BODY.c.notice_id.in_(ids)))
    return dict(rows.tuples().all())


def _told(session: Session, ids: Sequence[int]) -> dict[int, list[Claimed]]:
    """Return what messages of the day have still to say; nothing where a row cannot be read: ask one by one then."""
    found: dict[int, list[Claimed]] = {one: [] for one in ids}
    if not ids:
        return found
    try:
        for child in read(session.connection().execute(_telling(), {"ids": ids})):
            found[child.digest_id or 0].append(child)
    except ValueError:
        return {}
    return found


@cache
def _telling() -> Select[Any]:
    """Ask for what these messages of the day have still to say."""
    mine = (TABLE.c.digest_id.in_(bindparam("ids", expanding=True)), TABLE.c.status.in_(UNSETTLED))
    return select(*COLUMNS).where(*mine).order_by(TABLE.c.digest_id, TABLE.c.key)


def _children(batch: Batch, digest: Claimed) -> list[Claimed]:
    known = batch.told.get(digest.id)
    if known is not None:
        return known
    return read(batch.session.connection().execute(_telling(), {"ids": [digest.id]}))


def bytes_of(batch: Batch, notice: Claimed) -> bytes | None:
    """Return the message as it was frozen at its first claim; None when there is none to send."""
    if notice.id in batch.kept:
        return batch.kept[notice.id]
    try:
        body = _compose_digest(batch, notice) if outbox.is_digest(notice) else _compose_one(batch, notice)
    except (SQLAlchemyError, MemoryError):  # the machine's trouble, not the notice's
        raise
    except Exception as problem:  # noqa: BLE001 - poison of any kind is parked with its reason, the others leave
        reason = f"cannot be made into a message: {_words_for(problem)}"
        outbox.fail(batch.session, notice, reason, now=batch.now)
        batch.tally["failed"] += 1
        return None
    if body is None:
        cancelled = {"status": "cancelled", "reason": "nothing left to tell", "settled_at": batch.now}
        write(batch.session, notice, cancelled)
        batch.tally["cancelled"] += 1
        return None
    batch.made.append((notice, body))
    return body


def _write(batch: Batch) -> None:
    """Write down what was made."""
    say = batch.session.connection().execute
    if batch.made:
        digests = [(notice.id, hashlib.sha256(body).hexdigest()) for notice, body in batch.made]
        say(_digesting(), [{"its_id": one, "new_digest": digest} for one, digest in digests])
        say(insert(BODY), [{"notice_id": notice.id, "body": body} for notice, body in batch.made])
    if batch.telling:
        say(_leaving(), [{"its_id": child.id} for child in batch.telling])


@cache
def _digesting() -> Update:
    return update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(body_digest=bindparam("new_digest"))


@cache
def _leaving() -> Update:
    return update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(status="sending")


def _write_beside(session: Session, post: Post, frozen: Sequence[Claimed], now: datetime) -> None:
    """Write down what goes with frozen messages: the hashes of their links, and the copies for other services."""
    if post.links is not None:
        links.keep(session, now, frozen)
    if post.services is not None:
        copies.make(session, post.services, frozen, now)


def _words_for(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Refusal | ValueError) else repr(problem)


def _compose_one(batch: Batch, notice: Claimed) -> bytes:
    """Make a message of its facts, its cohort's own text, and the link that ends its kind where it may be refused."""
    made = batch.post.links
    url = made.to_refuse(batch.session, notice, batch.now) if made is not None else None
    facts = with_own_text(batch.session, notice, notice.facts)
    return _compose(batch, notice, {**facts, "refuse_url": url} if url else facts)


def _items(batch: Batch, digest: Claimed, children: Sequence[Claimed]) -> dict[str, Any]:
    """Return the facts of a message of the day, each thing to do with its link."""
    made = batch.post.links
    if made is None:
        return full_facts(digest, children)
    urls = {child.key: made.to_step(batch.session, digest, child, batch.now) for child in children}
    return full_facts(digest, children, urls)


def _compose(batch: Batch, notice: Claimed, facts: Mapping[str, Any]) -> bytes:
    return batch.post.compose(notice, facts, batch.post.sender, at=batch.now)


def _compose_digest(batch: Batch, digest: Claimed) -> bytes | None:
    """Make a message of the day of what is still to be told; an item that cannot be said is parked alone."""
    children = _children(batch, digest)
    if not children:
        return None
    try:
        body = _compose(batch, digest, _items(batch, digest, children))
    except Exception as problem:
        good = [child for child in children if _can_be_said(batch, digest, child)]
        if not good:
            raise
        _park(batch, [child for child in children if child not in good], problem)
        children = good
        body = _compose(batch, digest, _items(batch, digest, children))
    batch.telling += children
    return body


def _can_be_said(batch: Batch, digest: Claimed, child: Claimed) -> bool:
    try:
        _compose(batch, digest, full_facts(digest, [child]))
    except Exception:  # noqa: BLE001 - the first one's reason is kept
        return False
    return True


def _park(batch: Batch, bad: Iterable[Claimed], problem: Exception) -> None:
    reason = f"cannot be said in the message of the day: {_words_for(problem)}"
    for child in bad:
        write(batch.session, child, {"status": "failed", "settled_at": batch.now, "reason": reason})
