"""Writes the append-only history of an enrolment."""

from __future__ import annotations

from datetime import datetime

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
    session.add(History(enrolment_id=enrolment.id, at=now, by=by, verb=verb, subject=subject, why=why, detail=detail))
