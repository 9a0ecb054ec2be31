"""Holds of the mail: set by a person, by a restore or by the breaker; only a person lets go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, text, update
from sqlmodel import Session, col, select

from models import ChannelState, Hold, Notice
from models.notice import IN_OUTBOX
from programme.civil import wall
from programme.counts import mails_beyond
from programme.wording import Sentence, sentence

MAIL = "email"
ENGINE = "engine"


def none_open() -> ColumnElement[bool]:
    """Say, in the database, that mail is not on hold."""
    return ~exists().where(col(Hold.channel) == MAIL, col(Hold.released_at).is_(None))


def open_holds(session: Session) -> list[Hold]:
    """Return the holds that are open, the oldest first."""
    query = select(Hold).where(Hold.channel == MAIL, col(Hold.released_at).is_(None))
    return list(session.exec(query.order_by(col(Hold.began_at), col(Hold.id))))


def is_open(session: Session) -> bool:
    """Tell whether nothing may leave."""
    return bool(open_holds(session))


def hold(session: Session, *, cause: str, by: str, now: datetime, reason: str = "", size: int = 0) -> Hold:
    """Have nothing leave any more until a person lets go; what is open for the same cause is returned as it is."""
    known = next((one for one in open_holds(session) if one.cause == cause), None)
    if known is not None:
        return known
    opened = Hold(channel=MAIL, cause=cause, reason=reason, size=size, began_at=now, by=by)
    session.add(opened)
    session.flush()
    return opened


def release(session: Session, *, by: str, now: datetime) -> list[Hold]:
    """Let go: every open hold ends, and what waits has this person's word; the breaker counts anew."""
    ended = open_holds(session)
    for one in ended:
        one.released_at, one.released_by = now, by
    session.execute(
        update(Notice)
        .where(text(IN_OUTBOX), col(Notice.approved_by).is_(None))
        .values(approved_by=by)
        .execution_options(synchronize_session=False)
    )
    session.execute(update(ChannelState).where(col(ChannelState.channel) == MAIL).values(beyond=0))
    session.flush()
    return ended


def said(one: Hold) -> Sentence:
    """Say what holds the mail, since when and why, and what lets it go."""
    since = f"{wall(one.began_at):%Y-%m-%d %H:%M}"
    if one.cause == "breaker":
        return sentence(
            "Mail is held by the breaker since {since}: {mails}; "
            "look with `mourafaka sending`, release with `mourafaka sending release`.",
            since=since,
            mails=mails_beyond(one.size),
        )
    if one.cause == "restore":
        return sentence(
            "Mail is held since the copy {copy} was restored, {since}: what left after it was made would leave "
            "again; look with `mourafaka sending`, release with `mourafaka sending release`.",
            since=since,
            copy=one.reason.removeprefix("from "),  # as it was written down at first
        )
    return sentence(
        "Mail is held by {by} since {since} ({reason}); release with `mourafaka sending release`.",
        by=one.by,
        since=since,
        reason=one.reason,
    )
