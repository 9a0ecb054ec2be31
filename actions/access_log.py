"""Keeps who had a person's data handed out, corrected or erased; and whose word that takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from actions.access import roles_of
from actions.subjects import Kind, Subject
from models import AccessLog, Enrolment, Person
from programme.civil import civil_day
from programme.personal_errors import NotForThem

Action = Literal["export", "erase", "correct", "restore"]


def log(session: Session, action: Action, subject: Subject, *, by: str, now: datetime, rows: int) -> None:
    """Write down an access to a person's data: a line for each row that they are, and no name."""
    for one in subject.ids:
        log_row(session, action, subject.kind, one, by=by, now=now, rows=rows)


def log_row(
    session: Session, action: Action, kind: Kind, row_id: int, *, by: str, now: datetime, rows: int = 1
) -> None:
    """Write down an access to one row."""
    session.add(AccessLog(at=now, by=by, action=action, subject=kind, subject_id=row_id, rows=rows))


def entries(session: Session) -> Sequence[AccessLog]:
    """Return the log, oldest first."""
    return session.exec(select(AccessLog).order_by(col(AccessLog.id))).all()


def refuse_others(session: Session, by: str, subjects: Iterable[Subject], now: datetime) -> None:
    """Refuse a member of the staff who does not coordinate where the person is; the whole country's may always.

    A name that is nobody's code (the command line, a committee) is taken at its word, as elsewhere.
    """
    reach = reach_of(session, by, now)
    if reach is None:
        return
    for subject in subjects:
        if not (subject.kind == "person" or reach & _delegations(session, subject)):
            raise NotForThem(by=by, on=civil_day(now))


def reach_of(session: Session, by: str, now: datetime) -> set[str] | None:
    """Return the delegations whose people's data somebody may have handed out; None where nothing bounds them.

    Refused to a member of the staff who coordinates nowhere; a name that is nobody's code is taken at its word.
    """
    if session.exec(select(Person.id).where(Person.code == by)).first() is None:
        return None
    today = civil_day(now)
    delegations = {one.delegation for one in roles_of(session, by, today) if one.role == "coordinator"}
    if not delegations:
        raise NotForThem(by=by, on=today)
    return None if None in delegations else {one for one in delegations if one is not None}


def _delegations(session: Session, subject: Subject) -> set[str]:
    rows = select(Enrolment.delegation).where(col(Enrolment.id).in_(subject.enrolments))
    return set(session.exec(rows))
