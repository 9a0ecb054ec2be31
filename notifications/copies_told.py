"""Copies for other services as the ledger and `why` show them: beside the message that they copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from models import Notice, ServiceCopy
from notifications.ledger import row
from programme.civil import wall
from programme.wording import Sentence, sentence

PART = 500
"""Messages asked for at once: a database takes only so many parameters."""


def of(session: Session, notices: Sequence[Notice]) -> list[tuple[Notice, ServiceCopy]]:
    """Return the copies of these messages, in their order."""
    by_id = {notice.id: notice for notice in notices if notice.id is not None and notice.channel == "email"}
    ids = [*by_id]
    found: list[ServiceCopy] = []
    for first in range(0, len(ids), PART):
        part = col(ServiceCopy.notice_id).in_(ids[first : first + PART])
        found += session.exec(select(ServiceCopy).where(part).order_by(col(ServiceCopy.service)))
    return [(by_id[copy.notice_id], copy) for copy in found]


def rows(session: Session, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """Return the copies as rows of the ledger: channel `service`, and no Message-ID."""
    return [_row(notice, copy) for notice, copy in of(session, notices)]


def _row(notice: Notice, copy: ServiceCopy) -> dict[str, Any]:
    handed = copy.settled_at if copy.status == "handed" else None
    return {
        **row(notice),
        "key": f"{notice.key}@{copy.service}",
        "channel": "service",
        "status": copy.status,
        "reason": copy.reason,
        "message_id": None,
        "attempts": copy.attempts,
        "error": "",
        "sent_at": handed.isoformat(timespec="seconds") if handed else None,
        "sent_on": wall(handed).date().isoformat() if handed else None,
    }


def why(session: Session, notices: Sequence[Notice]) -> Iterable[Sentence]:
    """Yield a sentence on each copy."""
    for notice, copy in of(session, notices):
        what = {"service": copy.service, "key": notice.key}
        if copy.status == "handed" and copy.settled_at is not None:
            at = f"{wall(copy.settled_at):%Y-%m-%d %H:%M}"
            yield sentence("A copy of {key} was handed to {service} on {at}, which gives no receipt", **what, at=at)
        elif copy.status in {"pending", "sending"}:
            yield sentence("A copy of {key} waits for {service}", **what)
        else:
            yield sentence("No copy of {key} went to {service}: {reason}", **what, reason=copy.reason)
