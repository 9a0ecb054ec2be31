"""The one module that knows the `emails` library: builds messages, and hands them to an SMTP server.

What the library leaves out is put back here: certificates are verified, a message is never sent a
second time by itself after a lost connection, and one connection serves a whole batch.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import format_datetime
from functools import lru_cache
from socket import socket
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from emails.backend.smtp.backend import SMTPBackend
from emails.backend.smtp.client import SMTPClientWithResponse
from emails.message import Message

from notifications.answers import Answer, Verdict
from notifications.kinds import content_language
from notifications.mould import Mould, mark_of, mould_of, part_mark_of, parts_in_base64
from notifications.pipelining import CLOSING, Pipelining
from notifications.rendering import Rendered
from programme.errors import SmtpUrlWrong

REPLY_SECONDS = 120
WAYS = frozenset({("smtp", ""), ("smtp", "required"), ("smtp", "off"), ("smtps", ""), ("smtps", "required")})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CALENDAR_NAME = "invitation.ics"
NOT_LET_IN = frozenset({530, 534, 535, 538})
"""Codes by which a server wants another login (RFC 4954): about us, whatever command they answer."""
TOO_BIG = 552
"""The code by which MAIL FROM refuses one message for its size (RFC 1870), not its sender."""
POLICY = "5.7."
"""Enhanced codes (RFC 3463) of a server's policy, which say nothing of the address."""
_ONE_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[^\s@,;:<>()\"\\\[\]\x00-\x20\x7f]+")


def is_one_address(text: str) -> bool:
    """Tell whether a text is exactly one address that can stand in a header and in a command."""
    return _ONE_ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True)
class Sender:
    """Whom messages come from."""

    address: str
    name: str = "Mourafaka"


def build(
    rendered: Rendered,
    *,
    sender: Sender,
    to: str,
    key: str,
    message_id: str,
    at: datetime,
    calendar: str | None = None,
    unsubscribe: str | None = None,
) -> bytes:
    """Return the bytes of a message: text, HTML and, for a meeting, an invitation beside them.

    ``unsubscribe`` is the address that ends messages of its kind: for mail programs, beside the link in the text.
    """
    if not is_one_address(to):
        raise ValueError(f"{to!r} is not one address")
    method = None if calendar is None else "CANCEL" if "METHOD:CANCEL" in calendar else "REQUEST"
    scheme = urlsplit(unsubscribe).scheme if unsubscribe else None
    return _mould(sender, rendered.language, method, scheme).stamp(
        {
            "subject": rendered.subject,
            "to": to,
            "key": key,
            "message_id": message_id,
            "date": _date(at),
            "text": rendered.text,
            "html": rendered.html,
            "calendar": calendar or "",
            "unsubscribe": unsubscribe or "",
        }
    )


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return format_datetime(at)


@lru_cache(maxsize=64)
def _mould(sender: Sender, language: str, method: str | None, unsubscribe: str | None) -> Mould:
    """Build a message of marks, once for each form that messages have: every other one is stamped with it."""
    message = Message(
        html=part_mark_of("html"),
        text=part_mark_of("text"),
        subject=mark_of("subject"),
        mail_from=(" ".join(sender.name.split()), sender.address),
        mail_to=(None, mark_of("to")),
        message_id=mark_of("message_id"),
        date=mark_of("date"),
        headers={
            "X-Mourafaka-Key": mark_of("key"),
            "Auto-Submitted": "auto-generated",
            "Content-Language": content_language(language),
            **_unsubscribing(unsubscribe),
        },
    )
    if method is not None:
        message.after_build = _with_invitation(method)
    with parts_in_base64():
        return mould_of(message.as_bytes(), "subject", "to", "text", "html")


