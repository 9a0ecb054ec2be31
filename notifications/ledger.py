"""The ledger: every notice there ever was, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from models import Cooperative, Enrolment, Notice
from models.belonging import of_enrolments
from models.notice import NOTICE_STATUSES
from notifications.errors import CooperativeUnknown, StatusUnknown
from programme.civil import civil_day

HASHED = ("key", "kind", "recipient", "language", "due", "status", "reason", "message_id", "sent_on")


def entries(
    session: Session, *, cooperative: str | None = None, since: date | None = None, status: str | None = None
) -> list[Notice]:
    """Return the notices by key: of one cooperative, by code or name, due since a day, of a status."""
    if status is not None and status not in NOTICE_STATUSES:
        raise StatusUnknown(status=status, known=", ".join(NOTICE_STATUSES))
    query = select(Notice).order_by(Notice.key)
    if cooperative is not None:
        query = query.where(of_enrolments(_enrolments(session, cooperative)))
    if since:
        query = query.where(Notice.due_on >= since)
    if status:
        query = query.where(Notice.status == status)
    return list(session.exec(query))


def _enrolments(session: Session, cooperative: str) -> Sequence[int | None]:
    """Return whom a code or a name means; nobody is a slip: an empty ledger would say that nothing was promised."""
    names = (Enrolment.code, Cooperative.name, Cooperative.name_ar)
    named = select(Enrolment.id).join(Cooperative).where(or_(*(col(name) == cooperative for name in names)))
    found = session.exec(named).all()
    if not found:
        raise CooperativeUnknown(cooperative=cooperative)
    return found


def row(notice: Notice) -> dict[str, Any]:
    """Return a notice as the ledger's stable JSON has it."""
    return {
        "key": notice.key,
        "kind": notice.kind,
        "recipient": notice.recipient,
        "language": notice.language,
        "channel": notice.channel,
        "due": notice.due_on.isoformat(),
        "status": notice.status,
        "reason": notice.reason,
        "message_id": notice.message_id,
        "attempts": notice.attempts,
        "error": notice.error,
        "sent_at": notice.sent_at.isoformat(timespec="seconds") if notice.sent_at else None,
        "sent_on": civil_day(notice.sent_at).isoformat() if notice.sent_at else None,
    }


def ledger_hash(notices: Iterable[Notice]) -> str:
    """Return what identifies a ledger: the SHA-256 of its sorted lines, without times of day and tries."""
    lines = sorted("|".join(str(values[name]) for name in HASHED) for values in map(row, notices))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
