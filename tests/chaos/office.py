"""The mail server of a campaign: misbehaves as it is told, and keeps a record of its own that nobody else writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from notifications.answers import Answer, Mailer
from notifications.smtp import SmtpMailer
from tests.chaos.storm import FOR_GOOD, Strike
from tests.notifications.certificates import certificate
from tests.notifications.post_office import ANYONE, DROP, DROP_KEPT, DROP_LOST, SENDER, Letter, PostOffice

REPLY_SECONDS, STALLED_SECONDS = 20, 0.4
AT_DATA = {
    "451 at the message": "451 later",
    "554 at the message": "554 spam",
    "drop, kept": DROP_KEPT,
    "drop, lost": DROP_LOST,
}
AT_RCPT = {"450 at the address": "450 4.2.1 busy", "drop at the address": DROP, FOR_GOOD: "550 5.1.1 who?"}
AT_CONNECT = {"421 at connect": "421 closed for today", "554 at connect": "554 no service"}


@dataclass(frozen=True)
class Arrival:
    """A mail as the server got it, and when by the machine's clock."""

    at: datetime
    address: str
    key: str
    message_id: str
    digest: str


@dataclass(frozen=True)
class No:
    """A 4xx or 5xx that the server said of an address or of a message to it."""

    at: datetime
    address: str
    code: int


class _Stamped(list[Any]):
    """Letters as they come, each with its moment."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now

    def append(self, letter: Letter) -> None:
        message = letter.message
        key = "".join(str(message["X-Mourafaka-Key"]).split())
        digest = hashlib.sha256(letter.body).hexdigest()
        super().append(Arrival(self._now(), letter.address, key, str(message["Message-ID"]).strip(), digest))


@dataclass
class Office(PostOffice):
    """A server whose record has the moments of a clock that is moved by hand."""

    now: Callable[[], datetime] = field(kw_only=True)
    said_no: list[No] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kept = _Stamped(self.now)

    def _next(self, scripts: dict[str, Iterator[str]], address: str) -> str:  # type: ignore[override]
        answer = PostOffice._next(scripts, address)
        if answer[:1] in {"4", "5"}:
            self.said_no.append(No(self.now(), address, int(answer[:3])))
        return answer

    def reopen(self) -> None:
        """Be there again after an outage."""
        if self._controller is None:
            self.open()

    def behave(self) -> None:
        """Accept everything again."""
        self.at_mail = self.at_connect = iter(())
        self.at_rcpt, self.at_data, self.silent_at = {}, {}, ""

    def misbehave(self, what: str, at: int) -> None:
        """Do something to the ``at``-th message of what comes now, or to the next connection."""
        scripts = {**dict.fromkeys(AT_DATA, self.at_data), **dict.fromkeys(AT_RCPT, self.at_rcpt)}
        said = {**AT_DATA, **AT_RCPT}
        if what in scripts:
            scripts[what][ANYONE] = chain(repeat("250 OK", at - 1), [said[what]])
        elif what in AT_CONNECT:
            self.at_connect = iter([AT_CONNECT[what]])
        elif what == "451 for the sender":
            self.at_mail = chain(repeat("250 OK", at - 1), ["451 overloaded"])
        elif what == "stalled":
            phases = ("greeting", "EHLO", "RCPT", "message")
            self.silent_at, self.silence = phases[at - 1], STALLED_SECONDS * 1.5


class Doors:
    """The servers of a campaign: the true one, and two that are not to be trusted with a message."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        context, _ = certificate(folder)
        self.true = Office(now=now)
        self.unknown = Office(tls=context, now=now)
        self.locked = Office(password="right", now=now)
        self.all: Sequence[Office] = (self.true, self.unknown, self.locked)

    def __enter__(self) -> Doors:
        with ExitStack() as opened:
            for office in self.all:
                office.open()
                opened.callback(office.close)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def mailer(self, strike: Strike | None) -> Mailer:
        """Return the way to a server: with a wrong password, to one nobody vouches for, or with little patience."""
        what = strike.what if strike is not None else ""
        if what == "no TLS":
            return SmtpMailer(self.unknown.server(tls=True), SENDER, reply_seconds=REPLY_SECONDS)
        if what == "login refused":
            return SmtpMailer(self.locked.server("user", "wrong"), SENDER, reply_seconds=REPLY_SECONDS)
        seconds = STALLED_SECONDS if what == "stalled" else REPLY_SECONDS
        return SmtpMailer(self.true.server(), SENDER, reply_seconds=seconds)


class Freezing:
    """A mailer whose process freezes with one message in its hands: ``meanwhile`` is what others do until it wakes."""

    def __init__(self, mailer: Mailer, strike: Strike, meanwhile: Callable[[], None]) -> None:
        self._mailer, self._strike, self._meanwhile = mailer, strike, meanwhile
        self._left = strike.at

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over; the chosen message just before it begins to leave, or with the answer not yet written down."""
        self._left -= 1
        if self._left == 0 and self._strike.what == "frozen before":
            self._meanwhile()
        answer = self._mailer.send(address, body)
        if self._left == 0 and self._strike.what == "frozen after":
            self._meanwhile()
        return answer

    def close(self) -> None:
        """End the connection."""
        self._mailer.close()
