"""The outbox: claims what may leave, settles what became of it, and takes back what need not leave any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import ColumnElement, and_, case, delete, or_, text, update
from sqlmodel import Session, col, func, select

from models import Contact, Notice, NoticeBody, Person
from models.notice import IN_OUTBOX
from notifications import fenced
from notifications.answers import Answer
from notifications.hours import ANY_HOUR, Openings

MAX_ATTEMPTS = 5
MAX_DOUBTS = 2
DOUBT_WAIT = timedelta(seconds=60)
DIGEST = "_digest"
TWICE_IN_DOUBT = "twice handed over without an answer: look for its Message-ID at the mail server"
UNREADABLE = "its row cannot be read: its facts were altered"


@dataclass(frozen=True)
class Pace:
    """How long a claim is held, the first wait before another try, the wait before a doubt is repeated, and the
    hours in which anything may leave: what is put back waits for them too."""

    lease: timedelta = timedelta(seconds=300)
    retry_base: timedelta = timedelta(seconds=60)
    doubt_wait: timedelta = DOUBT_WAIT
    hours: Openings = ANY_HOUR

    def opening(self, notice: Notice, moment: datetime) -> datetime:
        """Return the first instant from ``moment`` on at which a notice may leave."""
        return self.hours.opening(notice.cohort_id, moment)

    def wait(self, attempts: int, key: str) -> timedelta:
        """Return the wait after so many tries: doubled each time, plus up to a fifth that differs by notice.

        The share is drawn from the key, so that a simulation repeats itself.
        """
        jitter = 1 + (crc32(f"{key}#{attempts}".encode()) % 200) / 1000
        doubled: int = 2 ** min(max(attempts - 1, 0), MAX_ATTEMPTS)
        return self.retry_base * doubled * jitter


def claim(
    session: Session, *, now: datetime, pace: Pace, limit: int, by: str = "", digests: bool = True
) -> list[Notice]:
    """Take up to ``limit`` messages that may leave now, oldest first; each has a lease and a new token.

    An expired lease means that a sender died. If its message had begun to leave (DATA), it is
    tried once more, 60 s later at the soonest; after a second doubt it waits for a person. What
    another sender is claiming at this moment is passed over, never waited for.
    """
    free = _is_free(now, pace)
    if not digests:
        free = and_(free, ~col(Notice.kind).endswith(DIGEST, autoescape=True))
    oldest = select(Notice.id).where(free).order_by(col(Notice.send_at), col(Notice.id)).limit(limit)
    ids = [*filter(None, session.exec(oldest.with_for_update(skip_locked=True)))]
    if not ids:
        return []
    _give_up_twice_doubted(session, ids, now)
    taken = session.scalars(
        update(Notice)
        .where(col(Notice.id).in_(ids), free)
        .values(
            status="sending",
            doubts=Notice.doubts + case((_died_in_data(), 1), else_=0),
            claimed_by=by,
            lease_until=now + pace.lease,
            data_begun=False,
            token=Notice.token + 1,
            attempts=Notice.attempts + 1,
        )
        .returning(col(Notice.id))
        .execution_options(synchronize_session=False)
    ).all()
    return _load(session, [*filter(None, taken)], now)


def is_any_free(session: Session, *, now: datetime, pace: Pace) -> bool:
    """Tell whether anything may be claimed, a message of the day too."""
    return session.exec(select(Notice.id).where(_is_free(now, pace)).limit(1)).first() is not None


def release_dead(session: Session, *, is_dead: Callable[[str], bool], now: datetime) -> int:
    """End the leases of senders that are known to have died; return how many messages that frees.

    Nobody need wait for such a lease to run out. A message that may have left still waits its 60 s.
    """
    holders = session.exec(select(Notice.claimed_by).where(Notice.status == "sending").distinct()).all()
    dead = [holder for holder in holders if holder and is_dead(holder)]
    if not dead:
        return 0
    result = session.execute(
        update(Notice)
        .where(col(Notice.status) == "sending", col(Notice.claimed_by).in_(dead), col(Notice.lease_until) >= now)
        .values(lease_until=now - timedelta(microseconds=1))
        .execution_options(synchronize_session=False)
    )
    freed: int = result.rowcount  # type: ignore[attr-defined] # an UPDATE's result has it
    return freed


def next_try(session: Session, *, pace: Pace) -> datetime | None:
    """Return when the first message that was tried already may be tried again; None when none waits so."""
    tried = select(func.min(Notice.send_at)).where(
        Notice.channel == "email", Notice.status == "pending", (col(Notice.attempts) > 0) | (col(Notice.doubts) > 0)
    )
    sending = select(func.min(Notice.lease_until)).where(Notice.channel == "email", Notice.status == "sending")
    fresh = session.exec(sending.where(col(Notice.data_begun).is_(False))).one()
    doubted = session.exec(sending.where(col(Notice.data_begun).is_(True))).one()
    moments = (session.exec(tried).one(), fresh, doubted + pace.doubt_wait if doubted else None)
    return min((moment for moment in moments if moment is not None), default=None)


def _is_free(now: datetime, pace: Pace) -> ColumnElement[bool]:
    """Tell, in the database, what nobody holds: the condition of choosing and, once more, of taking."""
    return and_(
        text(IN_OUTBOX),
        col(Notice.send_at) <= now,
        or_(
            col(Notice.status) == "pending",
            and_(col(Notice.data_begun).is_(False), col(Notice.lease_until) < now),
            and_(col(Notice.data_begun).is_(True), col(Notice.lease_until) < now - pace.doubt_wait),
        ),
    )


def _died_in_data() -> ColumnElement[bool]:
    return and_(col(Notice.status) == "sending", col(Notice.data_begun).is_(True))


def _give_up_twice_doubted(session: Session, ids: Sequence[int], now: datetime) -> None:
    doubted = session.scalars(
        update(Notice)
        .where(col(Notice.id).in_(ids), _died_in_data(), col(Notice.doubts) >= MAX_DOUBTS - 1)
        .values(status="in_doubt", reason=TWICE_IN_DOUBT, doubts=Notice.doubts + 1, settled_at=now)
        .returning(col(Notice.id))
        .execution_options(synchronize_session=False)
    ).all()
    for one in filter(None, doubted):
        _follow(session, one, "in_doubt", TWICE_IN_DOUBT, now)


def _load(session: Session, ids: Sequence[int], now: datetime) -> list[Notice]:
    """Read what was taken, oldest first; when a row cannot be read, row by row, and that one is parked."""
    rows = select(Notice).execution_options(populate_existing=True).order_by(col(Notice.send_at), col(Notice.id))
    try:
        return list(session.exec(rows.where(col(Notice.id).in_(ids))))
    except ValueError:
        if len(ids) > 1:
            found = [notice for one in ids for notice in _load(session, [one], now)]
            return sorted(found, key=lambda notice: (notice.send_at, notice.id))
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_(ids))
        .values(status="failed", reason=UNREADABLE, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    for one in ids:
        _follow(session, one, "failed", UNREADABLE, now)
    return []


def begin_data(session: Session, notice: Notice, *, now: datetime, pace: Pace) -> bool:
    """Write down that a message is about to leave; False when the claim was lost, or the mail is on hold.

    The lease starts anew, so that a sender that waited long in its own batch, or froze, is not
    taken for dead while its message leaves.
    """
    begun = {"data_begun": True, "lease_until": now + pace.lease}
    return fenced.change(session, notice, begun, unless_held=True)


def settle(session: Session, notice: Notice, answer: Answer, *, now: datetime, pace: Pace) -> bool:
    """Write down what became of a claimed message; False when the claim was lost meanwhile."""
    if answer.verdict == "accepted":
        return _end(session, notice, "sent", "", answer, now)
    if answer.verdict == "refused":
        return _refuse(session, notice, answer, now)
    if answer.verdict == "doubt":
        return _doubt(session, notice, answer, now, pace)
    if answer.verdict == "away":  # it queues behind the others: should it be the cause, it holds back nobody
        return give_back(session, notice, answer.text, send_at=pace.opening(notice, now))
    # Claims that died count as tries too: a first "not now" never parks, however often we crashed before.
    if notice.attempts >= MAX_ATTEMPTS and notice.code is not None:
        return _end(session, notice, "failed", f"parked after {notice.attempts} tries", answer, now)
    later = pace.opening(notice, now + pace.wait(notice.attempts, notice.key))
    return _put_back(session, notice, code=answer.code, error=answer.text, send_at=later)


def give_back(session: Session, notice: Notice, error: str, *, send_at: datetime | None = None) -> bool:
    """Let go of a claimed message that was not handed over; the try does not count."""
    when = send_at or notice.send_at
    return _put_back(session, notice, attempts=notice.attempts - 1, error=error, send_at=when)


def fail(session: Session, notice: Notice, reason: str, *, now: datetime) -> bool:
    """Park a claimed notice that cannot be made into a message."""
    return _end(session, notice, "failed", reason, Answer("refused", None, reason), now)


def _refuse(session: Session, notice: Notice, answer: Answer, now: datetime) -> bool:
    what = "address" if answer.bad_address else "message"
    said = answer.code if answer.code is not None else answer.text
    done = _end(session, notice, "failed", f"{what} refused by the server ({said})", answer, now)
    if done and answer.bad_address and notice.address:
        mark_address(session, notice.address, now)
    return done


def _doubt(session: Session, notice: Notice, answer: Answer, now: datetime, pace: Pace) -> bool:
    doubts = notice.doubts + 1
    if doubts >= MAX_DOUBTS:
        return _end(session, notice, "in_doubt", TWICE_IN_DOUBT, answer, now, doubts=doubts)
    again = pace.opening(notice, now + pace.doubt_wait)
    return _put_back(session, notice, doubts=doubts, error=answer.text, send_at=again)


def _end(
    session: Session, notice: Notice, status: str, reason: str, answer: Answer, now: datetime, **values: object
) -> bool:
    is_sent = status == "sent"
    ended = {
        "status": status,
        "reason": reason,
        "code": answer.code,
        "error": "" if is_sent else answer.text,
        "sent_at": now if is_sent else None,
        "settled_at": now,
    }
    done = fenced.change(session, notice, {**ended, **values})
    if done and notice.id is not None:
        _follow(session, notice.id, status, reason, now, tells=is_digest(notice))
    return done


def _put_back(session: Session, notice: Notice, **values: object) -> bool:
    freed = {"status": "pending", "data_begun": False, "lease_until": None}
    return fenced.change(session, notice, {**freed, **values})


def _follow(session: Session, notice_id: int, status: str, reason: str, now: datetime, *, tells: bool = True) -> None:
    """Do what a settlement brings: its frozen bytes go, and what a message of the day ``tells`` settles with it."""
    fenced.forget_body(session, notice_id)
    if tells:
        fenced.settle_told(session, notice_id, status, reason, now)


def is_digest(notice: Notice) -> bool:
    """Tell whether a notice is a message of the day, which tells others."""
    return notice.kind.endswith(DIGEST)


def mark_address(session: Session, address: str, now: datetime) -> None:
    """Remember that a server refused an address for ever; nothing more is promised to it until it is corrected."""
    for table in (Person, Contact):
        session.execute(update(table).where(col(table.email) == address).values(bad_address_at=now))


def cancel_for_steps(session: Session, step_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what has not left about these steps; return how many notices that was.

    What a server put off has not left either; what may have arrived (a doubt) goes its way.
    """
    taken = session.scalars(
        update(Notice)
        .where(col(Notice.step_id).in_(step_ids), col(Notice.status) == "pending", col(Notice.doubts) == 0)
        .values(status="cancelled", reason=reason, settled_at=now)
        .returning(col(Notice.id))
    ).all()
    if taken:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(taken)))
    return len(taken)
