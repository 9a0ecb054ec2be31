"""One message a day for each member of the staff: gathers what can wait, and opens it when it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from models import Cohort, Notice
from notifications.claimed import Promised
from notifications.promises import Desk, message_id, send_instant
from notifications.rendering import template_version
from programme.civil import civil_day

NO_ADDRESS = "no address for this person"
ITEM_FACTS = (
    "cooperative",
    "cooperative_phone",
    "title",
    "due_on",
    "days",
    "script",
    "text",
    "owner_role",
    "owner_name",
    "was_on",
)


def gather(desk: Desk, children: Iterable[Notice], cohort: Cohort) -> list[Notice]:
    """Put staff's notices into their recipients' message of the day; return the messages newly opened.

    At most one leaves a recipient a day: when today's is on its way, the next sending day's
    takes them.
    """
    waiting: dict[str, list[Notice]] = defaultdict(list)
    for child in children:
        if child.channel == "digest" and child.status == "pending" and child.digest_id is None:
            waiting[child.recipient].append(child)
    known = _locked(desk.session, [_todays_key(group[0]) for group in waiting.values()])
    told = [(*_message_for(desk, group[0], cohort, known), group) for group in waiting.values()]
    opened = [digest for digest, is_new, _ in told if is_new]
    desk.session.add_all(opened)
    desk.session.flush()
    for digest, _, group in told:
        for child in group:
            child.digest_id = digest.id
            if digest.status == "failed":
                child.status, child.reason, child.settled_at = "failed", digest.reason, desk.now
    desk.session.flush()
    return opened


def _todays_key(child: Notice) -> str:
    return digest_key(child.recipient, civil_day(child.send_at))


def _message_for(desk: Desk, child: Notice, cohort: Cohort, known: dict[str, Notice]) -> tuple[Notice, bool]:
    """Return the message of the day that takes a notice, and whether it is new (and not yet written)."""
    day = civil_day(child.send_at)
    while True:
        digest = known.get(digest_key(child.recipient, day))
        if digest is None:
            return _opened(desk, child, day, cohort), True
        if digest.status == "pending" and digest.body_digest is None:
            return digest, False
        if digest.reason == NO_ADDRESS and child.address is None:
            return digest, False
        day = civil_day(send_instant(desk, day + timedelta(days=1)))
        known.update(_locked(desk.session, [digest_key(child.recipient, day)]))


def _locked(session: Session, keys: Sequence[str]) -> dict[str, Notice]:
    """Return messages of the day as they are now, kept from a sender until what joins them is written."""
    query = select(Notice).order_by(Notice.key).with_for_update().execution_options(populate_existing=True)
    slices = [keys[first : first + 500] for first in range(0, len(keys), 500)]  # a database takes only so many
    return {row.key: row for part in slices for row in session.exec(query.where(col(Notice.key).in_(part)))}


def digest_key(recipient: str, day: date) -> str:
    """Return the identity of a recipient's message of a day."""
    return f"digest/{recipient}/{day.isoformat()}"


def _opened(desk: Desk, child: Notice, day: date, cohort: Cohort) -> Notice:
    key = digest_key(child.recipient, day)
    kind = f"{child.recipient.partition(':')[0]}_digest"
    facts = {
        name: child.facts.get(name)
        for name in ("recipient", "cohort", "contact_name", "contact_phone", "privacy_contact")
    }
    digest = Notice(
        key=key,
        kind=kind,
        cohort_id=cohort.id,
        recipient=child.recipient,
        address=child.address,
        language=child.language,
        channel="email",
        due_on=day,
        facts={**facts, "cooperative": None, "day": day.isoformat()},
        template_version=template_version(kind, child.language),
        message_id=message_id(key),
        promised_at=desk.now,
        send_at=send_instant(desk, day),
    )
    if digest.address is None:
        digest.status, digest.reason, digest.settled_at = "failed", NO_ADDRESS, desk.now
    return digest


def children_of(session: Session, digest: Promised, statuses: Sequence[str] = ("pending",)) -> list[Notice]:
    """Return what a message of the day still has to say."""
    rows = session.exec(
        select(Notice).where(Notice.digest_id == digest.id, col(Notice.status).in_(statuses)).order_by(Notice.key)
    )
    return list(rows)


def full_facts(
    digest: Promised, children: Iterable[Promised], links: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Return the facts of a message of the day with an item for each thing it tells, and its link by its key."""
    return {**digest.facts, "items": [_item(child, (links or {}).get(child.key)) for child in children]}


def _item(child: Promised, link: str | None) -> dict[str, Any]:
    item = {"kind": child.kind, **{name: child.facts.get(name) for name in ITEM_FACTS}}
    return item | ({"link": link} if link else {})
