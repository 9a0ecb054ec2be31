"""Takes what came back from mail servers into the ledger: the address is marked, its people are told another way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Session, col, select

from actions import history
from actions.desk import open_desk
from actions.lookup import cohort_of_enrolment
from actions.tell import tell
from models import Enrolment, Notice, Step
from models.placed import keyed
from notifications import outbox
from notifications.bounces import Bounce
from notifications.promises import Desk, Word
from notifications.recipients import Recipient
from programme.civil import civil_day
from programme.wording import Bilingual

Taken = Literal["marked", "known", "temporary", "not ours"]
ADDRESS = Bilingual(
    fr="Un message est revenu : l'adresse ne reçoit plus. Demandez-en une autre, puis `contact change`.",
    ar="رجعت رسالة: العنوان لم يعد يستقبل. اطلبوا عنوانا آخر.",
)
DATED = ("on", "due_on")


@dataclass(frozen=True)
class Came:
    """What became of one report: the notice that it is about, if it is ours."""

    taken: Taken
    status: str
    key: str | None = None


def take_bounces(session: Session, bounces: Iterable[Bounce], *, by: str, now: datetime) -> list[Came]:
    """Take reports of non-delivery in, each once; reading the same mailbox again changes nothing."""
    return [_take(session, bounce, by=by, now=now) for bounce in bounces]


def _take(session: Session, bounce: Bounce, *, by: str, now: datetime) -> Came:
    notice = _notice(session, bounce)
    if notice is None or notice.address is None:
        return Came("not ours", bounce.status)
    if bounce.lasting == "temporary":
        return Came("temporary", bounce.status, notice.key)
    if notice.status != "sent":
        return Came("known", bounce.status, notice.key)
    _mark(session, notice, bounce, now)
    _say(session, notice, bounce, by=by, now=now)
    return Came("marked", bounce.status, notice.key)


def _notice(session: Session, bounce: Bounce) -> Notice | None:
    """Find the notice by its Message-ID, else by the key in its headers; mail's own only, never a call."""
    mine = select(Notice).where(Notice.channel == "email")
    found = session.exec(mine.where(col(Notice.message_id).in_(bounce.message_ids))).first()
    return found or (session.exec(mine.where(keyed(col(Notice.id), [bounce.key]))).first() if bounce.key else None)


def _mark(session: Session, notice: Notice, bounce: Bounce, now: datetime) -> None:
    notice.status, notice.settled_at = "failed", now
    notice.reason, notice.error = f"came back ({bounce.status})", bounce.said
    session.add(notice)
    told = session.exec(select(Notice).where(Notice.digest_id == notice.id, Notice.status == "sent")).all()
    for child in told:
        child.status, child.reason, child.settled_at = "failed", notice.reason, now
    outbox.mark_address(session, notice.address or "", now)
    session.flush()


def _say(session: Session, notice: Notice, bounce: Bounce, *, by: str, now: datetime) -> None:
    """Tell the coordinator once for an address, and have the coach tell the cooperative what it did not read."""
    enrolment = session.get(Enrolment, notice.enrolment_id) if notice.enrolment_id else None
    if enrolment is None:
        return
    cohort = cohort_of_enrolment(session, enrolment)
    desk = open_desk(session, cohort, [enrolment], now=now)
    history.record(session, enrolment, "mail came back", by=by, now=now, subject=notice.key, why=bounce.status)
    words = [_to_coordinator(desk, enrolment, notice), _by_telephone(session, desk, enrolment, notice)]
    tell(desk, [word for word in words if word is not None], cohort)


def _to_coordinator(desk: Desk, enrolment: Enrolment, notice: Notice) -> Word | None:
    to = desk.people.find("coordinator", enrolment)
    if to is None:
        return None
    address = hashlib.sha256((notice.address or "").lower().encode()).hexdigest()[:8]
    return Word("info", enrolment, to, desk.today, {"text": ADDRESS.of(to.language)}, mark=f"-bounce-{address}")


def _by_telephone(session: Session, desk: Desk, enrolment: Enrolment, notice: Notice) -> Word | None:
    """Return the same word for the telephone, unless its day is past or the enrolment has ended."""
    to: Recipient | None = desk.people.find("cooperative", enrolment)
    is_past = any(
        date.fromisoformat(notice.facts[name]) < civil_day(desk.now) for name in DATED if notice.facts.get(name)
    )
    if to is None or to.email is not None or is_past or enrolment.status != "active":
        return None
    step = session.get(Step, notice.step_id) if notice.step_id else None
    mark = notice.key.rpartition(f"/{notice.kind}")[2].partition("/")[0]
    return Word(notice.kind, enrolment, to, desk.today, notice.facts, step=step, mark=f"{mark}-came-back")
