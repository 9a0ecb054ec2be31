"""Builds messages with the `emails` library, and hands them to an SMTP server: one connection serves a whole batch."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from emails.message import Message

from notifications.answers import Answer, Verdict
from notifications.chunking import Departure, is_idle, is_plain
from notifications.kinds import content_language
from notifications.mould import Mould, mark_of, mould_of, part_mark_of, parts_in_base64
from notifications.pipelining import CLOSING, Said
from notifications.rendering import Rendered
from notifications.smtp_client import Backend
from notifications.smtp_server import LOOPBACK, SmtpServer, read_smtp_url
from notifications.verdicts import judge, text_of

__all__ = [
    "LOOPBACK",
    "REPLY_SECONDS",
    "Sender",
    "SmtpMailer",
    "SmtpServer",
    "build",
    "is_one_address",
    "read_smtp_url",
]

REPLY_SECONDS = 120
CALENDAR_NAME = "invitation.ics"
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


class SmtpMailer:
    """Hands messages to one server over a connection that is kept until it is closed.

    The first message of a connection is announced, and leaves when the server has let it; those that follow go in
    one write where the server takes them so (`notifications/chunking.py`).
    """

    def __init__(self, server: SmtpServer, sender: Sender, *, reply_seconds: float = REPLY_SECONDS) -> None:
        self._sender = sender
        self.patience = reply_seconds
        options: Mapping[str, Any] = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "timeout": reply_seconds,
            "local_hostname": "localhost",
        }
        self._backend = Backend(ssl=server.implicit_tls, tls=server.tls, fail_silently=False, **options)

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over one message; a connection that the server closed while idle is opened anew, once."""
        if not is_one_address(address):
            return Answer("refused", None, f"{address!r} is not one address", bad_address=True)
        departure = self._depart(address, body)
        while departure is not None:
            answer = self.go_on(departure)
            if answer is not None and answer.verdict != "away":
                return answer
            departure = departure if answer is None else None
        fresh = self._backend._client is None
        answer = self._attempt(address, body)
        if answer.verdict == "away" and not fresh:
            self.close()
            return self._attempt(address, body)
        return answer

    def begin(self, address: str, body: bytes) -> Departure | None:
        """Write as much of a message as goes without waiting; None where nothing has left: then it is to be sent.

        Whoever is given it goes on (`go_on`) as its connection is ready; what is away then is to be sent.
        """
        client: Any = self._backend._client
        if client is None or not is_plain(client.sock) or not is_one_address(address):
            return None
        return self._depart(address, body)

    def _depart(self, address: str, body: bytes) -> Departure | None:
        client: Any = self._backend._client
        if client is None or not client.takes_whole or not address.isascii() or not is_idle(client.sock):
            return None
        size = client.has_extn("size")
        departure = Departure(client.sock, self._sender.address, address, body, says_size=size)
        try:
            departure.go_on()
        except OSError:
            if not departure.has_begun:
                self._drop()
                return None
        return departure

    def go_on(self, departure: Departure) -> Answer | None:
        """Write or read what the connection is ready for; return the answer, None while it has not come whole."""
        try:
            said = departure.go_on()
        except (OSError, smtplib.SMTPException) as problem:
            return self.break_off(departure, problem)
        return None if said is None else self._answered(said)

    def break_off(self, departure: Departure, problem: Exception) -> Answer:
        """Give the connection up; the message is in doubt, unless it was refused by then."""
        said = departure.refusal()
        self._drop()
        return Answer("doubt", None, str(problem)) if said is None else judge(said[0], said[1], text_of(said[2]))

    def _answered(self, said: Said) -> Answer:
        client: Any = self._backend._client
        answer = judge(said[0], said[1], text_of(said[2]))
        client.has_taken_one = answer.verdict == "accepted"  # what was refused is looked at word by word, and reset
        client.is_to_reset = not client.has_taken_one
        if answer.verdict in {"doubt", "away"} or answer.code == CLOSING:
            self._drop()
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
            return judge("about to send data", problem.smtp_code, text_of(problem.smtp_error))
        except (OSError, ValueError, smtplib.SMTPException) as problem:
            return self._lost("doubt" if client.data_begun else "away", problem)
        answer = judge(response.last_command, response.status_code, text_of(response.status_text))
        if answer.verdict in {"doubt", "away"} or answer.code == CLOSING:
            self.close()
        client.has_taken_one = answer.verdict == "accepted"
        return answer

    def _lost(self, verdict: Verdict, problem: Exception) -> Answer:
        self.close()
        if isinstance(problem, smtplib.SMTPResponseException):
            return Answer(verdict, problem.smtp_code, text_of(problem.smtp_error))
        return Answer(verdict, None, str(problem))

    def _drop(self) -> None:
        """End the connection without a word: nobody is waited for."""
        client, self._backend._client = self._backend._client, None
        if client is not None:
            client.close()

    def close(self) -> None:
        """End the connection; a server that is gone already is no trouble."""
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend._client = None
