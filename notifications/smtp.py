"""The one module that knows the `emails` library: builds messages, and hands them to an SMTP server.

What the library leaves out is put back here: certificates are verified, a message is never sent a
second time by itself after a lost connection, and one connection serves a whole batch.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import format_datetime
from socket import socket
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import emails
from emails.backend.smtp.backend import SMTPBackend
from emails.backend.smtp.client import SMTPClientWithResponse

from notifications.answers import Answer
from notifications.rendering import Rendered
from programme.errors import SmtpUrlWrong

REPLY_SECONDS = 120
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CALENDAR_NAME = "invitation.ics"


@dataclass(frozen=True)
class Sender:
    """Whom messages come from."""

    address: str
    name: str = "Mourafaka"


def build(
    rendered: Rendered, *, sender: Sender, to: str, key: str, message_id: str, at: datetime, calendar: str | None = None
) -> bytes:
    """Return the bytes of a message: text, HTML and, for a meeting, an invitation beside them."""
    message = emails.Message(
        html=rendered.html,
        text=rendered.text,
        subject=rendered.subject,
        mail_from=(sender.name, sender.address),
        mail_to=to,
        message_id=message_id,
        date=format_datetime(at),
        headers={
            "X-Mourafaka-Key": key,
            "Auto-Submitted": "auto-generated",
            "Content-Language": rendered.language,
        },
    )
    if calendar is not None:
        message.after_build = _with_invitation(calendar)
    built: bytes = message.as_bytes()
    return built


def _with_invitation(calendar: str) -> Callable[[Any, Any], None]:
    """Return the hook that puts the invitation beside the texts, where mail programs look for it."""

    def add(_message: Any, built: Any) -> None:
        part = MIMEText(calendar, "calendar", "utf-8")
        part.set_param("method", "CANCEL" if "METHOD:CANCEL" in calendar else "REQUEST")
        part.set_param("name", CALENDAR_NAME)
        built.get_payload(0).get_payload(0).attach(part)

    return add


class _Client(SMTPClientWithResponse):  # type: ignore[misc] # the library ships no types for it
    """An SMTP client that verifies certificates and knows whether its message had begun to leave."""

    data_begun = False

    def starttls(self, *_args: Any, **_kwargs: Any) -> tuple[int, bytes]:
        reply: tuple[int, bytes] = smtplib.SMTP.starttls(self, context=ssl.create_default_context())
        return reply

    def data(self, msg: bytes) -> tuple[int, bytes]:
        self.data_begun = True
        reply: tuple[int, bytes] = smtplib.SMTP.data(self, msg)
        return reply


class _TlsClient(_Client):
    """The same over TLS from the first byte (smtps)."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        plain: socket = super()._get_socket(host, port, timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


class _Backend(SMTPBackend):  # type: ignore[misc] # the library ships no types for it
    connection_cls = _Client
    connection_ssl_cls = _TlsClient

    def retry_on_disconnect(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Do not: the library would send DATA a second time by itself."""
        return func


@dataclass(frozen=True)
class SmtpServer:
    """A mail server as MOURAFAKA_SMTP_URL names it."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    implicit_tls: bool

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on this machine."""
        return self.host in LOOPBACK


def read_smtp_url(url: str) -> SmtpServer:
    """Read smtp://user:password@host:port?tls=required|off, or smtps://; refused when it is not one.

    Without ``tls`` a server on this machine is spoken to in clear, any other with STARTTLS. A
    password is never sent in clear to another machine.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    shown = f"{parts.scheme}://{parts.hostname or ''}"
    wanted = options.get("tls", [""])[-1]
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or wanted not in {"", "required", "off"}:
        raise SmtpUrlWrong(url=shown)
    local = parts.hostname in LOOPBACK
    tls = parts.scheme == "smtp" and (wanted == "required" or (wanted == "" and not local))
    if parts.password and not (tls or local or parts.scheme == "smtps"):
        raise SmtpUrlWrong(url=shown)
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    port = parts.port or (465 if parts.scheme == "smtps" else 587 if tls else 25)
    return SmtpServer(parts.hostname, port, user, password, tls, parts.scheme == "smtps")


def _answer_of(response: Any) -> Answer:
    """Read the server's last word: about the sender (nothing can leave), the address, or the message."""
    code, text = response.status_code, bytes(response.status_text or b"").decode(errors="replace")
    if response.success:
        return Answer("accepted", code, text)
    if code < 500:
        return Answer("deferred", code, text)
    if response.last_command == "mail":
        return Answer("away", code, text)
    return Answer("refused", code, text, bad_address=response.last_command == "rcpt")


class SmtpMailer:
    """Hands messages to one server over a connection that is kept until it is closed."""

    def __init__(self, server: SmtpServer, sender: Sender, *, reply_seconds: int = REPLY_SECONDS) -> None:
        self._sender = sender
        options: Mapping[str, Any] = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "timeout": reply_seconds,
            "local_hostname": "localhost",
        }
        self._backend = _Backend(ssl=server.implicit_tls, tls=server.tls, fail_silently=False, **options)

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over one message; a connection that the server closed while idle is opened anew, once."""
        fresh = self._backend._client is None
        answer = self._attempt(address, body)
        if answer.verdict == "away" and not fresh:
            return self._attempt(address, body)
        return answer

    def _attempt(self, address: str, body: bytes) -> Answer:
        try:
            client = self._backend.get_client()
            client.data_begun = False
        except (OSError, smtplib.SMTPException) as problem:
            return self._lost("away", problem)
        try:
            response = client.sendmail(from_addr=self._sender.address, to_addrs=[address], msg=body)
        except smtplib.SMTPResponseException as problem:
            return self._lost("deferred" if problem.smtp_code < 500 else "refused", problem)
        except (OSError, smtplib.SMTPException) as problem:
            return self._lost("doubt" if client.data_begun else "away", problem)
        return _answer_of(response)

    def _lost(self, verdict: Any, problem: Exception) -> Answer:
        self.close()
        return Answer(verdict, getattr(problem, "smtp_code", None), str(problem))

    def close(self) -> None:
        """End the connection; a server that is gone already is no trouble."""
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend._client = None
