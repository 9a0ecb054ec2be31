"""A real SMTP server inside the test's process, told how to behave, and an outbox with something in it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from sqlmodel import col, select

from models import ChannelState, Notice, NoticeBody
from models.session import Database
from notifications.delivery import Post
from notifications.outbox import Pace
from notifications.promises import message_id
from notifications.smtp import Sender, SmtpMailer, SmtpServer
from runtime.clock import Clock
from tests.notifications.samples import sample_facts

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
SENDER = Sender("programme@odco.example", "Mourafaka")
ANYONE = "*"
DROP_KEPT, DROP_LOST = "drop after keeping it", "drop without keeping it"
DROP = "drop"
PHASES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "message")
"""Where a server may fall silent: before its greeting, or instead of its answer."""


@dataclass(frozen=True)
class Letter:
    """A mail as the server has it."""

    address: str
    body: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.body, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class PostOffice:
    """Accepts, unless told otherwise: `at_rcpt` and `at_data` hold the coming answers to an address, or to anyone."""

    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    password: str | None = None
    kept: list[Letter] = field(default_factory=list)
    connections: list[Any] = field(default_factory=list)
    at_mail: Iterator[str] = field(default_factory=lambda: iter(()))
    at_rcpt: dict[str, Iterator[str]] = field(default_factory=dict)
    at_data: dict[str, Iterator[str]] = field(default_factory=dict)
    passwords_heard: list[bytes] = field(default_factory=list)
    at_connect: Iterator[str] = field(default_factory=lambda: iter(()))
    slowness: float = 0
    silent_at: str = ""
    silence: float = 2
    pipelining: bool = False
    chunking: bool = False
    chunks: int = 0  # messages that came as one (RFC 3030)
    port: int = 0
    _controller: Any = None

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def open(self) -> None:
        required: dict[str, Any] = {"authenticator": self._let_in, "auth_require_tls": False, "auth_required": True}
        self._controller = _Controller(
            self,
            "127.0.0.1",
            self.port,
            ssl_context=self.tls if self.tls_at_once else None,
            tls_context=None if self.tls_at_once else self.tls,
            **(required if self.password else {}),
        )
        if self.tls_at_once:  # the controller's own first call would ask for a certificate it can verify
            self._controller._trigger_server = lambda: socket.create_connection(("127.0.0.1", self.port)).close()
            self._controller._factory_invoked.wait = lambda _timeout: True
            self._controller.smtpd = True
        self._controller.start()
        self.connections.clear()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def hang_up(self) -> None:
        """Close every connection, as a server does with idle ones."""
        assert self._controller is not None
        for transport in self.connections:
            self._controller.loop.call_soon_threadsafe(transport.abort)

    def server(self, user: str | None = None, password: str | None = None, *, tls: bool = False) -> SmtpServer:
        return SmtpServer("127.0.0.1", self.port, user, password, tls, self.tls_at_once)

    def addresses(self) -> list[str]:
        return [letter.address for letter in self.kept]

    def _let_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.passwords_heard.append(data.password)
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: Any
    ) -> Any:
        session.host_name = hostname
        self.connections.append(server.transport)
        await self.fall_silent("EHLO")
        offered = {"250-PIPELINING": self.pipelining or self.chunking, "250-CHUNKING": self.chunking}
        return [*responses[:-1], *(line for line, is_offered in offered.items() if is_offered), *responses[-1:]]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = next(self.at_mail, "250 OK")
        await self.fall_silent("MAIL")
        if answer == DROP:
            hang_up_on(server)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = self._next(self.at_rcpt, address)
        await self.fall_silent("RCPT")
        if answer == DROP:
            hang_up_on(server)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        address, *others = envelope.rcpt_tos
        assert others == []
        answer = self._next(self.at_data, address)
        await asyncio.sleep(self.slowness / 2)
        if answer in {DROP_KEPT, DROP_LOST}:
            hang_up_on(server)
        if answer == DROP_KEPT or answer.startswith("2"):
            self.kept.append(Letter(address, envelope.original_content or b""))
        await asyncio.sleep(self.slowness / 2)
        await self.fall_silent("message")
        return answer

    async def fall_silent(self, phase: str) -> None:
        """Say nothing at this phase, longer than the client waits."""
        if self.silent_at == phase:
            await asyncio.sleep(self.silence)

    @staticmethod
    def _next(scripts: dict[str, Iterator[str]], address: str) -> str:
        return next(scripts.get(address) or scripts.get(ANYONE) or iter(()), "250 OK")


class _Server(SMTP):
    """aiosmtpd's server, with a say before what its handler is not asked about: the greeting and the go-ahead."""

    async def push(self, status: Any) -> None:
        said, greets = str(status), not self.session.host_name
        if said.startswith("220 ") and greets:
            status = next(self.event_handler.at_connect, status)
            await self.event_handler.fall_silent("greeting")
        if said.startswith("354"):
            await self.event_handler.fall_silent("DATA")
        await super().push(status)
        if greets and str(status).startswith("421"):
            self.transport.close()

    async def smtp_BDAT(self, arg: str) -> None:
        """Take a message as one chunk, of which all is read whatever is answered."""
        message = await self._reader.readexactly(int(arg.partition(" ")[0]))
        self.event_handler.chunks += 1
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 nobody to give it to")
            return
        self.envelope.original_content = message
        answer = await self._call_handler_hook("DATA")
        self._set_post_data_state()
        await self.push(answer)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


