"""One message a day for each member of the staff: gathers what can wait, and opens it when it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from models import Cohort, Notice
from models.placed import keyed
from notifications.claimed import Sayable, Tellable
from notifications.drafts import NOTICE, Draft, Promised, write
from notifications.grouping import with_brief
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


@dataclass(frozen=True)
class Standing:
    """How a message of the day stands: whether it may still be added to."""

    id: int
    status: str
    is_frozen: bool
    reason: str

    def takes(self, child: Promised) -> bool:
        """Tell whether it takes what somebody should hear: one that has not left, or one without an address alike."""
        if self.status == "pending" and not self.is_frozen:
            return True
        return self.reason == NO_ADDRESS and child.address is None


def gather(desk: Desk, children: Iterable[Promised], cohort: Cohort) -> list[Draft]:
    """Put staff's notices into their recipients' message of the day; return the messages newly opened.

    At most one leaves a recipient a day: when today's is on its way, the next sending day's
    takes them. However many they are, it is a few statements.
    """
    waiting: dict[str, list[Promised]] = defaultdict(list)
    for child in children:
        if child.channel == "digest" and child.status == "pending" and child.digest_id is None:
            waiting[child.recipient].append(child)
    placed, known = _places(desk, [group[0] for group in waiting.values()])
    new = [(to, day) for to, day in placed.items() if digest_key(to, day) not in known]
    opened = [_opened(desk, waiting[to][0], day, cohort) for to, day in new]
    write(desk.session, opened)
    known |= _standing(desk.session, [one.key for one in opened])
    for to, day in placed.items():
        _join(desk, waiting[to], known[digest_key(to, day)])
    desk.session.flush()
    return opened


def _places(desk: Desk, firsts: Sequence[Promised]) -> tuple[dict[str, date], dict[str, Standing]]:
    """Return for each recipient the day whose message takes what they should hear, and the messages that are known."""
    days = {one.recipient: civil_day(one.send_at) for one in firsts}
    known: dict[str, Standing] = {}
    asked = list(firsts)
    while asked:
        keys = {one.recipient: digest_key(one.recipient, days[one.recipient]) for one in asked}
        known |= _standing(desk.session, list(keys.values()))
        asked = [one for one in asked if (digest := known.get(keys[one.recipient])) and not digest.takes(one)]
        for one in asked:
            days[one.recipient] = civil_day(send_instant(desk, days[one.recipient] + timedelta(days=1)))
    return days, known


def _standing(session: Session, keys: Collection[str]) -> dict[str, Standing]:
    """Return messages of the day as they are now, kept from a sender until what joins them is written."""
    if not keys:
        return {}
    session.flush()
    columns = (NOTICE.key, NOTICE.id, NOTICE.status, NOTICE.body_digest.is_not(None), NOTICE.reason)
    rows = session.execute(sa.select(*columns).where(keyed(NOTICE.id, keys)).order_by(NOTICE.key).with_for_update())
    return {row[0]: Standing(*row[1:]) for row in rows}


def _join(desk: Desk, group: Iterable[Promised], digest: Standing) -> None:
    for child in group:
        child.digest_id = digest.id
        if digest.status == "failed":
            child.status, child.reason, child.settled_at = "failed", digest.reason, desk.now


def digest_key(recipient: str, day: date) -> str:
    """Return the identity of a recipient's message of a day."""
    return f"digest/{recipient}/{day.isoformat()}"


def _opened(desk: Desk, child: Promised, day: date, cohort: Cohort) -> Draft:
    key = digest_key(child.recipient, day)
    kind = f"{child.recipient.partition(':')[0]}_digest"
    facts = {
        name: child.facts.get(name)
        for name in ("recipient", "cohort", "contact_name", "contact_phone", "privacy_contact")
    }
    digest = Draft(
        key=key,
        kind=kind,
        cohort_id=cohort.id,
        enrolment_id=None,
        step_id=None,
        recipient=child.recipient,
        address=child.address,
        language=child.language,
        channel="email",
        due_on=day,
        facts={**facts, "cooperative": None, "day": day.isoformat()},
        approved_by=None,
        template_version=template_version(kind, child.language),
        message_id=message_id(key),
        promised_at=desk.now,
        send_at=send_instant(desk, day),
    )
    if digest.address is None:
        digest.status, digest.reason, digest.settled_at = "failed", NO_ADDRESS, desk.now
    return digest


def children_of(session: Session, digest: Sayable, statuses: Sequence[str] = ("pending",)) -> list[Notice]:
    """Return what a message of the day still has to say."""
    rows = session.exec(
        select(Notice).where(Notice.digest_id == digest.id, col(Notice.status).in_(statuses)).order_by(Notice.key)
    )
    return list(rows)


def full_facts(
    digest: Sayable, children: Iterable[Tellable], links: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Return the facts of a message of the day with an item for each thing it tells, and its link by its key."""
    items = [_item(child, (links or {}).get(child.key)) for child in children]
    return {**digest.facts, "items": with_brief(items)}


def _item(child: Tellable, link: str | None) -> dict[str, Any]:
    item = {"kind": child.kind, **{name: child.facts.get(name) for name in ITEM_FACTS}}
    return item | ({"link": link} if link else {})
