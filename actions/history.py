"""Writes the append-only history of an enrolment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models import Enrolment, History

FLOOR = "history_floor"


def record(
    session: Session,
    enrolment: Enrolment,
    verb: str,
    *,
    by: str,
    now: datetime,
    subject: str = "",
    why: str = "",
    **detail: object,
) -> None:
    """Add one line: who did what to which step, stage or checkpoint, why, and what was before and after."""
    assert enrolment.id is not None
    at = not_before(session, now)
    session.add(History(**line(enrolment.id, verb, by=by, now=at, subject=subject, why=why, **detail)))


def not_before(session: Session, now: datetime) -> datetime:
    """Return ``now``, or the instant of the last line where a clock that was set back says an earlier one.

    No line stands before its cause. The last line is asked for once in a session.
    """
    floor: datetime | None = session.info.get(FLOOR) or last_recorded(session)
    at = max(now, floor) if floor else now
    session.info[FLOOR] = at
    return at


def last_recorded(session: Session) -> datetime | None:
    """Return the instant of the last line of all; lines are only ever added, so it is the latest too."""
    return session.exec(select(History.at).order_by(col(History.id).desc()).limit(1)).first()


def line(
    enrolment_id: int, verb: str, *, by: str, now: datetime, subject: str = "", why: str = "", **detail: object
) -> dict[str, Any]:
    """Return the values of one line, for work that writes many at once."""
    return {
        "enrolment_id": enrolment_id,
        "at": now,
        "by": by,
        "verb": verb,
        "subject": subject,
        "why": why,
        "detail": detail,
    }
