"""Has the bytes of messages made at their first claim, and keeps them until they are settled.

What making them needs (`notifications/making.py`) is gathered in the transaction of the claim, and they are written
down in one of their own: while they are made nobody is kept from writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, SQLModel

from models import NoticeBody
from models.notice import UNSETTLED
from models.sets import within
from notifications import copies, fenced, links, outbox
from notifications.claimed import ITEM_COLUMNS, TABLE, Claimed, Item, read_items
from notifications.making import Batch, Frozen, Made
from notifications.own_texts import frozen as own_text
from notifications.own_words import OwnText
from notifications.services import Services
from programme.errors import Refusal

BODY = SQLModel.metadata.tables[str(NoticeBody.__tablename__)]


def gather(session: Session, claimed: Sequence[Claimed], *, now: datetime) -> Batch:
    """Read what making these messages needs; what messages of the day tell begins to leave with them."""
    fresh = [notice for notice in claimed if not notice.body_digest]
    kept = _kept(session, [notice.id for notice in claimed if notice.body_digest])
    told = _told(session, [notice.id for notice in fresh if outbox.is_digest(notice)])
    return Batch(claimed, kept, told, _own_texts(session, fresh), now)


def _kept(session: Session, ids: Sequence[int]) -> dict[int, bytes]:
    if not ids:
        return {}
    rows = session.connection().execute(select(BODY.c.notice_id, BODY.c.body).where(BODY.c.notice_id.in_(ids)))
    return dict(rows.tuples().all())


def _told(session: Session, ids: Sequence[int]) -> Mapping[int, list[Item] | str]:
    """Have what messages of the day still tell begin to leave, and return it; an unreadable row spoils only its own."""
    if not ids:
        return {}
    say = session.connection().execute
    try:
        items = read_items(say(_telling(), {"ids": ids}))
    except ValueError as problem:
        alone = len(ids) == 1
        return {ids[0]: str(problem)} if alone else {k: v for one in ids for k, v in _told(session, [one]).items()}
    found: dict[int, list[Item]] = {one: [] for one in ids}
    for item in sorted(items, key=lambda one: one.key):
        found[item.digest_id].append(item)
    return found


@cache
def _telling() -> ReturningUpdate[Any]:
    mine = (within(TABLE.c.digest_id, "ids"), TABLE.c.status.in_(UNSETTLED))
    return update(TABLE).where(*mine).values(status="sending").returning(*ITEM_COLUMNS)


def _own_texts(session: Session, notices: Sequence[Claimed]) -> dict[str, OwnText | str]:
    """Return the cohorts' own texts that messages were promised with, or why one cannot be had."""
    found: dict[str, OwnText | str] = {}
    for version in {notice.template_version for notice in notices if "@" in notice.template_version}:
        try:
            text = own_text(session, version)
        except Refusal as problem:
            found[version] = str(problem)
        else:
            found |= {version: text} if text else {}
    return found


def keep(
    session: Session, batch: Batch, made: Made, services: Services | None, done: Sequence[int] = ()
) -> list[Frozen]:
    """Write down what was made, and return what may be handed over: that, and what was frozen before.

    What somebody else has claimed meanwhile is left to them, and left out of what was made. The bytes of what is
    ``done`` make room for these: overwriting them one message after the other would write each page twice.
    """
    fenced.forget_bodies(session.connection(), done)
    made.without(_freeze(session, batch, made))
    for notice in batch.notices:
        if notice.id in made.failed:
            outbox.fail(session, notice, made.failed[notice.id], now=batch.now)
        elif notice.id in made.empty:
            cancelled = {"status": "cancelled", "reason": "nothing left to tell", "settled_at": batch.now}
            fenced.change(session, notice, cancelled)
    for item_id, reason in (one for some in made.parked.values() for one in some):
        fenced.park_told(session, item_id, reason, batch.now)
    bodies = {**batch.kept, **{one: body for one, (_, body) in made.bodies.items()}}
    frozen = [(notice, bodies[notice.id]) for notice in batch.notices if notice.id in bodies]
    _write_beside(session, batch.now, made, [notice for notice, _ in frozen], services)
    return frozen


def _freeze(session: Session, batch: Batch, made: Made) -> set[int]:
    """Keep the bytes with their digests, all at once if all claims hold, else one by one; return whose do not."""
    rows = [(notice, *made.bodies[notice.id]) for notice in batch.notices if notice.id in made.bodies]
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


def _write_beside(
    session: Session, now: datetime, made: Made, frozen: Sequence[Claimed], services: Services | None
) -> None:
    """Write down what goes with frozen messages: the hashes of their links, and the copies for other services."""
    if made.links:
        links.keep(session, now, frozen, made.links)
    if services is not None:
        copies.make(session, services, frozen, now)