def _unsubscribing(scheme: str | None) -> dict[str, str]:
    """Return what lets a mail program end messages of a kind: at one click over https only (RFC 8058)."""
    if scheme is None:
        return {}
    said = {"List-Unsubscribe": f"<{mark_of('unsubscribe')}>"}
    return said | ({"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if scheme == "https" else {})


def _with_invitation(method: str) -> Callable[[Any, Any], None]:
    """Return the hook that puts the invitation beside the texts, where mail programs look for it."""

    def add(_message: Any, built: Any) -> None:
        part = MIMEText(part_mark_of("calendar"), "calendar", "utf-8")
        part.set_param("method", method)
        part.set_param("name", CALENDAR_NAME)
        built.get_payload(0).get_payload(0).attach(part)

    return add


class _Client(Pipelining, SMTPClientWithResponse):
    """An SMTP client that verifies certificates and knows whether its message had begun to leave."""

    def starttls(self, *_args: Any, **_kwargs: Any) -> tuple[int, bytes]:
        reply: tuple[int, bytes] = smtplib.SMTP.starttls(self, context=ssl.create_default_context())
        return reply


class _TlsClient(_Client):
    """The same over TLS from the first byte (smtps)."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        plain: socket = super()._get_socket(host, port, timeout)  # type: ignore[misc] # smtplib's own hook
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


class _Backend(SMTPBackend):
    connection_cls = _Client
    connection_ssl_cls = _TlsClient  # type: ignore[assignment] # the library asks for its own, which verifies nothing

    def retry_on_disconnect(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Do not: the library would send DATA a second time by itself."""
        return func


@dataclass(frozen=True)
class SmtpServer:
    """A mail server as MOURAFAKA_SMTP_URL names it."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    tls: bool
    implicit_tls: bool

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on this machine."""
        return self.host in LOOPBACK


def read_smtp_url(url: str) -> SmtpServer:
    """Read smtp://user:password@host:port?tls=required|off, or smtps://; refused when it is not one.

    Without ``tls`` a server on this machine is spoken to in clear, any other with STARTTLS. A
    password is never sent in clear to another machine. What a special character left unescaped
    in a password would cut off (a path, a fragment, another option) is refused, and never shown.
    """
    try:
        parts = urlsplit(url)
        host, given = parts.hostname, parts.port
        options = parse_qs(parts.query, keep_blank_values=True)
    except ValueError:  # its text may hold the password
        raise SmtpUrlWrong(url="what MOURAFAKA_SMTP_URL holds") from None
    wrong = SmtpUrlWrong(url=f"{parts.scheme}://{host or ''}")
    wanted = options.pop("tls", [""])[-1]
    if (
        not host
        or given == 0
        or options
        or parts.path.strip("/")
        or parts.fragment
        or bool(parts.username) != bool(parts.password)
    ):
        raise wrong
    if (parts.scheme, wanted) not in WAYS:
        raise wrong
    implicit, local = parts.scheme == "smtps", host in LOOPBACK
    tls = not implicit and (wanted == "required" or (wanted == "" and not local))
    if parts.password and not (tls or local or implicit):
        raise wrong
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    return SmtpServer(host, given or (465 if implicit else 587 if tls else 25), user, password, tls, implicit)


def _judge(command: str, code: int, text: str) -> Answer:
    """Read the server's last word: about us (nothing can leave), the address, or the message."""
    if command == "data" and 200 <= code < 300:
        return Answer("accepted", code, text)
    if command == "data" and not 400 <= code < 600:
        return Answer("doubt", code, text)  # the message was handed over, and this is no answer
    if code in NOT_LET_IN or (command == "mail" and code != TOO_BIG):
        return Answer("away", code, text)
    if code < 500:
        return Answer("deferred", code, text)
    return Answer("refused", code, text, bad_address=command == "rcpt" and not text.startswith(POLICY))


def _text_of(said: bytes | str | None) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said or ""
    return text.replace("\0", "")  # no text of PostgreSQL may hold it: the answer could never be written down


class SmtpMailer:
    """Hands messages to one server over a connection that is kept until it is closed."""

    def __init__(self, server: SmtpServer, sender: Sender, *, reply_seconds: float = REPLY_SECONDS) -> None:
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
        if not is_one_address(address):
            return Answer("refused", None, f"{address!r} is not one address", bad_address=True)
        fresh = self._backend._client is None
        answer = self._attempt(address, body)
        if answer.verdict == "away" and not fresh:
            self.close()
            return self._attempt(address, body)
        return answer

    def knock(self) -> Answer:
        """Connect, secure the connection and log in as for a message, and send none."""
        try:
            self._backend.get_client()
        except (OSError, ValueError, smtplib.SMTPException) as problem:
            return self._lost("away", problem)
        self.close()
        return Answer("accepted")

    def _attempt(self, address: str, body: bytes) -> Answer:
        try:
            client: Any = self._backend.get_client()
            client.data_begun = False
        except (OSError, ValueError, smtplib.SMTPException) as problem:
            return self._lost("away", problem)
        try:
            response = client.sendmail(from_addr=self._sender.address, to_addrs=[address], msg=body)
        except smtplib.SMTPDataError as problem:  # DATA itself was not let begin
            self.close()
            return _judge("about to send data", problem.smtp_code, _text_of(problem.smtp_error))
        except (OSError, ValueError, smtplib.SMTPException) as problem:
            return self._lost("doubt" if client.data_begun else "away", problem)
        answer = _judge(response.last_command, response.status_code, _text_of(response.status_text))
        if answer.verdict in {"doubt", "away"} or answer.code == CLOSING:
            self.close()
        return answer

    def _lost(self, verdict: Verdict, problem: Exception) -> Answer:
        self.close()
        if isinstance(problem, smtplib.SMTPResponseException):
            return Answer(verdict, problem.smtp_code, _text_of(problem.smtp_error))
        return Answer(verdict, None, str(problem))

    def close(self) -> None:
        """End the connection; a server that is gone already is no trouble."""
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend._client = None
