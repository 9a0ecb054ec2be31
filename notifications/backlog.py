"""Catching up politely: what waited through an outage or a hold is sifted when it is promised, and before it leaves.

The breaker comes after it: of what politeness leaves, it counts what was promised too late. What it
holds is sifted every day, as all that waits: it leaves when a person lets go, or is written down as
skipped when its date is past. So nothing waits for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, text
from sqlmodel import Session, and_, col, or_, select

from models import ChannelState, Hold, Notice, NoticeBody
from models.belonging import PromisedLate, of_enrolments
from models.columns import columns
from models.notice import IN_OUTBOX
from models.placed import keyed
from models.session import Database
from models.sets import do, within
from notifications.digests import children_of, digest_key
from notifications.holds import MAIL
from notifications.hours import calendar_in
from notifications.promises import Desk, Word, message_id
from programme.catching_up import PAST, Candidate, fresh_since, is_past, unsaid
from programme.civil import civil_day, instant_of

ABOUT = ("on", "due_on")
"""The facts that hold the date a notice speaks of, the new one of a change first."""
A_DAY = timedelta(days=1)
AFTER_OUTAGE, AFTER_HOLD = "late after an outage", "late after a hold"


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
    others = {word.enrolment.id for word in words if word.to.code not in behind and word.enrolment.id is not None}
    if not others:
        return behind
    begun = instant_of(desk.today, time(0))
    rows = do(desk.session, TOLD_LATE, enrolments=sorted(others), begun=begun, fresh=fresh)
    return behind | {row[0]: row[1] for row in rows}


NOTICE = columns(Notice)
TOLD_LATE = sa.select(NOTICE.recipient, NOTICE.enrolment_id).where(
    PromisedLate(),
    within(NOTICE.enrolment_id, "enrolments"),
    NOTICE.status.in_(("skipped", "pending")),
    NOTICE.promised_at >= sa.bindparam("begun"),
    NOTICE.due_on < sa.bindparam("fresh"),
)
"""Who was told today of what an outage has kept; built once, for every chunk of a morning asks it."""


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
            of_enrolments(set(behind.values())),
            col(Notice.recipient).in_(behind),
            Notice.channel != "digest",
            or_(under_way, and_(col(Notice.status) == "sent", col(Notice.sent_at) >= this_day)),
        )
    ).all()


def settle_late(database: Database, now: datetime) -> int:
    """Before anything leaves: write down as skipped what has become too late; return how many that was.

    On an ordinary day this is one question of the outbox's own index.
    """
    with database.reading() as session:
        if session.exec(_of_earlier_days(now).limit(1)).first() is None:
            return 0
    with database.transaction() as session:
        late = session.exec(_of_earlier_days(now).with_for_update()).all()
        _carry_over(session, [one for one in late if one.kind.endswith("_digest")], now)
        reasons = _reasons(session, late, now)
        gone = [notice for notice in _waiting(session, late, now, to_change=True) if notice.key in reasons]
        held = _last_hold(session)
        for notice in gone:
            _skip(notice, _why(reasons[notice.key], notice, held), now)
        _forget_bodies(session, [notice.id for notice in gone])
        return len(gone)


def too_late(session: Session, now: datetime) -> dict[str, str]:
    """Return the keys of what would not be said any more if it left now, each with the reason; nothing is changed."""
    return _reasons(session, session.exec(_of_earlier_days(now)).all(), now)


def _of_earlier_days(now: datetime) -> Any:
    """Ask for what may leave now and should have left before today; what may have arrived (a doubt) goes its way."""
    return select(Notice).where(
        text(IN_OUTBOX),
        Notice.status == "pending",
        Notice.doubts == 0,
        col(Notice.send_at) <= now,
        col(Notice.due_on) < civil_day(now),
    )


def _reasons(session: Session, late: Sequence[Notice], now: datetime) -> dict[str, str]:
    """Return what is not to be said: of a date that is past, and of what an outage has heaped up, all but a little."""
    today = civil_day(now)
    own = [one for one in late if not one.kind.endswith("_digest")]
    past = {one.key: PAST for one in own if is_past(_candidate(one), today)}
    fresh = fresh_since(today, calendar_in(session)) if own else today
    held = _last_hold(session) if own else None
    down = _down_since(session) if own else None
    behind = {one.recipient: one.enrolment_id for one in own if _stopped_since(one, down, held) < fresh}
    if not behind:
        return past
    said = [_candidate(notice) for notice in _said(session, behind, now, waiting=False)]
    waiting = [_candidate(one) for one in _waiting(session, own, now) if one.recipient in behind]
    return past | unsaid(waiting, said, today, behind)


def _down_since(session: Session) -> date | None:
    """Return since which day the mail server has been away, if it is."""
    state = session.get(ChannelState, MAIL)
    return None if state is None or state.down_since is None else civil_day(state.down_since)


def _stopped_since(notice: Notice, down: date | None, held: Hold | None) -> date:
    """Return since when a notice has been kept waiting: its own day, or before it, when the mail stopped.

    Of what heaps up while the mail server is away or the mail on hold, the oldest is written off day by
    day; who waits for the rest is behind all the same.
    """
    stops = [] if down is None else [down]
    if held is not None and _kept(notice, held):
        stops.append(civil_day(held.began_at))
    return min([notice.due_on, *stops])


def _waiting(session: Session, late: Sequence[Notice], now: datetime, *, to_change: bool = False) -> Sequence[Notice]:
    """Return all that waits for those who have something late, kept from the senders when it is to change."""
    recipients = {one.recipient for one in late if not one.kind.endswith("_digest")}
    if not recipients:
        return []
    query = select(Notice).where(
        text(IN_OUTBOX),
        Notice.status == "pending",
        Notice.doubts == 0,
        col(Notice.send_at) <= now,
        col(Notice.recipient).in_(recipients),
    )
    return session.exec(query.with_for_update() if to_change else query).all()


def _last_hold(session: Session) -> Hold | None:
    """Return the hold that is open, else the one that ended last."""
    newest = (col(Hold.released_at).is_not(None), col(Hold.released_at).desc())
    return session.exec(select(Hold).where(Hold.channel == MAIL).order_by(*newest).limit(1)).first()


def _why(reason: str, notice: Notice, held: Hold | None) -> str:
    """Return the reason as it is: what a hold kept waiting is not late after an outage."""
    return reason.replace(AFTER_OUTAGE, AFTER_HOLD) if held is not None and _kept(notice, held) else reason


def _kept(notice: Notice, held: Hold) -> bool:
    """Tell whether a hold has kept a notice waiting."""
    return held.released_at is None or notice.send_at <= held.released_at


def _skip(notice: Notice, reason: str, now: datetime) -> None:
    notice.status, notice.reason, notice.settled_at = "skipped", reason, now


def _forget_bodies(session: Session, ids: Collection[int | None]) -> None:
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids)))


def _carry_over(session: Session, digests: Sequence[Notice], now: datetime) -> None:
    """Tell what old messages of the day hold in today's one: nobody of the staff gets a second message.

    The only one, a day late, leaves as it is.
    """
    fresh = fresh_since(civil_day(now), calendar_in(session)) if digests else civil_day(now)
    by_recipient: dict[str, list[Notice]] = defaultdict(list)
    for digest in digests:
        by_recipient[digest.recipient].append(digest)
    for old in by_recipient.values():
        if len(old) == 1 and old[0].due_on >= fresh and _known_today(session, old[0], now) is None:
            continue
        todays = _todays(session, old[0], now)
        for digest in old:
            if todays is None:
                digest.send_at = now + A_DAY
            else:
                _move_into(session, todays, digest, now)


def _todays(session: Session, like: Notice, now: datetime) -> Notice | None:
    """Return the recipient's message of today, made when there is none; None when it has left or is leaving."""
    known = _known_today(session, like, now)
    if known is not None:
        return known if known.status == "pending" and known.body_digest is None else None
    today = civil_day(now)
    key = digest_key(like.recipient, today)
    fresh = Notice(**like.model_dump(exclude={"id", "place", "body_digest"}))
    fresh.key, fresh.due_on, fresh.facts = key, today, {**like.facts, "day": today.isoformat()}
    fresh.message_id, fresh.promised_at, fresh.send_at = message_id(key), now, now
    fresh.attempts, fresh.token, fresh.error, fresh.code = 0, 0, "", None
    session.add(fresh)
    session.flush()
    return fresh


def _known_today(session: Session, like: Notice, now: datetime) -> Notice | None:
    key = digest_key(like.recipient, civil_day(now))
    return session.exec(select(Notice).where(keyed(NOTICE.id, [key]))).first()


def _move_into(session: Session, todays: Notice, digest: Notice, now: datetime) -> None:
    today = civil_day(now)
    held, fresh = _last_hold(session), fresh_since(today, calendar_in(session))
    for child in children_of(session, digest, ("pending", "sending")):  # it may have been frozen, and put off
        if child.due_on < fresh and is_past(_candidate(child), today):
            _skip(child, _why(PAST, child, held), now)
            continue
        child.status, child.digest_id = "pending", todays.id
        about = _about(child.facts)
        if about is not None and "days" in child.facts:
            child.facts["days"] = (about - today).days
    digest.status, digest.settled_at = "cancelled", now
    digest.reason = _why(f"{AFTER_OUTAGE}: told in the message of {today.isoformat()}", digest, held)
    _forget_bodies(session, [digest.id])
