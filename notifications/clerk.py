"""A clerk: a process beside the one that writes. It makes messages and hands them over, and has no database.

What it is told to do has been written down before, and what it tells is written down by the other: when either of
them dies, no more than one message a connection has left without its answer being known (docs/adr/0023).
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Literal

from notifications.answers import Answer
from notifications.claimed import Claimed
from notifications.hands import MOMENT, Answered, Hands
from notifications.listening import Parcel
from notifications.making import Batch, Made, Making, make
from notifications.post import Post

BEAT, BEATS_MISSED = 5.0, 12
"""Seconds after which a clerk who has nothing to tell says that it is there; a silent one is given up after so many."""
AHEAD = 2
"""Batches that are claimed, and made, while another one leaves: while one is written down, there is another to make."""
AT_A_TIME = 0.0003
"""Seconds for which it makes messages before it looks up."""
BROKE_OFF = "the process that handed it over broke off"
Word = tuple[Literal["made", "answers", "here"], Any]
"""What a clerk tells: what it made, what was answered, or nothing but that it lives."""
Order = tuple[Literal["make", "give", "hand over"], Any]
"""What it is told: a batch to make, to give what it made of the first, or messages to hand over (its own, no bytes)."""


class Clerk:
    """A clerk as who writes knows it: hands that make messages, too, while others leave."""

    ahead = AHEAD

    def __init__(self, number: int, line: Connection, connections: int) -> None:
        self._number, self._line, self._connections = number, line, connections
        self._under_way: set[int] = set()
        self._answered: list[Answered] = []
        self._its_own: frozenset[int] = frozenset()
        self.are_lost = False
        """Whether it broke off: what it had under way is in doubt, and nothing more can be given to it."""

    def __enter__(self) -> Clerk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        """Let it go: it ends its connections, without waiting for what it has under way."""
        self._line.close()

    @property
    def free(self) -> int:
        """Return how many of its connections have nothing under way."""
        return self._connections - len(self._under_way)

    @property
    def are_busy(self) -> bool:
        """Tell whether anything is under way, or has an answer that was not asked for yet."""
        return bool(self._under_way or self._answered)

    def take(self, parcels: Sequence[Parcel]) -> None:
        """Have it hand messages over by connections that are free."""
        if parcels:
            self._under_way.update(parcel.number for parcel in parcels)
            self._tell(
                ("hand over", [one._replace(body=b"") if one.number in self._its_own else one for one in parcels])
            )

    def answers(self, *, all_of_them: bool = False) -> list[Answered]:
        """Wait for an answer, and a moment for more until half of the connections are free; or for all answers.

        The other half is busy while what was answered is written down.
        """
        enough = max(1, self._connections // 2)
        while self._under_way and (all_of_them or len(self._answered) < enough):
            if not self._answered or all_of_them:
                self._listen()
            elif self._heard(MOMENT) is None:
                break
        answered, self._answered = self._answered, []
        return answered

    def begin(self, batch: Batch) -> None:
        """Have it make a batch, after those that it was given before, and beside what it hands over."""
        self._tell(("make", batch.packed()))

    def made(self, batch: Batch, post: Post) -> Made:
        """Return what comes of the batch that was begun first of those not yet returned.

        What it has not made by now is made here, while it makes the next one: nobody waits.
        """
        self._its_own = frozenset()
        self._tell(("give", None))
        made = Made()
        while not self.are_lost:
            word = self._listen()
            if word is not None and word[0] == "made":
                made = word[1]
                self._its_own = frozenset(made.bodies)
                break
        return make(batch, post, made)

    def _listen(self) -> Word | None:
        """Return its next word; a clerk who is silent for long is frozen, and given up.

        The time is counted in pieces, so that who was frozen together with it leaves it time to wake up.
        """
        for _ in range(BEATS_MISSED):
            word = self._heard(BEAT)
            if word is not None or self.are_lost:
                return word
        self._give_up()
        return None

    def _heard(self, seconds: float) -> Word | None:
        try:
            if not self._line.poll(seconds):
                return None
            word: Word = self._line.recv()
        except (EOFError, OSError):
            self._give_up()
            return None
        if word[0] == "answers":
            self._answered += word[1]
            self._under_way.difference_update(number for number, _ in word[1])
        return word

    def _tell(self, order: Order) -> None:
        try:
            self._line.send(order)
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        """Have it do nothing more: what it had under way may have left, and nobody will hear the answer."""
        self.are_lost = True
        with suppress(ProcessLookupError):
            os.kill(self._number, signal.SIGKILL)
        self._answered += [(number, Answer("doubt", None, BROKE_OFF)) for number in self._under_way]
        self._under_way.clear()


class _LetGo(Exception):  # noqa: N818 - no error: who writes has ended, or was killed
    """Nobody is there to work for any more."""


def serve(post: Post, line: Connection) -> None:
    """Do a clerk's work until who writes lets it go, or is gone; what is under way then is not waited for."""
    with suppress(_LetGo), Hands(post.mailers, waits=False) as hands:
        hands.watch(line.fileno())
        with suppress(_LetGo):
            _Desk(post, line, hands).work()
        if hands.are_busy:
            raise _LetGo


class _Desk:
    """A clerk at work: between the messages that it makes it looks for answers, and for what it is told."""

    def __init__(self, post: Post, line: Connection, hands: Hands) -> None:
        self._post, self._line, self._hands = post, line, hands
        self._makings: deque[tuple[Making, deque[Claimed]]] = deque()
        """What it makes, with what is left to make of each."""
        self._bodies: deque[Mapping[int, tuple[str, bytes]]] = deque(maxlen=1 + AHEAD)
        """Of the batch that leaves, and of those that are made meanwhile."""
        self._spoke_at = time.monotonic()

    def work(self) -> None:
        """Do what is told, until nobody is there to tell."""
        while True:
            self._make_some()
            answered = self._hands.told_within(0 if self._unmade() else BEAT)
            if answered:
                self._say(("answers", answered))
            if self._hands.are_called:
                self._obey()
            elif time.monotonic() - self._spoke_at >= BEAT:
                self._say(("here", None))

    def _obey(self) -> None:
        for kind, given in iter(self._order, None):
            if kind == "hand over":
                self._hands.take([self._whole(parcel) for parcel in given])
            elif kind == "make":
                batch = Batch.unpacked(*given)
                self._makings.append((Making(batch, self._post), deque(batch.notices)))
                self._bodies.append(self._makings[-1][0].made.bodies)
            else:
                self._give()

    def _whole(self, parcel: Parcel) -> Parcel:
        """Return a parcel with its bytes, which were left out where they were made here."""
        if parcel.body:
            return parcel
        return parcel._replace(body=next(made[parcel.number][1] for made in self._bodies if parcel.number in made))

    def _order(self) -> Order | None:
        try:
            return self._line.recv() if self._line.poll() else None
        except (EOFError, OSError):
            raise _LetGo from None

    def _unmade(self) -> tuple[Making, deque[Claimed]] | None:
        return next((one for one in self._makings if one[1]), None)

    def _make_some(self) -> None:
        until = time.monotonic() + AT_A_TIME
        while time.monotonic() < until and (begun := self._unmade()) is not None:
            making, left = begun
            making.do(left.popleft())

    def _give(self) -> None:
        """Give what is made of the batch that was begun first, and leave the rest to who asks."""
        making, _ = self._makings.popleft()
        self._say(("made", making.made))

    def _say(self, word: Word) -> None:
        try:
            self._line.send(word)
        except OSError:
            raise _LetGo from None
        self._spoke_at = time.monotonic()
