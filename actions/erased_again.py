"""Erases in a restored copy whom the database that it replaces had erased: nobody comes back by a backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from actions import access_log
from actions.pseudonymise import pseudonymise
from actions.subjects import Subject, contact_subject, staff_subject
from models import Contact, Erasure, Person, ProgrammeVersion, RoleAssignment
from models.session import Database

Mark = tuple[object, ...]
"""What tells that a row of two databases is the same one."""


@dataclass(frozen=True)
class Erased:
    """A row that was erased: what it was known by but for its person, why, and by whose word."""

    kind: str
    row_id: int
    mark: Mark
    cause: str
    by: str
    pseudonym: str


@dataclass(frozen=True)
class Account:
    """Whom a database had erased, and what its copies know it by."""

    origin: Mark
    erased: tuple[Erased, ...]


def account_of(url: str) -> Account | None:
    """Return the account of a database; None where it cannot be read: it is broken, or older than such accounts."""
    database = Database(url)
    try:
        with database.reading() as session:
            rows = session.exec(select(Erasure).order_by(col(Erasure.id))).all()
            return Account(_origin(session), tuple(_erased(session, row) for row in rows))
    except DBAPIError:
        return None
    finally:
        database.close()


def _erased(session: Session, row: Erasure) -> Erased:
    mark = _mark(session, row.subject, row.subject_id)
    return Erased(row.subject, row.subject_id, mark, row.cause, row.by, row.pseudonym)


def _origin(session: Session) -> Mark:
    """Return what a database and its copies share: the moment at which their first programme was published."""
    first = session.exec(select(ProgrammeVersion).order_by(col(ProgrammeVersion.id))).first()
    return (first.content_hash, first.published_at) if first else ()


def _mark(session: Session, kind: str, row_id: int) -> Mark:
    if kind == "contact":
        contact = session.get(Contact, row_id)
        return (contact.cooperative_id, contact.starts_on) if contact else ()
    roles = select(col(RoleAssignment.role), col(RoleAssignment.starts_on)).where(RoleAssignment.person_id == row_id)
    first = session.exec(roles.order_by(col(RoleAssignment.id))).first()
    return tuple(first) if first else ()


def erase_again(session: Session, account: Account, *, by: str, now: datetime) -> int:
    """Erase in a copy whom its account says and who is still in it; return how many people that was.

    A copy of another database is left alone, and so is a row that is not the same one.
    """
    if _origin(session) != account.origin:
        return 0
    gone = set(session.exec(select(Erasure.subject, Erasure.subject_id)).all())
    left = [one for one in account.erased if (one.kind, one.row_id) not in gone]
    people = dict.fromkeys((one.kind, one.pseudonym) for one in left)
    return sum(
        _again(session, [one for one in left if (one.kind, one.pseudonym) == person], by=by, now=now)
        for person in people
    )


def _again(session: Session, rows: Sequence[Erased], *, by: str, now: datetime) -> bool:
    same = [one.row_id for one in rows if one.mark and _mark(session, one.kind, one.row_id) == one.mark]
    if not same:
        return False
    subject = _subject(session, rows[0].kind, same)
    changed = pseudonymise(session, subject, cause=rows[0].cause, by=rows[0].by, now=now)
    access_log.log(session, "restore", subject, by=by, now=now, rows=changed)
    return True


def _subject(session: Session, kind: str, ids: Sequence[int]) -> Subject:
    if kind == "person":
        return staff_subject(session, session.get_one(Person, ids[0]))
    return contact_subject(session, session.exec(select(Contact).where(col(Contact.id).in_(ids))).all())
