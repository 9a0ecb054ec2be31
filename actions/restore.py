"""A copy takes the database's place: looked into first, brought forward, and with the mail on hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from actions.backup import stamp
from actions.erased_again import account_of, erase_again
from models import Notice, NoticeBody, ServiceCopy, migrate
from models.notice import UNSETTLED
from models.scrubbing import scrub
from models.session import Database
from models.stores import Store
from notifications import holds
from programme.errors import DatabaseTooNew
from programme.keeping_errors import CopyNotThere, CopyTooNew, DatabaseHasRows, SettleAhead

MAY_HAVE_LEFT = "may have left after this copy was made"
"""Why a mail of a restored copy is in doubt: nobody can say whether the database that was lost had sent it."""


@dataclass(frozen=True)
class Restored:
    """What was done: the old database's name where it was kept, how many mails wait and are in doubt.

    ``erased_again`` is how many people were erased since the copy was made, and so in it too; None
    where no database could say: they are in it again.
    """

    path: str
    kept: str | None
    revision: str | None
    waiting: int
    in_doubt: int
    erased_again: int | None = None


def restore(
    store: Store,
    source: Path,
    *,
    by: str,
    now: datetime,
    replace: bool = False,
    settle_until: datetime | None = None,
) -> Restored:
    """Have a copy take the place of a database, or refuse and leave that as it was.

    The copy is checked, brought up to this release and put on hold while it still lies beside:
    nothing can leave between. ``settle_until`` is the instant up to which mails may have left
    after the copy was made: those that wait in it until then are in doubt, and leave no more.
    """
    if settle_until is not None and settle_until > now:
        raise SettleAhead(until=settle_until.isoformat(timespec="minutes"))
    if not source.exists():  # asked first: `--replace` would not help
        raise CopyNotThere(path=source)
    is_full = store.has_rows()
    if is_full and not replace:
        raise DatabaseHasRows(path=store.path)
    account = account_of(store.url) if is_full else None
    with store.staged(source, stamp(now).lower()) as copy:
        before = _revision(copy.url)
        with _opened(copy.url, source) as database:
            with database.transaction() as session:
                again = erase_again(session, account, by=by, now=now) if account else None
                in_doubt = _settle(session, settle_until, now) if settle_until else 0
                _hold(session, source, by=by, now=now)
                waiting = len(session.exec(select(Notice.id).where(_mail(), col(Notice.status).in_(UNSETTLED))).all())
            if again:
                scrub(database)
        kept = store.take_over(copy, stamp(now).lower(), keep=is_full)
    return Restored(store.path, kept, before, waiting, in_doubt, again)


def _revision(url: str) -> str | None:
    database = Database(url)
    try:
        return migrate.revision_of(database.engine)
    finally:
        database.close()


@contextmanager
def _opened(url: str, source: Path) -> Iterator[Database]:
    """Give a laid copy, brought up to this release."""
    database = Database(url)
    try:
        migrate.upgrade(database.engine)
        yield database
    except DatabaseTooNew as refusal:
        raise CopyTooNew(path=source, revision=refusal.facts["revision"]) from refusal
    finally:
        database.close()


def _mail() -> ColumnElement[bool]:
    return col(Notice.channel) != "call"


def _settle(session: Session, until: datetime, now: datetime) -> int:
    """Have what may have left by an instant leave no more; calls stay, their coaches know whether they made them."""
    due = [_mail(), col(Notice.status).in_(UNSETTLED), col(Notice.send_at) <= until]
    ids = select(Notice.id).where(*due)
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids)))
    copies = update(ServiceCopy).where(col(ServiceCopy.status).in_(UNSETTLED), col(ServiceCopy.send_at) <= until)
    session.execute(copies.values(status="skipped", reason=MAY_HAVE_LEFT, body="", settled_at=now))
    gone = session.scalars(
        update(Notice)
        .where(*due)
        .values(status="in_doubt", reason=MAY_HAVE_LEFT, settled_at=now, lease_until=None)
        .returning(col(Notice.id))
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _hold(session: Session, source: Path, *, by: str, now: datetime) -> None:
    """Put the mail on hold for this restore; a hold of an earlier one, which came with the copy, ends."""
    for known in holds.open_holds(session):
        if known.cause == "restore":
            known.released_at, known.released_by = now, by
    session.flush()
    holds.hold(session, cause="restore", by=by, now=now, reason=source.name)
