"""What is said to the database for every single message: built once, for building costs ten times the saying.

Every change of a claimed notice holds only while its claim is ours: the token is the fence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, delete, update
from sqlmodel import Session, SQLModel

from models import Notice, NoticeBody
from models.notice import UNSETTLED
from notifications import holds
from notifications.claimed import Claimed

_TABLES = SQLModel.metadata.tables
_NOTICE, _BODY = _TABLES[str(Notice.__tablename__)], _TABLES[str(NoticeBody.__tablename__)]
_FORGET = delete(_BODY).where(_BODY.c.notice_id == bindparam("told_id"))
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
    session: Session, notices: Sequence[Claimed], values: Mapping[str, object], *, unless_held: bool = False
) -> None:
    """Make the same change to claimed notices in one go: to all of them, else `ClaimLost`, and it is to be undone."""
    if not notices:
        return
    common = {f"new_{name}": value for name, value in values.items()}
    rows = [{"our_id": notice.id, "our_token": notice.token, **common} for notice in notices]
    done = session.connection().execute(_changing(tuple(values), unless_held=unless_held), rows)
    if done.rowcount != len(rows):
        raise ClaimLost


@cache
def _changing(names: Sequence[str], *, unless_held: bool) -> Update:
    ours = (
        _NOTICE.c.id == bindparam("our_id"),
        _NOTICE.c.token == bindparam("our_token"),
        _NOTICE.c.status == "sending",
    )
    conditions = (*ours, holds.none_open()) if unless_held else ours
    return update(_NOTICE).where(*conditions).values(_new(names))


def _new(names: Sequence[str]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}") for name in names}


def forget_body(session: Session, notice_id: int) -> None:
    """Drop the frozen bytes of a message that is settled."""
    session.connection().execute(_FORGET, {"told_id": notice_id})


def forget_bodies(session: Session, notice_ids: Sequence[int]) -> None:
    """Drop the frozen bytes of messages that are settled."""
    if notice_ids:
        session.connection().execute(_FORGET, [{"told_id": one} for one in notice_ids])


def settle_told(session: Session, digest_id: int, status: str, reason: str, now: datetime) -> None:
    """Settle what a message of the day told, or (when it failed) was to tell, as the message itself."""
    session.connection().execute(
        _telling(UNSETTLED if status == "failed" else ("sending",)),
        {
            "told_by": digest_id,
            "new_status": status,
            "new_reason": reason,
            "new_sent_at": now if status == "sent" else None,
            "new_settled_at": now,
        },
    )


@cache
def _telling(told: Sequence[str]) -> Update:
    mine = (_NOTICE.c.digest_id == bindparam("told_by"), _NOTICE.c.status.in_(told))
    return update(_NOTICE).where(*mine).values(_new(_TELLING))
