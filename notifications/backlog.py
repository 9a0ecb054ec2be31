"""Catching up politely: what waited through an outage is sifted when it is promised, and again before it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, text
from sqlmodel import Session, and_, col, or_, select

from models import HolidayOverride, Notice, NoticeBody
from models.notice import IN_OUTBOX
from models.session import Database
from notifications.digests import children_of, digest_key
from notifications.promises import Desk, Word, message_id
from programme.calendar import Calendar
from programme.catching_up import PAST, Candidate, fresh_since, is_past, unsaid
from programme.civil import civil_day, instant_of

ABOUT = ("on", "due_on")
"""The facts that hold the date a notice speaks of, the new one of a change first."""
A_DAY = timedelta(days=1)


def politely(desk: Desk, words: Sequence[Word]) -> list[Word]:
    """Mark what is too late, or too much at once, as stale; the staff's message of the day takes everything."""
    theirs = [word for word in words if not (word.to.is_staff or word.withdrawn)]
    behind = _behind(desk, theirs)
    if not behind:
        return list(words)
    said = [_candidate(notice) for notice in _said(desk.session, behind, desk.now, waiting=True)]
    known = {one.key for one in said}
    waiting = [
        Candidate(word.key, word.to.code, word.kind, _about(word.facts))
        for word in theirs
        if word.to.code in behind and word.key not in known and not word.stale
    ]
    reasons = unsaid(waiting, said, desk.today, behind)
    return [replace(word, stale=reasons.get(word.key, word.stale)) for word in words]


def _behind(desk: Desk, words: Sequence[Word]) -> dict[str, int | None]:
    """Return whom an outage has kept waiting, with their enrolment; an earlier chunk of this morning may have told."""
    fresh = fresh_since(desk.today, desk.calendar)
    behind = {word.to.code: word.enrolment.id for word in words if word.due_on < fresh}
    others = {word.enrolment.id for word in words if word.to.code not in behind}
    if not others:
        return behind
    rows = desk.session.exec(
        select(Notice.recipient, Notice.enrolment_id).where(
            col(Notice.enrolment_id).in_(others),
            col(Notice.status).in_(("skipped", "pending")),
            col(Notice.promised_at) >= instant_of(desk.today, time(0)),
            col(Notice.due_on) < fresh,
        )
    )
    return behind | dict(rows.all())


def _about(facts: Mapping[str, Any]) -> date | None:
    written = next((facts[name] for name in ABOUT if facts.get(name)), None)
    return date.fromisoformat(written) if isinstance(written, str) else None


def _candidate(notice: Notice) -> Candidate:
    return Candidate(notice.key, notice.recipient, notice.kind, _about(notice.facts))


def _said(session: Session, behind: Mapping[str, int | None], now: datetime, *, waiting: bool) -> Sequence[Notice]:
    """Return what these people have been told today, and (``waiting``) what is on its way to them.

    A call that a coach has still to make since before the outage is not on its way.
    """
    this_day = instant_of(civil_day(now), time(0))
    under_way = col(Notice.status) == "sending"
    if waiting:
        on_its_way = or_(Notice.channel == "email", col(Notice.promised_at) >= this_day)
        under_way = or_(under_way, and_(col(Notice.status) == "pending", on_its_way))
    return session.exec(
        select(Notice).where(
            col(Notice.enrolment_id).in_(set(behind.values())),
            col(Notice.recipient).in_(behind),
            Notice.channel != "digest",
            or_(under_way, and_(col(Notice.status) == "sent", col(Notice.sent_at) >= this_day)),
        )
    ).all()


def settle_late(database: Database, now: datetime) -> int:
    """Before anything leaves: write down as skipped what an outage has made too late; return how many that was.

    On an ordinary day this is one question of the outbox's own index.
    """
    with database.reading() as session:
        calendar = _calendar(session)
        fresh = fresh_since(civil_day(now), calendar)
        if session.exec(_late(now, fresh).limit(1)).first() is None:
            return 0
    with database.transaction() as session:
        late = session.exec(_late(now, fresh)).all()
        _carry_over(session, [one for one in late if one.kind.endswith("_digest")], now)
        return _sift(session, [one for one in late if not one.kind.endswith("_digest")], now)


def _calendar(session: Session) -> Calendar:
    return Calendar({row.on: row.name for row in session.exec(select(HolidayOverride))})


def _late(now: datetime, fresh: date) -> Any:
    """Ask for what may leave now and should have left long ago; what may have arrived (a doubt) goes its way."""
    return select(Notice).where(
        text(IN_OUTBOX),
        Notice.status == "pending",
        Notice.doubts == 0,
        col(Notice.send_at) <= now,
        col(Notice.due_on) < fresh,
    )


def _sift(session: Session, late: Sequence[Notice], now: datetime) -> int:
    behind = {notice.recipient: notice.enrolment_id for notice in late}
    if not behind:
        return 0
    waiting = session.exec(
        select(Notice).where(
            text(IN_OUTBOX),
            Notice.status == "pending",
            Notice.doubts == 0,
            col(Notice.send_at) <= now,
            col(Notice.recipient).in_(behind),
        )
    ).all()
    said = [_candidate(notice) for notice in _said(session, behind, now, waiting=False)]
    reasons = unsaid([_candidate(notice) for notice in waiting], said, civil_day(now), behind)
    for notice in waiting:
        if notice.key in reasons:
            _skip(notice, reasons[notice.key], now)
    _forget_bodies(session, [notice.id for notice in waiting if notice.key in reasons])
    return len(reasons)


def _skip(notice: Notice, reason: str, now: datetime) -> None:
    notice.status, notice.reason, notice.settled_at = "skipped", reason, now


def _forget_bodies(session: Session, ids: Collection[int | None]) -> None:
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids)))


def _carry_over(session: Session, digests: Sequence[Notice], now: datetime) -> None:
    """Tell what old messages of the day hold in today's one: nobody of the staff gets a second message."""
    by_recipient: dict[str, list[Notice]] = defaultdict(list)
    for digest in digests:
        by_recipient[digest.recipient].append(digest)
    for old in by_recipient.values():
        todays = _todays(session, old[0], now)
        for digest in old:
            if todays is None:
                digest.send_at = now + A_DAY
            else:
                _move_into(session, todays, digest, now)


def _todays(session: Session, like: Notice, now: datetime) -> Notice | None:
    """Return the recipient's message of today, made when there is none; None when it has left or is leaving."""
    today = civil_day(now)
    key = digest_key(like.recipient, today)
    known = session.exec(select(Notice).where(Notice.key == key)).first()
    if known is not None:
        return known if known.status == "pending" and known.body_digest is None else None
    fresh = Notice(**like.model_dump(exclude={"id", "body_digest"}))
    fresh.key, fresh.due_on, fresh.facts = key, today, {**like.facts, "day": today.isoformat()}
    fresh.message_id, fresh.promised_at, fresh.send_at = message_id(key), now, now
    fresh.attempts, fresh.token, fresh.error, fresh.code = 0, 0, "", None
    session.add(fresh)
    session.flush()
    return fresh


def _move_into(session: Session, todays: Notice, digest: Notice, now: datetime) -> None:
    today = civil_day(now)
    for child in children_of(session, digest):
        if is_past(_candidate(child), today):
            _skip(child, PAST, now)
            continue
        child.digest_id = todays.id
        about = _about(child.facts)
        if about is not None and "days" in child.facts:
            child.facts["days"] = (about - today).days
    digest.status, digest.settled_at = "cancelled", now
    digest.reason = f"late after an outage: told in the message of {today.isoformat()}"
    _forget_bodies(session, [digest.id])
