"""Writes the append-only history of an enrolment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import Enrolment, History


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
    session.add(History(**line(enrolment.id, verb, by=by, now=now, subject=subject, why=why, **detail)))


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