def hang_up_on(server: Any) -> None:
    """Drop a connection without a word."""
    server.transport.abort()


@contextmanager
def opened_office(**offers: Any) -> Iterator[PostOffice]:
    """Give a post office that is open meanwhile; ``offers``: its fields."""
    office = PostOffice(**offers)
    office.open()
    try:
        yield office
    finally:
        office.close()


@pytest.fixture(name="office")
def open_office() -> Iterator[PostOffice]:
    """A server that is open; imported by the tests that use it."""
    with opened_office() as opened:
        yield opened


def post_of(
    database: Database, office: PostOffice, *, user: str | None = None, password: str | None = None, **more: Any
) -> Post:
    """Return the sending over real SMTP, on a clock that stands still."""
    mailer = SmtpMailer(office.server(user, password), SENDER, reply_seconds=5)
    return Post(database, mailer, SENDER, Pace(), Clock(NOW).now, **more)


def after(post: Post, **span: float) -> Post:
    """Return the same sending later; its clock stands still again."""
    return replace(post, now=Clock(post.now() + timedelta(**span)).now)


def put(
    database: Database, count: int = 1, *, kind: str = "welcome", language: str = "fr", beyond: int = 0, **more: Any
) -> list[str]:
    """Promise so many mails to coop1@coop.example and so on, ``beyond`` those that are there; return their keys."""
    keys = [f"SM/{number:03d}/{kind}" for number in range(beyond + 1, beyond + count + 1)]
    notices = [a_notice(number, key, kind, language, more) for number, key in enumerate(keys, beyond + 1)]
    with database.transaction() as session:
        session.add_all(notices)
    return keys


def a_notice(number: int, key: str, kind: str, language: str, more: dict[str, Any]) -> Notice:
    values: dict[str, Any] = {
        "key": key,
        "recipient": f"cooperative:SM/{number:03d}",
        "address": f"coop{number}@coop.example",
        "channel": "email",
        "due_on": date(2027, 1, 4),
        "facts": sample_facts(kind),
        "template_version": "test",
        "message_id": message_id(key),
        "promised_at": NOW - timedelta(hours=1),
        "send_at": NOW - timedelta(minutes=30) + timedelta(seconds=number),
    }
    return Notice(kind=kind, language=language, **(values | more))


def put_digest(database: Database, children: int = 2) -> list[str]:
    """Promise a coach's message of the day that tells so many reminders; return the children's keys."""
    [digest] = put(database, 1, kind="coach_digest", recipient="coach:c1", address="c1@odco.example")
    with database.transaction() as session:
        digest_id = session.exec(select(Notice.id).where(Notice.key == digest)).one()
        told = [_told(number, digest_id) for number in range(1, children + 1)]
        session.add_all(told)
        return [notice.key for notice in told]


def _told(number: int, digest_id: int | None) -> Notice:
    step = {"fr": f"Étape {number}", "ar": f"مرحلة {number}"}
    facts = {"cooperative": f"Coopérative {number}", "title": step, "due_on": "2027-01-11", "days": 7}
    more = {"channel": "digest", "digest_id": digest_id, "recipient": "coach:c1", "facts": facts, "message_id": None}
    return a_notice(number, f"SM/{number:03d}/plan/step_reminder/coach:c1", "step_reminder", "fr", more)


def notice(database: Database, key: str) -> Notice:
    """Return a notice as it stands in the database."""
    with database.reading() as session:
        return session.exec(select(Notice).where(Notice.key == key)).one()


def statuses(database: Database) -> list[tuple[str, str]]:
    """Return every notice's status and reason, by key."""
    with database.reading() as session:
        return [(one.status, one.reason) for one in session.exec(select(Notice).order_by(Notice.key))]


def bodies(database: Database) -> list[bytes]:
    """Return the frozen bytes that are kept, by notice."""
    with database.reading() as session:
        return [one.body for one in session.exec(select(NoticeBody).order_by(col(NoticeBody.notice_id)))]


def channel(database: Database) -> ChannelState | None:
    """Return the state of the mail channel."""
    with database.reading() as session:
        return session.get(ChannelState, "email")


def change(database: Database, key: str, **values: Any) -> None:
    """Change a notice behind everyone's back."""
    with database.transaction() as session:
        one = session.exec(select(Notice).where(Notice.key == key)).one()
        for name, value in values.items():
            setattr(one, name, value)
