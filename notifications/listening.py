"""Listens to every connection on which a message leaves in one write, so that nobody has to wait on each."""

from __future__ import annotations

import select
import time
from dataclasses import dataclass
from socket import socketpair
from typing import NamedTuple

from notifications.answers import Answer, Prompt
from notifications.chunking import Departure


class Parcel(NamedTuple):
    """A message that is to be handed over: its number, whom it goes to, and its bytes."""

    number: int
    address: str
    body: bytes


Heard = tuple[Prompt, Parcel, Answer]


@dataclass(slots=True)
class _Leaving:
    """A message on its way, whose it is, and when its server will have been waited for enough."""

    mailer: Prompt
    parcel: Parcel
    departure: Departure
    until: float


class Listening:
    """The connections that are listened to, and a bell that others ring when they have something to say."""

    def __init__(self) -> None:
        self._leaving: dict[int, _Leaving] = {}
        self._looked = select.poll()
        self._ear, self._bell = socketpair()
        self._looked.register(self._ear, select.POLLIN)

    def begin(self, mailer: Prompt, parcel: Parcel) -> bool:
        """Have a message leave in one write; False where it does not go so, and nothing has left."""
        departure = mailer.begin(parcel.address, parcel.body)
        if departure is None:
            return False
        self._leaving[departure.number] = _Leaving(mailer, parcel, departure, time.monotonic() + mailer.patience)
        self._looked.register(departure.number, _wanted(departure))
        return True

    def ring(self) -> None:
        """Have the one who listens stop; said by another thread."""
        self._bell.send(b"!")

    def hear(self, seconds: float | None) -> list[Heard]:
        """Return what servers have answered, as soon as one says something, the bell rings or the time is over."""
        heard = list[Heard]()
        for number, _ in self._looked.poll(self._milliseconds(seconds)):
            if number in self._leaving:
                heard += self._goes_on(number)
            else:
                self._ear.recv(4096)
        return heard or self._waited_enough()

    def _milliseconds(self, seconds: float | None) -> float | None:
        """Return how long to listen: so long, but no longer than until the first server was waited for enough."""
        first = min((one.until for one in self._leaving.values()), default=None)
        patience = None if first is None else max(0.0, first - time.monotonic())
        waits = [one for one in (seconds, patience) if one is not None]
        return min(waits) * 1000 if waits else None

    def _goes_on(self, number: int) -> list[Heard]:
        leaving = self._leaving[number]
        answer = leaving.mailer.go_on(leaving.departure)
        if answer is not None:
            return [self._ended(number, answer)]
        leaving.until = time.monotonic() + leaving.mailer.patience
        self._looked.modify(number, _wanted(leaving.departure))
        return []

    def _waited_enough(self) -> list[Heard]:
        now = time.monotonic()
        silent = [number for number, one in self._leaving.items() if one.until <= now]
        return [self._ended(number, self._broken_off(self._leaving[number])) for number in silent]

    @staticmethod
    def _broken_off(leaving: _Leaving) -> Answer:
        return leaving.mailer.break_off(leaving.departure, TimeoutError("timed out"))

    def _ended(self, number: int, answer: Answer) -> Heard:
        leaving = self._leaving.pop(number)
        self._looked.unregister(number)
        return leaving.mailer, leaving.parcel, answer

    def close(self) -> None:
        """End the listening."""
        self._ear.close()
        self._bell.close()


def _wanted(departure: Departure) -> int:
    """Return what is waited for on a connection: room for more of the message, or something that is said."""
    return select.POLLOUT if departure.writes else select.POLLIN
