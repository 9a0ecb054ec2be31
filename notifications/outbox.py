"""The outbox: claims what may leave, settles what became of it, and takes back what need not leave any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import and_, delete, or_, update
from sqlmodel import Session, col, select

from models import Contact, Notice, NoticeBody, Person
from models.notice import UNSETTLED
from notifications.answers import Answer

MAX_ATTEMPTS = 5
DOUBT_WAIT = timedelta(seconds=60)
MAX_DOUBTS = 2


@dataclass(frozen=True)
class Pace:
    """How long a claim is held, and the first wait before another try."""

    lease: timedelta = timedelta(seconds=300)
    retry_base: timedelta = timedelta(seconds=60)

    def wait(self, attempts: int, key: str) -> timedelta:
        """Return the wait after so many tries: doubled each time, plus up to a fifth that differs by notice.

        The share is drawn from the key, so that a simulation repeats itself.
        """
        jitter = 1 + (crc32(f"{key}#{attempts}".encode()) % 200) / 1000
        return self.retry_base * (2 ** max(attempts - 1, 0)) * jitter


def claim(session: Session, *, now: datetime, pace: Pace, limit: int) -> list[Notice]:
    """Take up to ``limit`` messages that may leave now, oldest first; each has a lease and a new token.

    An expired lease means that a sender died. If its message had begun to leave (DATA), it is
    tried once more, 60 s later at the soonest; after a second doubt it waits for a person.
    """
    ids = list(session.exec(_claimable(now).limit(limit).with_for_update(skip_locked=True)))
    notices = list(
        session.exec(select(Notice).where(col(Notice.id).in_(ids)).order_by(col(Notice.send_at), col(Notice.id)))
    )
    taken = [notice for notice in notices if _take(notice, now, pace)]
    session.flush()
    return taken


def _claimable(now: datetime):  # type: ignore[no-untyped-def] # SQLModel's own generic is not spelled out
    return (
        select(Notice.id)
        .where(
            Notice.channel == "email",
            col(Notice.status).in_(UNSETTLED),
            Notice.send_at <= now,
            or_(
                Notice.status == "pending",
                and_(col(Notice.data_begun).is_(False), col(Notice.lease_until) < now),
                and_(col(Notice.data_begun).is_(True), col(Notice.lease_until) < now - DOUBT_WAIT),
            ),
        )
        .order_by(col(Notice.send_at), col(Notice.id))
    )


def _take(notice: Notice, now: datetime, pace: Pace) -> bool:
    if notice.status == "sending" and notice.data_begun:
        notice.doubts += 1
        if notice.doubts >= MAX_DOUBTS:
            _doubt_for_ever(notice, now)
            return False
    notice.status, notice.lease_until, notice.data_begun = "sending", now + pace.lease, False
    notice.token += 1
    notice.attempts += 1
    return True


def _doubt_for_ever(notice: Notice, now: datetime) -> None:
    notice.status, notice.settled_at = "in_doubt", now
    notice.reason = "twice handed over without an answer: look for its Message-ID at the mail server"


def begin_data(session: Session, notice: Notice) -> bool:
    """Write down that a message is about to leave; False when the claim was lost to another sender."""
    return _own(session, notice, data_begun=True)


def settle(session: Session, notice: Notice, answer: Answer, *, now: datetime, pace: Pace) -> bool:
    """Write down what became of a claimed message; False when the claim was lost meanwhile."""
    if answer.verdict == "accepted":
        done = _own(session, notice, status="sent", reason="", code=answer.code, error="", sent_at=now, settled_at=now)
        if done:
            _settle_children(session, notice, "sent", "", now)
        return done
    if answer.verdict == "refused":
        if answer.bad_address:
            _mark_address(session, notice, now)
        what = "address" if answer.bad_address else "message"
        return _fail(session, notice, f"{what} refused by the server ({answer.code})", answer, now)
    if answer.verdict == "doubt":
        return _settle_doubt(session, notice, answer, now)
    if answer.verdict == "away":
        return _own(
            session,
            notice,
            status="pending",
            data_begun=False,
            lease_until=None,
            attempts=notice.attempts - 1,
            error=answer.text,
        )
    if notice.attempts >= MAX_ATTEMPTS:
        return _fail(session, notice, f"parked after {MAX_ATTEMPTS} tries", answer, now)
    return _own(
        session,
        notice,
        status="pending",
        data_begun=False,
        lease_until=None,
        code=answer.code,
        error=answer.text,
        send_at=now + pace.wait(notice.attempts, notice.key),
    )


def _settle_doubt(session: Session, notice: Notice, answer: Answer, now: datetime) -> bool:
    doubts = notice.doubts + 1
    if doubts >= MAX_DOUBTS:
        _doubt_for_ever(notice, now)
        return _own(
            session, notice, status="in_doubt", reason=notice.reason, doubts=doubts, settled_at=now, error=answer.text
        )
    return _own(
        session,
        notice,
        status="pending",
        data_begun=False,
        lease_until=None,
        doubts=doubts,
        error=answer.text,
        send_at=now + DOUBT_WAIT,
    )


def fail(session: Session, notice: Notice, reason: str, *, now: datetime) -> bool:
    """Park a claimed notice that cannot be made into a message."""
    return _fail(session, notice, reason, Answer("refused", None, reason), now)


def _fail(session: Session, notice: Notice, reason: str, answer: Answer, now: datetime) -> bool:
    done = _own(session, notice, status="failed", reason=reason, code=answer.code, error=answer.text, settled_at=now)
    if done:
        _settle_children(session, notice, "failed", reason, now)
    return done


def _own(session: Session, notice: Notice, **values: object) -> bool:
    """Change a notice only while we hold its claim: the token is the fence."""
    result = session.execute(
        update(Notice)
        .where(col(Notice.id) == notice.id, col(Notice.token) == notice.token, col(Notice.status) == "sending")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    won: bool = result.rowcount == 1  # type: ignore[attr-defined] # an UPDATE's result has it
    return won


def sweep(session: Session, ids: Sequence[int]) -> None:
    """Drop the frozen bytes of those of these notices that are settled."""
    settled = select(Notice.id).where(col(Notice.id).in_(ids), col(Notice.settled_at).is_not(None))
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(settled)))


def _settle_children(session: Session, digest: Notice, status: str, reason: str, now: datetime) -> None:
    if not is_digest(digest):
        return
    sent_at = now if status == "sent" else None
    session.execute(
        update(Notice)
        .where(col(Notice.digest_id) == digest.id, col(Notice.status) == "sending")
        .values(status=status, reason=reason, sent_at=sent_at, settled_at=now)
    )


def is_digest(notice: Notice) -> bool:
    """Tell whether a notice is a message of the day, which tells others."""
    return notice.kind.endswith("_digest")


def _mark_address(session: Session, notice: Notice, now: datetime) -> None:
    """Remember that a server refused an address for ever; nothing goes to it until it is corrected."""
    for table in (Person, Contact):
        for row in session.exec(select(table).where(table.email == notice.address)):
            row.bad_address_at = now
            session.add(row)


def cancel_for_steps(session: Session, step_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what has not left about these steps; return how many notices that was."""
    result = session.execute(
        update(Notice)
        .where(col(Notice.step_id).in_(step_ids), col(Notice.status) == "pending", col(Notice.attempts) == 0)
        .values(status="cancelled", reason=reason, settled_at=now)
    )
    count: int = result.rowcount  # type: ignore[attr-defined] # an UPDATE's result has it
    return count
