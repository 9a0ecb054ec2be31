"""The outbox: claims what may leave, and settles what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, or_, text, update
from sqlalchemy import select as core_select
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, col, select

from models import Contact, Notice, Person
from models.notice import IN_OUTBOX
from models.sets import within
from notifications import fenced
from notifications.answers import Answer
from notifications.claimed import COLUMNS, TABLE, Claimed, Sayable, read
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

    def opening(self, notice: Claimed, moment: datetime) -> datetime:
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
) -> list[Claimed]:
    """Take up to ``limit`` messages that may leave now, oldest first; each has a lease and a new token.

    An expired lease means that a sender died. If its message had begun to leave (DATA), it is
    tried once more, 60 s later at the soonest; after a second doubt it waits for a person. What
    another sender is claiming at this moment is passed over, never waited for.
    """
    say, moment = session.connection().execute, {"now": now, "doubted_before": now - pace.doubt_wait}
    found = say(_oldest(digests=digests), {**moment, "most": limit}).all()
    doubted = [one for one, is_doubted in found if is_doubted]
    if doubted:
        _give_up_twice_doubted(session, doubted, now)
    ids = [one for one, is_doubted in found if not is_doubted]
    if not ids:
        return []
    taken = say(_taking(), {**moment, "ids": ids, "by": by, "until": now + pace.lease})
    try:
        return _in_turn(read(taken))
    except ValueError:
        return _in_turn(_read_one_by_one(session, ids, now))


@cache
def _oldest(*, digests: bool) -> Select[Any]:
    twice = and_(_died_in_data(), col(Notice.doubts) >= MAX_DOUBTS - 1)
    free = _is_free(bindparam("now"), bindparam("doubted_before"))
    kinds = () if digests else (~col(Notice.kind).endswith(DIGEST, autoescape=True),)
    oldest = core_select(TABLE.c.id, twice).where(free, *kinds).order_by(TABLE.c.send_at, TABLE.c.id)
    return oldest.limit(bindparam("most")).with_for_update(skip_locked=True)


@cache
def _taking() -> ReturningUpdate[Any]:
    values = {
        "status": "sending",
        "doubts": TABLE.c.doubts + case((_died_in_data(), 1), else_=0),
        "claimed_by": bindparam("by"),
        "lease_until": bindparam("until"),
        "data_begun": False,
        "token": TABLE.c.token + 1,
        "attempts": TABLE.c.attempts + 1,
    }
    free = _is_free(bindparam("now"), bindparam("doubted_before"))
    chosen = within(TABLE.c.id, "ids")
    return update(TABLE).where(chosen, free).values(values).returning(*COLUMNS)


def _in_turn(taken: list[Claimed]) -> list[Claimed]:
    return sorted(taken, key=lambda one: (one.send_at, one.id))


def is_any_free(session: Session, *, now: datetime, pace: Pace) -> bool:
    """Tell whether anything may be claimed, a message of the day too."""
    return session.exec(select(Notice.id).where(_is_free(now, now - pace.doubt_wait)).limit(1)).first() is not None


def _is_free(now: Any, doubted_before: Any) -> ColumnElement[bool]:
    """Tell, in the database, what nobody holds: the condition of choosing and, once more, of taking."""
    return and_(
        text(IN_OUTBOX),
        col(Notice.send_at) <= now,
        or_(
            col(Notice.status) == "pending",
            and_(col(Notice.data_begun).is_(False), col(Notice.lease_until) < now),
            and_(col(Notice.data_begun).is_(True), col(Notice.lease_until) < doubted_before),
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


def _read_one_by_one(session: Session, ids: Sequence[int], now: datetime) -> list[Claimed]:
    """Read what was taken row by row, where one cannot be read: that one is parked."""
    found = list[Claimed]()
    for one in ids:
        try:
            found += read(session.connection().execute(core_select(*COLUMNS).where(TABLE.c.id == one)))
        except ValueError:
            parked = {"status": "failed", "reason": UNREADABLE, "settled_at": now}
            session.connection().execute(update(TABLE).where(TABLE.c.id == one).values(parked))
            _follow(session, one, "failed", UNREADABLE, now)
    return found


def begin_data(session: Session, notice: Claimed, *, now: datetime, pace: Pace) -> bool:
    """Write down that a message is about to leave; False when the claim was lost, or the mail is on hold.

    The lease starts anew, so that a sender that waited long in its own batch, or froze, is not
    taken for dead while its message leaves.
    """
    begun = {"data_begun": True, "lease_until": now + pace.lease}
    return fenced.change(session, notice, begun, unless_held=True)


def settle_accepted(connection: Connection, met: Sequence[tuple[Claimed, Answer]], *, now: datetime) -> None:
    """Write down at once that messages were accepted; `fenced.ClaimLost` when the claim of one was lost meanwhile.

    Their frozen bytes go with those of the others of their batch.
    """
    by_code = defaultdict[int | None, list[Claimed]](list)
    for notice, answer in met:
        by_code[answer.code].append(notice)
    for code, notices in by_code.items():
        fenced.change_all(connection, notices, _ended("sent", "", Answer("accepted", code, ""), now))
    if digests := [notice.id for notice, _ in met if is_digest(notice)]:
        fenced.settle_told(connection, digests, "sent", "", now)


def begin_all(connection: Connection, notices: Sequence[Claimed], *, now: datetime, pace: Pace) -> None:
    """Write down that messages are about to leave; `fenced.ClaimLost` when not all of them may."""
    fenced.change_all(connection, notices, {"data_begun": True, "lease_until": now + pace.lease}, unless_held=True)


def settle(session: Session, notice: Claimed, answer: Answer, *, now: datetime, pace: Pace) -> bool:
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
        return _end(session, notice, _unsent(notice), f"parked after {notice.attempts} tries", answer, now)
    later = pace.opening(notice, now + pace.wait(notice.attempts, notice.key))
    return _put_back(session, notice, code=answer.code, error=answer.text, send_at=later)


def give_back(session: Session, notice: Claimed, error: str, *, send_at: datetime | None = None) -> bool:
    """Let go of a claimed message that was not handed over; the try does not count."""
    when = send_at or notice.send_at
    return _put_back(session, notice, attempts=notice.attempts - 1, error=error, send_at=when)


def fail(session: Session, notice: Claimed, reason: str, *, now: datetime) -> bool:
    """Park a claimed notice that cannot be made into a message."""
    return _end(session, notice, "failed", reason, Answer("refused", None, reason), now)


def _refuse(session: Session, notice: Claimed, answer: Answer, now: datetime) -> bool:
    what = "address" if answer.bad_address else "message"
    said = answer.code if answer.code is not None else answer.text
    done = _end(session, notice, _unsent(notice), f"{what} refused by the server ({said})", answer, now)
    if done and answer.bad_address and notice.address:
        mark_address(session, notice.address, now)
    return done


def _unsent(notice: Claimed) -> str:
    """Return how a message ends that the server will not have: one that was in doubt before may have arrived then."""
    return "in_doubt" if notice.doubts else "failed"


def _doubt(session: Session, notice: Claimed, answer: Answer, now: datetime, pace: Pace) -> bool:
    doubts = notice.doubts + 1
    if doubts >= MAX_DOUBTS:
        return _end(session, notice, "in_doubt", TWICE_IN_DOUBT, answer, now, doubts=doubts)
    again = pace.opening(notice, now + pace.doubt_wait)
    return _put_back(session, notice, doubts=doubts, error=answer.text, send_at=again)


def _end(
    session: Session, notice: Claimed, status: str, reason: str, answer: Answer, now: datetime, **values: object
) -> bool:
    done = fenced.change(session, notice, {**_ended(status, reason, answer, now), **values})
    if done:
        _follow(session, notice.id, status, reason, now, tells=is_digest(notice))
    return done


def _ended(status: str, reason: str, answer: Answer, now: datetime) -> dict[str, object]:
    is_sent = status == "sent"
    return {
        "status": status,
        "reason": reason,
        "code": answer.code,
        "error": "" if is_sent else answer.text,
        "sent_at": now if is_sent else None,
        "settled_at": now,
    }


def _put_back(session: Session, notice: Claimed, **values: object) -> bool:
    freed = {"status": "pending", "data_begun": False, "lease_until": None}
    return fenced.change(session, notice, {**freed, **values})


def _follow(session: Session, notice_id: int, status: str, reason: str, now: datetime, *, tells: bool = True) -> None:
    """Do what a settlement brings: its frozen bytes go, and what a message of the day ``tells`` settles with it."""
    fenced.forget_body(session, notice_id)
    if tells:
        fenced.settle_told(session.connection(), [notice_id], status, reason, now)


def is_digest(notice: Sayable) -> bool:
    """Tell whether a notice is a message of the day, which tells others."""
    return notice.kind.endswith(DIGEST)


def mark_address(session: Session, address: str, now: datetime) -> None:
    """Remember that a server refused an address for ever; nothing more is promised to it until it is corrected."""
    for table in (Person, Contact):
        session.execute(update(table).where(col(table.email) == address).values(bad_address_at=now))
