"""What became of one attempt to hand a message to a mail server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from notifications.chunking import Departure

Verdict = Literal["accepted", "refused", "deferred", "away", "doubt"]


@dataclass(frozen=True)
class Answer:
    """The server's answer.

    ``refused`` is for ever (5xx), ``deferred`` for now (4xx), ``away`` means that no message
    can be handed over at all (server down, login refused), ``doubt`` that the message had
    left and no answer came. ``bad_address`` tells a refused address from a refused message.
    """

    verdict: Verdict
    code: int | None = None
    text: str = ""
    bad_address: bool = False


class Mailer(Protocol):
    """Hands frozen messages to a server, one recipient each."""

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over one message and wait for the final answer; never raises for what a server does."""

    def close(self) -> None:
        """End the connection."""


@runtime_checkable
class Prompt(Mailer, Protocol):
    """A mailer that can write a whole message and be listened to later: nobody need wait on it."""

    patience: float
    """Seconds for which an answer is awaited."""

    def begin(self, address: str, body: bytes) -> Departure | None:
        """Write what goes without waiting; None where nothing has left, and the message is to be sent by `send`."""

    def go_on(self, departure: Departure) -> Answer | None:
        """Write or read what the connection is ready for; return the answer when it has come whole."""

    def break_off(self, departure: Departure, problem: Exception) -> Answer:
        """Give the connection up, and say what is to be thought of the message."""


class MemoryMailer:
    """Accepts everything and remembers it: fast tests; held to the SMTP one by a contract test."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def send(self, address: str, body: bytes) -> Answer:
        """Accept."""
        self.sent.append((address, body))
        return Answer("accepted", 250, "OK")

    def close(self) -> None:
        """Nothing is open."""


class SilentMailer:
    """Accepts everything and keeps nothing: simulations."""

    def send(self, address: str, body: bytes) -> Answer:  # noqa: ARG002 - a mailer's signature
        """Accept."""
        return Answer("accepted", 250, "OK")

    def close(self) -> None:
        """Nothing is open."""
