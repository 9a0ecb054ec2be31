"""Hands a batch over, one connection or several at once: what was answered and what follows share a transaction.

Each connection has one message under way at the most. Whatever dies, no more than one message a
connection can have left without its answer being written down.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, col

from models import ChannelState
from models.locking import locked
from models.spoken import Spoken
from models.trouble import again_if_crossed
from notifications import fenced, holds, outbox
from notifications.answers import Answer
from notifications.claimed import Claimed
from notifications.hands import Hands
from notifications.hours import LOOK_AGAIN, UNREADABLE
from notifications.listening import Parcel
from notifications.making import Frozen
from notifications.post import Post

Met = tuple[Claimed, Answer]
LONGEST_PAUSE = timedelta(hours=1)
BREATHE = (
    update(SQLModel.metadata.tables["channel_state"])
    .where(col(ChannelState.channel) == holds.MAIL, col(ChannelState.failures) > 0)
    .values(failures=0, down_since=None, paused_until=None, reason="")
)
"""Said after every answer, so built once."""
BREATHING = Spoken(BREATHE, ())


@dataclass
class Handing:
    """Messages that are handed over: batch after batch, with what waits and what is under way.

    Where batches ``overlap``, the next one follows while this one's last messages are under way. What was accepted is
    added to ``done``: its frozen bytes are of no more use.
    """

    post: Post
    hands: Hands
    batches: Iterator[Sequence[Frozen]]
    tally: Counter[str]
    done: list[int]
    overlap: bool
    _waiting: deque[Frozen] = field(default_factory=deque, init=False)
    _known: dict[int, Claimed] = field(default_factory=dict, init=False)

    def run(self) -> None:
        """Send them; each settlement shares a transaction with the next messages' "about to leave".

        Ends early when the server is away, the mail on hold, or we are told to stop; what was not begun is given back.
        """
        met = list[Met]()
        self._refill()
        while self._waiting or met or self.hands.are_busy:
            if any(answer.verdict == "away" for _, answer in met):
                again_if_crossed(partial(_pause, self.post, met + self._heard(all_of_them=True), self._waiting))
                return
            stops = self.post.stops()
            most = 0 if stops else min(self.hands.free, len(self._waiting))
            following = [self._waiting.popleft() for _ in range(most)]
            going, are_held = again_if_crossed(partial(_turn, self.post, met, following))
            self.done += [notice.id for notice, answer in met if answer.verdict == "accepted"]
            self.hands.take([Parcel(notice.id, notice.address or "", body) for notice, body in going])
            if are_held or stops:
                gone = {notice.id for notice, _ in going}
                left = [one for one in (*following, *self._waiting) if one[0].id not in gone]
                again_if_crossed(partial(_let_go, self.post, self._heard(all_of_them=True), left))
                return
            self._refill()
            met = self._heard()

    def _heard(self, *, all_of_them: bool = False) -> list[Met]:
        met = [(self._known.pop(number), answer) for number, answer in self.hands.answers(all_of_them=all_of_them)]
        self.tally.update(answer.verdict for _, answer in met)
        return met

    def _refill(self) -> None:
        """Have the next batch wait, once nothing does; when that fails, what is under way is settled first."""
        if self._waiting or (self.hands.are_busy and not self.overlap):
            return
        try:
            for batch in self.batches:
                self._waiting.extend(batch)
                if batch:  # of another one nothing could be made
                    break
        except BaseException:
            with suppress(SQLAlchemyError):
                _let_go(self.post, self._heard(all_of_them=True), ())
            raise
        self._known |= {notice.id: notice for notice, _ in self._waiting}


def _turn(post: Post, met: Sequence[Met], following: Sequence[Frozen]) -> tuple[list[Frozen], bool]:
    """Settle what was answered, and mark what is about to leave; return that, and whether the mail is on hold.

    What has lost its claim is passed over, and so is what it is too late in the day for. As long as nothing
    is, and all was accepted, it is written in a few words; else that is undone, and done one by one.
    """
    now = post.now()
    if all(answer.verdict == "accepted" for _, answer in met) and not _late(
        post, [notice for notice, _ in following], now
    ):
        with suppress(fenced.ClaimLost):
            _all_at_once(post, met, [notice for notice, _ in following], now)
            return list(following), False
    return _one_by_one(post, met, following)


def _all_at_once(post: Post, met: Sequence[Met], following: Sequence[Claimed], now: datetime) -> None:
    with post.database.writing() as connection:
        outbox.settle_accepted(connection, met, now=now)
        if met:
            BREATHING.say(connection, [()])  # the server answered: its earlier failures are forgotten
        outbox.begin_all(connection, following, now=now, pace=post.pace)


def _one_by_one(post: Post, met: Sequence[Met], following: Sequence[Frozen]) -> tuple[list[Frozen], bool]:
    now = post.now()
    with post.database.transaction(alone=False) as session:
        for notice, answer in met:
            outbox.settle(session, notice, answer, now=now, pace=post.pace)
        if met:
            session.connection().execute(BREATHE)
        late = late_today(session, post, [notice for notice, _ in following], now)
        timely = [one for one in following if one[0].id not in late]
        going = [one for one in timely if outbox.begin_data(session, one[0], now=now, pace=post.pace)]
        return going, len(going) < len(timely) and holds.is_open(session)


def late_today(session: Session, post: Post, notices: Sequence[Claimed], now: datetime) -> set[int]:
    """Have what may not leave at this hour, whatever kept it until now, wait for the next opening; return its ids."""
    late = _late(post, notices, now)
    for notice, error, opens_at in late.values():
        outbox.give_back(session, notice, error, send_at=opens_at)
    return {*late}


def _late(post: Post, notices: Sequence[Claimed], now: datetime) -> dict[int, tuple[Claimed, str, datetime]]:
    """Return what may not leave at this hour, by its id: with what is to be said of it, and when it may."""
    hours = post.pace.hours
    openings = {one: hours.opening(one, now) for one in {notice.cohort_id for notice in notices}}
    late = {one.id: (one, one.error, openings[one.cohort_id]) for one in notices if openings[one.cohort_id] > now}
    for one in notices if hours.unreadable else ():
        if one.cohort_id in hours.unreadable and not outbox.is_digest(one):  # a message of the day is of others too
            late[one.id] = (one, UNREADABLE, hours.opening(one.cohort_id, now + LOOK_AGAIN))
    return late


def _let_go(post: Post, met: Sequence[Met], left: Collection[Frozen]) -> None:
    """Give back what was claimed before the mail was put on hold or we were told to stop; settle what was under way."""
    now = post.now()
    with post.database.transaction(alone=False) as session:
        for notice, answer in met:
            outbox.settle(session, notice, answer, now=now, pace=post.pace)
        for notice, _ in left:
            outbox.give_back(session, notice, notice.error)


def _pause(post: Post, met: Sequence[Met], left: Collection[Frozen]) -> None:
    """Pause the channel, and give back the messages that met the silence and the rest of their batch."""
    now, reason = post.now(), next(answer.text for _, answer in met if answer.verdict == "away")
    with post.database.transaction(alone=False) as session:
        for notice, answer in met:
            outbox.settle(session, notice, answer, now=now, pace=post.pace)
        for notice, _ in left:
            outbox.give_back(session, notice, reason)
        state = locked(session, ChannelState(channel=holds.MAIL))
        until = now + min(post.pace.retry_base * 2 ** min(state.failures, 6), LONGEST_PAUSE)
        state.failures, state.down_since = state.failures + 1, state.down_since or now
        if state.paused_until is None or state.paused_until < until:
            state.paused_until, state.reason = until, reason
