"""What is said to the database for every single message: built once, for building costs ten times the saying.

Every change of a claimed notice holds only while its claim is ours: the token is the fence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, delete, insert, select, update
from sqlmodel import Session, SQLModel

from models import Notice, NoticeBody
from models.notice import UNSETTLED
from models.session import Database
from models.sets import within
from models.spoken import Spoken
from notifications import holds
from notifications.claimed import Claimed

_TABLES = SQLModel.metadata.tables
_NOTICE, _BODY = _TABLES[str(Notice.__tablename__)], _TABLES[str(NoticeBody.__tablename__)]
_FORGET = delete(_BODY).where(_BODY.c.notice_id == bindparam("told_id"))
_LEFT = (
    select(_BODY.c.notice_id).join(_NOTICE, _NOTICE.c.id == _BODY.c.notice_id).where(_NOTICE.c.status.not_in(UNSETTLED))
)
_NO_WAIT: dict[str, Any] = {"of": _BODY, "skip_locked": True}
_TELLING = ("status", "reason", "sent_at", "settled_at")


def change(session: Session, notice: Claimed, values: Mapping[str, object], *, unless_held: bool = False) -> bool:
    """Change a claimed notice; False when its claim was lost (or, ``unless_held``, when the mail is on hold)."""
    statement = _changing(tuple(values), unless_held=unless_held)
    named = {f"new_{name}": value for name, value in values.items()}
    result = session.connection().execute(statement, {"our_id": notice.id, "our_token": notice.token, **named})
    return result.rowcount == 1


class ClaimLost(Exception):  # noqa: N818 - no error: what was to be changed at once is changed one by one
    """Not every claim was ours any more (or the mail is on hold)."""


def change_all(
    connection: Connection, notices: Sequence[Claimed], values: Mapping[str, object], *, unless_held: bool = False
) -> None:
    """Make the same change to claimed notices in one go: to all of them, else `ClaimLost`, and it is to be undone."""
    shared = {f"new_{name}": value for name, value in values.items()}
    done = _changing_all(tuple(values), unless_held=unless_held).say(connection, _named(notices), **shared)
    if done != len(notices):
        raise ClaimLost


def freeze_all(connection: Connection, frozen: Sequence[tuple[Claimed, str, bytes]]) -> None:
    """Keep the bytes of claimed messages, each with its digest: all of them, else `ClaimLost`."""
    digests = [(*ours, digest) for ours, (_, digest, _) in zip(_named([one[0] for one in frozen]), frozen, strict=True)]
    if _FREEZING.say(connection, digests) != len(frozen):
        raise ClaimLost
    _KEEPING.say(connection, [(notice.id, body) for notice, _, body in frozen])


def _named(notices: Sequence[Claimed]) -> list[tuple[int, int]]:
    return [(notice.id, notice.token) for notice in notices]


@cache
def _changing(names: Sequence[str], *, unless_held: bool) -> Update:
    ours = (
        _NOTICE.c.id == bindparam("our_id"),
        _NOTICE.c.token == bindparam("our_token"),
        _NOTICE.c.status == "sending",
    )
    conditions = (*ours, holds.none_open()) if unless_held else ours
    return update(_NOTICE).where(*conditions).values(_new(names))


@cache
def _changing_all(names: Sequence[str], *, unless_held: bool) -> Spoken:
    return Spoken(_changing(names, unless_held=unless_held), _OURS)


def _new(names: Sequence[str]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}") for name in names}


def forget_body(session: Session, notice_id: int) -> None:
    """Drop the frozen bytes of a message that is settled."""
    session.connection().execute(_FORGET, {"told_id": notice_id})


def forget_bodies(connection: Connection, notice_ids: Sequence[int]) -> None:
    """Drop the frozen bytes of messages that are settled."""
    _FORGETTING.say(connection, [(one,) for one in notice_ids])


def forget_settled(database: Database) -> None:
    """Drop the frozen bytes of settled messages that a sender left which was killed."""
    with database.reading() as session:
        is_left = session.connection().execute(_LEFT.limit(1)).first() is not None
    if is_left:
        with database.transaction(alone=False) as session:
            forget_left(session.connection())


def forget_left(connection: Connection) -> None:
    """Drop the frozen bytes of all settled messages, but for those that somebody else is dropping."""
    connection.execute(delete(_BODY).where(_BODY.c.notice_id.in_(_LEFT.with_for_update(**_NO_WAIT))))


def settle_told(connection: Connection, digest_ids: Sequence[int], status: str, reason: str, now: datetime) -> None:
    """Settle what messages of the day told, or (when they failed) were to tell, as the messages themselves."""
    connection.execute(
        _telling(UNSETTLED if status == "failed" else ("sending",)),
        {
            "told_by": digest_ids,
            "new_status": status,
            "new_reason": reason,
            "new_sent_at": now if status == "sent" else None,
            "new_settled_at": now,
        },
    )


def park_told(session: Session, notice_id: int, reason: str, now: datetime) -> None:
    """Set aside what cannot be said in a message of the day that has begun to leave."""
    parked = {"status": "failed", "reason": reason, "settled_at": now}
    ours = (_NOTICE.c.id == notice_id, _NOTICE.c.status == "sending")
    session.connection().execute(update(_NOTICE).where(*ours).values(parked))


@cache
def _telling(told: Sequence[str]) -> Update:
    mine = (within(_NOTICE.c.digest_id, "told_by"), _NOTICE.c.status.in_(told))
    return update(_NOTICE).where(*mine).values(_new(_TELLING))


_OURS = ("our_id", "our_token")
_FORGETTING = Spoken(_FORGET, ("told_id",))
_FREEZING = Spoken(_changing(("body_digest",), unless_held=False), (*_OURS, "new_body_digest"))
_KEEPING = Spoken(insert(_BODY).values(_new(("notice_id", "body"))), ("new_notice_id", "new_body"))
