"""What sending needs, handed in by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from models import Notice
from models.session import Database
from notifications.answers import Mailer
from notifications.claimed import Sayable
from notifications.hours import Openings
from notifications.links import Links
from notifications.messages import message_of
from notifications.outbox import Pace
from notifications.services import Services
from notifications.smtp import Sender


class Compose(Protocol):
    """Makes the bytes of a message from a notice and its facts."""

    def __call__(self, notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        """Return the bytes; raises where a message cannot be made."""


class PassOn(Protocol):
    """Finds another reader for what has lost its own: whoever holds the role now, or a coach who calls."""

    def __call__(self, session: Session, notice: Notice, reason: str, now: datetime) -> bool:
        """Return whether somebody else will hear of it."""


@dataclass(frozen=True)
class Post:
    """What the sending needs: a database, a server, a sender's address, a pace, a clock, a composer, the
    name of this process on its claims, what finds another reader for what has lost its own, what makes
    the links of messages, the services that get a copy, and what reads the hours in which mail may leave
    (without it: the pace's own, which are any hour).

    A rehearsal has no breaker: nobody would let go. ``beside`` are more connections to the same server.
    ``stops`` tells that nothing more is to be begun: what is in hand is handed over and settled.
    """

    database: Database
    mailer: Mailer
    sender: Sender
    pace: Pace
    now: Callable[[], datetime]
    compose: Compose = message_of
    name: str = ""
    pass_on: PassOn | None = None
    links: Links | None = None
    services: Services | None = None
    hours: Callable[[Session], Openings] | None = None
    breaker: bool = True
    beside: tuple[Mailer, ...] = ()
    stops: Callable[[], bool] = lambda: False

    @property
    def mailers(self) -> tuple[Mailer, ...]:
        """Return every connection that messages are handed over by."""
        return (self.mailer, *self.beside)

    def with_hours(self) -> Post:
        """Return the same with the hours as they are in the database now."""
        if self.hours is None:
            return self
        with self.database.reading() as session:
            return replace(self, pace=replace(self.pace, hours=self.hours(session)))
