"""Copies of messages for other services: written with the message, handed over after the mail, at most once each.

A service gives no receipt: a copy is never said to be delivered, and takes no message's place. One
whose sender died half-way may have been handed over and is not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, insert, select

from models import Notice, ServiceCopy
from models.service import COPY_WAITS
from models.session import Database
from notifications.answers import Answer
from notifications.claimed import Sayable
from notifications.digests import children_of, full_facts
from notifications.outbox import MAX_ATTEMPTS, Pace, is_digest
from notifications.own_texts import with_own_text
from notifications.rendering import Rendered, render
from notifications.services import Services
from programme.errors import Refusal

LONGEST = timedelta(seconds=60)
"""How long one run hands copies over: the next mail is not kept waiting for services."""
DIED = "its sender stopped half-way: it may have been handed to {service}, and is not repeated"
TAKEN_BACK = "the message that it copies was taken back"


def make(session: Session, services: Services, frozen: Sequence[Sayable], now: datetime) -> int:
    """Write the copies of messages that were frozen, each once for ever; without links, which are for one person."""
    wanted = {notice.id: names for notice in frozen if (names := [one.name for one in services.of(notice)])}
    if not wanted:
        return 0
    known = set(session.exec(select(ServiceCopy.notice_id).where(col(ServiceCopy.notice_id).in_(wanted))))
    fresh = [notice for notice in frozen if notice.id in wanted and notice.id not in known]
    said = {notice.id: text for notice in fresh if (text := _said(session, notice)) is not None}
    rows = [_row(one, name, said[one.id], now) for one in fresh if one.id in said for name in wanted[one.id]]
    if rows:
        session.execute(insert(ServiceCopy), rows)
    return len(rows)


def _said(session: Session, notice: Sayable) -> Rendered | None:
    """Return a message's words without its links; None where it cannot be said so: the mail leaves all the same."""
    facts = with_own_text(session, notice, notice.facts)
    if is_digest(notice):
        facts = full_facts(notice, children_of(session, notice, ("sending",)))
    try:
        return render(notice.kind, notice.language, facts)
    except Refusal:
        return None


def _row(notice: Sayable, service: str, said: Rendered, now: datetime) -> dict[str, Any]:
    return {
        "notice_id": notice.id,
        "service": service,
        "title": said.subject,
        "body": said.text,
        "send_at": now,
        "status": "pending",
        "reason": "",
        "attempts": 0,
        "token": 0,
    }


def hand_over(database: Database, services: Services, *, now: Callable[[], datetime], pace: Pace) -> int:
    """Hand over the copies whose turn has come; return how many were taken.

    A service that does not take one is left alone until the next run.
    """
    if not _any_waits(database):
        return 0
    taken, unwilling, ends = 0, set(services.held), now() + LONGEST
    while now() <= ends and (copy := _claim(database, now(), pace, unwilling)) is not None:
        answer = services.hand(copy.service, copy.title, copy.body)
        _settle(database, copy, answer, now(), pace)
        if answer.verdict == "accepted":
            taken += 1
        else:
            unwilling.add(copy.service)
    return taken


def _any_waits(database: Database) -> bool:
    with database.reading() as session:
        return session.exec(select(ServiceCopy.id).where(COPY_WAITS).limit(1)).first() is not None


def _claim(database: Database, now: datetime, pace: Pace, unwilling: Collection[str]) -> ServiceCopy | None:
    """Take the oldest copy that may go; what died under its sender, or is about a message taken back, is closed."""
    with database.transaction(alone=False) as session:
        _close_dead(session, now)
        waits = (
            select(ServiceCopy)
            .where(
                ServiceCopy.status == "pending",
                col(ServiceCopy.send_at) <= now,
                col(ServiceCopy.service).not_in(unwilling),
            )
            .order_by(col(ServiceCopy.send_at), col(ServiceCopy.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.exec(waits).first()
        while row is not None and session.get_one(Notice, row.notice_id).status in {"cancelled", "skipped"}:
            _end(row, "skipped", TAKEN_BACK, now)
            session.flush()
            row = session.exec(waits).first()
        if row is None:
            return None
        row.status, row.lease_until = "sending", now + pace.lease
        row.attempts, row.token = row.attempts + 1, row.token + 1
        session.flush()
        session.expunge(row)
        return row


def _close_dead(session: Session, now: datetime) -> None:
    dead = select(ServiceCopy).where(ServiceCopy.status == "sending", col(ServiceCopy.lease_until) < now)
    for row in session.exec(dead.with_for_update(skip_locked=True)):
        _end(row, "failed", DIED.format(service=row.service), now)


def _end(row: ServiceCopy, status: str, reason: str, now: datetime) -> None:
    row.status, row.reason, row.settled_at, row.title, row.body = status, reason, now, "", ""


def _settle(database: Database, copy: ServiceCopy, answer: Answer, now: datetime, pace: Pace) -> None:
    """Write down what the service said, while we hold the claim; a refusal for now is tried again, later each time."""
    values: dict[str, object] = {"status": "handed", "reason": f"handed to {copy.service}, no receipt"}
    if answer.verdict == "refused" or (answer.verdict != "accepted" and copy.attempts >= MAX_ATTEMPTS):
        values = {"status": "failed", "reason": f"{copy.service}: {answer.text} (try {copy.attempts})"}
    elif answer.verdict != "accepted":
        later = now + pace.wait(copy.attempts, f"{copy.notice_id}@{copy.service}")
        values = {"status": "pending", "reason": f"{copy.service}: {answer.text}", "send_at": later}
    if values["status"] != "pending":
        values |= {"settled_at": now, "title": "", "body": ""}
    mine = (col(ServiceCopy.id) == copy.id, col(ServiceCopy.token) == copy.token, col(ServiceCopy.status) == "sending")
    with database.transaction(alone=False) as session:
        session.execute(update(ServiceCopy).where(*mine).values(lease_until=None, **values))
