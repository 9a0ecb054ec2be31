"""Makes the bytes of messages at their first claim, and keeps them until they are settled.

What making them needs is gathered in the transaction of the claim, and they are written down in one of their own:
while they are made nobody is kept from writing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, SQLModel

from models import NoticeBody
from models.notice import UNSETTLED
from models.sets import within
from notifications import copies, fenced, links, outbox
from notifications.claimed import ITEM_COLUMNS, TABLE, Claimed, Item, read_items
from notifications.digests import full_facts
from notifications.links import Noted
from notifications.own_texts import frozen as own_text
from notifications.own_words import OWN_TEXT, OwnText
from notifications.post import Post
from programme.errors import Refusal

BODY = SQLModel.metadata.tables[str(NoticeBody.__tablename__)]
Frozen = tuple[Claimed, bytes]


@dataclass
class Batch:
    """Messages that were claimed together, with what making them needs; then what came of it."""

    post: Post
    notices: Sequence[Claimed]
    kept: Mapping[int, bytes]
    told: Mapping[int, list[Item] | ValueError]
    own: Mapping[str, OwnText | Refusal]
    now: datetime
    made: list[Frozen] = field(default_factory=list)
    links: Noted = field(default_factory=dict)
    failed: list[tuple[Claimed, str]] = field(default_factory=list)
    empty: list[Claimed] = field(default_factory=list)
    parked: dict[int, list[tuple[Item, str]]] = field(default_factory=dict)
    """By the message of the day that they cannot be said in."""

    def without(self, lost: Iterable[int]) -> None:
        """Leave out what somebody else has claimed meanwhile."""
        gone = {*lost}
        self.made = [one for one in self.made if one[0].id not in gone]
        self.failed = [one for one in self.failed if one[0].id not in gone]
        self.empty = [one for one in self.empty if one.id not in gone]
        self.parked = {one: some for one, some in self.parked.items() if one not in gone}


def gather(session: Session, post: Post, claimed: Sequence[Claimed]) -> Batch:
    """Read what making these messages needs; what messages of the day tell begins to leave with them."""
    fresh = [notice for notice in claimed if not notice.body_digest]
    kept = _kept(session, [notice.id for notice in claimed if notice.body_digest])
    told = _told(session, [notice.id for notice in fresh if outbox.is_digest(notice)])
    return Batch(post, claimed, kept, told, _own_texts(session, fresh), post.now())


def _kept(session: Session, ids: Sequence[int]) -> dict[int, bytes]:
    if not ids:
        return {}
    rows = session.connection().execute(select(BODY.c.notice_id, BODY.c.body).where(BODY.c.notice_id.in_(ids)))
    return dict(rows.tuples().all())


def _told(session: Session, ids: Sequence[int]) -> Mapping[int, list[Item] | ValueError]:
    """Have what messages of the day still tell begin to leave, and return it; an unreadable row spoils only its own."""
    if not ids:
        return {}
    say = session.connection().execute
    try:
        items = read_items(say(_telling(), {"ids": ids}))
    except ValueError as problem:
        return {ids[0]: problem} if len(ids) == 1 else {k: v for one in ids for k, v in _told(session, [one]).items()}
    found: dict[int, list[Item]] = {one: [] for one in ids}
    for item in sorted(items, key=lambda one: one.key):
        found[item.digest_id].append(item)
    return found


@cache
def _telling() -> ReturningUpdate[Any]:
    mine = (within(TABLE.c.digest_id, "ids"), TABLE.c.status.in_(UNSETTLED))
    return update(TABLE).where(*mine).values(status="sending").returning(*ITEM_COLUMNS)


def _own_texts(session: Session, notices: Sequence[Claimed]) -> dict[str, OwnText | Refusal]:
    """Return the cohorts' own texts that messages were promised with, or why one cannot be had."""
    found: dict[str, OwnText | Refusal] = {}
    for version in {notice.template_version for notice in notices if "@" in notice.template_version}:
        try:
            text = own_text(session, version)
        except Refusal as problem:
            found[version] = problem
        else:
            found |= {version: text} if text else {}
    return found


