"""Keeps to a mail server's rate: so many messages a second at the most."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from notifications.answers import Answer, Mailer


class Slowly:
    """A mailer that hands over no more than ``rate`` messages a second to another one.

    It waits before a message and never after one: between an acceptance and its settlement no
    time may be lost, a kill there would send the message again.
    """

    def __init__(
        self, mailer: Mailer, rate: float, *, now: Callable[[], datetime], wait: Callable[[float], None]
    ) -> None:
        self._mailer, self._now, self._wait = mailer, now, wait
        self._gap = timedelta(seconds=1 / rate)
        self._next: datetime | None = None

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over one message when its turn has come."""
        now = self._now()
        if self._next is not None and self._next - self._gap <= now < self._next:
            self._wait((self._next - now).total_seconds())
        self._next = self._now() + self._gap
        return self._mailer.send(address, body)

    def close(self) -> None:
        """End the connection."""
        self._mailer.close()
