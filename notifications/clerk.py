"""A clerk: a process beside the one that sends. It makes messages, and has no database and no connection.

Nothing that it does is seen outside: when it dies, its sender makes what it has not made (docs/adr/0027).
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Literal

from notifications.claimed import ToMake
from notifications.making import Batch, Made, Making, Work, make
from notifications.post import Post
from notifications.tray import Tray

BEAT, BEATS_MISSED = 5.0, 12
"""Seconds for which a clerk is waited for at a time, and how often: a silent one is frozen, and given up."""
AHEAD = 2
"""Batches that are claimed, and made, while another one leaves: while one is written down, there is another to make."""
AT_A_TIME = 0.001
"""Seconds for which it makes messages before it looks whether it is told something."""
Order = tuple[Literal["make", "give"], int, Any]
"""What a clerk is told: a batch of that number to make, or to give what is made of it by now."""
Word = tuple[int, int]
"""What it tells: the number of a batch of which it gives all that it has made, and how many bytes that is."""


class Clerk:
    """A clerk as its sender knows it."""

    ahead = AHEAD

    def __init__(self, number: int, line: Connection, tray: Tray) -> None:
        self._number, self._line, self._tray = number, line, tray
        self._begun = self._asked = 0
        self._given: dict[int, int] = {}
        self.is_lost = False
        """Whether it broke off: then all is made here."""

    def __enter__(self) -> Clerk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        """Let it go."""
        self._line.close()

    def begin(self, batch: Batch) -> None:
        """Have it make a batch, after those that it was given before."""
        self._tell(("make", self._begun, batch.work.packed()))
        self._begun += 1

    def made(self, batch: Batch, post: Post) -> Made:
        """Return what comes of the batch that was begun first of those not yet returned.

        What it has not made by now is made here, while it makes the next one: nobody waits.
        """
        number = self._asked
        self._asked += 1
        return make(batch, post, self._made_there(number))

    def _made_there(self, number: int) -> Made:
        self._hear_all()
        if number not in self._given:
            self._tell(("give", number, None))
        for _ in range(BEATS_MISSED):  # in pieces, so that who was frozen together with it leaves it time to wake up
            if number in self._given or self.is_lost:
                break
            self._hear(BEAT)
        else:
            self._give_up()
        size = self._given.pop(number, 0)
        made: Made = self._tray.take(number, size) if size else Made()
        return made

    def _hear_all(self) -> None:
        while not self.is_lost and self._hear(0):
            pass

    def _hear(self, seconds: float) -> bool:
        """Wait for its next word; return whether there was one."""
        try:
            if not self._line.poll(seconds):
                return False
            number, size = self._line.recv()
        except (EOFError, OSError):
            self._give_up()
            return False
        self._given[number] = size
        return True

    def _tell(self, order: Order) -> None:
        if not self.is_lost:
            try:
                self._line.send(order)
            except OSError:
                self._give_up()

    def _give_up(self) -> None:
        self.is_lost = True
        with suppress(ProcessLookupError):
            os.kill(self._number, signal.SIGKILL)


class _LetGo(Exception):  # noqa: N818 - no error: its sender has ended, or was killed
    """Nobody is there to work for any more."""


@dataclass
class _Begun:
    """A batch that is being made, and what of it is not."""

    number: int
    making: Making
    left: deque[ToMake]


def serve(post: Post, line: Connection, tray: Tray) -> None:
    """Do a clerk's work until its sender lets it go, or is gone."""
    with suppress(_LetGo):
        _Desk(post, line, tray).work()


class _Desk:
    """A clerk at work: between the messages that it makes it looks for what it is told."""

    def __init__(self, post: Post, line: Connection, tray: Tray) -> None:
        self._post, self._line, self._tray = post, line, tray
        self._begun = deque[_Begun]()

    def work(self) -> None:
        """Do what is told, until nobody is there to tell."""
        while True:
            for kind, number, given in self._orders():
                if kind == "make":
                    work = Work.unpacked(*given)
                    self._begun.append(_Begun(number, Making(work, self._post), deque(work.notices)))
                elif self._begun and self._begun[0].number == number:  # else it was given meanwhile
                    self._give()
            self._make_some()

    def _orders(self) -> Iterator[Order]:
        """Yield what it was told; wait for it where there is nothing to make."""
        try:
            while self._line.poll(0 if self._begun else None):
                yield self._line.recv()
        except (EOFError, OSError):
            raise _LetGo from None

    def _make_some(self) -> None:
        until = time.monotonic() + AT_A_TIME
        while self._begun and time.monotonic() < until:
            first = self._begun[0]
            if first.left:
                first.making.do(first.left.popleft())
            else:
                self._give()

    def _give(self) -> None:
        """Give what is made of the batch that was begun first, and leave the rest to who asks."""
        first = self._begun.popleft()
        try:
            self._line.send((first.number, self._tray.put(first.number, first.making.made)))
        except OSError:
            raise _LetGo from None