def make(batch: Batch) -> None:
    """Make the messages that were not frozen before; poison of any kind is noted, and the others are made."""
    for notice in batch.notices:
        if notice.id in batch.kept:
            continue
        try:
            body = _compose_digest(batch, notice) if outbox.is_digest(notice) else _compose_one(batch, notice)
        except (SQLAlchemyError, MemoryError):  # the machine's trouble, not the notice's
            raise
        except Exception as problem:  # noqa: BLE001 - it is parked with its reason, the others leave
            batch.failed.append((notice, f"cannot be made into a message: {_words_for(problem)}"))
        else:
            if body is None:
                batch.empty.append(notice)
            else:
                batch.made.append((notice, body))


def _words_for(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Refusal | ValueError) else repr(problem)


def _compose_one(batch: Batch, notice: Claimed) -> bytes:
    """Make a message of its facts, its cohort's own text, and the link that ends its kind where it may be refused."""
    made, facts = batch.post.links, dict(notice.facts)
    url = made.to_refuse(batch.links, notice, batch.now) if made is not None else None
    if url:
        facts["refuse_url"] = url
    own = batch.own.get(notice.template_version)
    if isinstance(own, Refusal):
        raise own
    return _compose(batch, notice, {**facts, OWN_TEXT: own} if own else facts)


def _items(batch: Batch, digest: Claimed, items: Sequence[Item]) -> dict[str, Any]:
    """Return the facts of a message of the day, each thing to do with its link."""
    made = batch.post.links
    if made is None:
        return full_facts(digest, items)
    urls = {item.key: made.to_step(batch.links, digest, item, batch.now) for item in items}
    return full_facts(digest, items, urls)


def _compose(batch: Batch, notice: Claimed, facts: Mapping[str, Any]) -> bytes:
    return batch.post.compose(notice, facts, batch.post.sender, at=batch.now)


def _compose_digest(batch: Batch, digest: Claimed) -> bytes | None:
    """Make a message of the day of what is still to be told; an item that cannot be said is parked alone."""
    items = batch.told[digest.id]
    if isinstance(items, ValueError):
        raise items
    if not items:
        return None
    try:
        return _compose(batch, digest, _items(batch, digest, items))
    except Exception as problem:
        good = [item for item in items if _can_be_said(batch, digest, item)]
        if not good:
            raise
        reason = f"cannot be said in the message of the day: {_words_for(problem)}"
        batch.parked[digest.id] = [(item, reason) for item in items if item not in good]
        return _compose(batch, digest, _items(batch, digest, good))


def _can_be_said(batch: Batch, digest: Claimed, item: Item) -> bool:
    try:
        _compose(batch, digest, full_facts(digest, [item]))
    except Exception:  # noqa: BLE001 - the first one's reason is kept
        return False
    return True


def keep(session: Session, batch: Batch) -> list[Frozen]:
    """Write down what was made, and return what may be handed over: that, and what was frozen before.

    What somebody else has claimed meanwhile is left to them.
    """
    lost = _freeze(session, batch)
    batch.without(lost)
    for notice, reason in batch.failed:
        outbox.fail(session, notice, reason, now=batch.now)
    for notice in batch.empty:
        cancelled = {"status": "cancelled", "reason": "nothing left to tell", "settled_at": batch.now}
        fenced.change(session, notice, cancelled)
    for item, reason in (one for some in batch.parked.values() for one in some):
        fenced.park_told(session, item.id, reason, batch.now)
    bodies = {**batch.kept, **{notice.id: body for notice, body in batch.made}}
    frozen = [(notice, bodies[notice.id]) for notice in batch.notices if notice.id in bodies]
    _write_beside(session, batch, [notice for notice, _ in frozen])
    return frozen


def _freeze(session: Session, batch: Batch) -> set[int]:
    """Keep the bytes with their digests, all at once if all claims hold, else one by one; return whose do not."""
    rows = [(notice, hashlib.sha256(body).hexdigest(), body) for notice, body in batch.made]
    with suppress(fenced.ClaimLost):  # raised before any bytes are kept: what it has said till then is said again
        fenced.freeze_all(session.connection(), rows)
        return set()
    lost = set()
    for row in rows:
        try:
            fenced.freeze_all(session.connection(), [row])
        except fenced.ClaimLost:
            lost.add(row[0].id)
    return lost


def _write_beside(session: Session, batch: Batch, frozen: Sequence[Claimed]) -> None:
    """Write down what goes with frozen messages: the hashes of their links, and the copies for other services."""
    if batch.links:
        links.keep(session, batch.now, frozen, batch.links)
    if batch.post.services is not None:
        copies.make(session, batch.post.services, frozen, batch.now)
