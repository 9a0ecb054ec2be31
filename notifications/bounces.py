"""Reads non-delivery reports (RFC 3464): whose message came back, for which address, and for good or not."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from imaplib import IMAP4, IMAP4_SSL
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from notifications.bounces_errors import BouncesUnreadable
from notifications.smtp import LOOPBACK, is_one_address
from programme.system_words import system_words
from programme.wording import sentence

Lasting = Literal["permanent", "temporary"]
LARGEST = 5_000_000
"""Bytes of one report that are read: a report quotes the message it is about, never more."""
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_MOVED_ON = frozenset({"delayed", "relayed", "delivered", "expanded"})


@dataclass(frozen=True)
class Bounce:
    """One address that a message did not reach; ``status`` is the enhanced code (RFC 3463), such as 5.1.1."""

    message_ids: tuple[str, ...]
    key: str | None
    address: str | None
    status: str
    said: str

    @property
    def lasting(self) -> Lasting:
        """Tell whether the server gave up for good (5.x.x)."""
        return "permanent" if self.status.startswith("5") else "temporary"


def read_report(body: bytes) -> list[Bounce]:
    """Return what a message reports as undelivered; nothing for any other message (an answer, a receipt, a delay)."""
    message = message_from_bytes(body[:LARGEST])
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return []
    ids, key = _original(message)
    blocks = [
        block
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status"
        for block in _blocks(part)
    ]
    failed = [block for block in blocks if block.get("Action") and _action(block) not in _MOVED_ON]
    return [Bounce(ids, key, _address(block), _status(block), _said(block)) for block in failed]


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _action(block: Message) -> str:
    return str(block["Action"]).strip().lower()


def _address(block: Message) -> str | None:
    """Return the address as we wrote it (Original-Recipient first: a server may have rewritten the final one)."""
    for header in ("Original-Recipient", "Final-Recipient"):
        address = parseaddr(str(block.get(header, "")).partition(";")[2].strip())[1]
        if is_one_address(address):
            return address.lower()
    return None


def _status(block: Message) -> str:
    found = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(str(block.get("Diagnostic-Code", "")))
    return ".".join(found.groups()) if found else "5.0.0"


def _said(block: Message) -> str:
    said = str(make_header(decode_header(str(block.get("Diagnostic-Code", ""))))).replace("\0", "")
    return " ".join(said.partition(";")[2].split())[:200]


def _original(message: Message) -> tuple[tuple[str, ...], str | None]:
    """Return the Message-IDs that the report is about, the quoted message's own first, and our key."""
    quoted = [part for part in message.walk() if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}]
    inner = [found for part in quoted if (found := _headers(part)) is not None]
    named = [str(one.get("Message-ID", "")) for one in inner]
    named += [str(message.get(header, "")) for header in ("In-Reply-To", "References")]
    ids = tuple(dict.fromkeys(one for text in named for one in _MESSAGE_ID.findall(text)))
    keys = ["".join(str(one["X-Mourafaka-Key"]).split()) for one in inner if one["X-Mourafaka-Key"]]
    return ids, keys[0] if keys else None


def _headers(part: Message) -> Message | None:
    payload = part.get_payload()
    if isinstance(payload, list):
        return payload[0] if payload and isinstance(payload[0], Message) else None
    text = part.get_payload(decode=True)
    return message_from_bytes(text) if isinstance(text, bytes) else None


@contextmanager
def opened(source: str) -> Iterator[Iterable[bytes]]:
    """Give the messages of a file (one message or an mbox), of a Maildir, or of `imap(s)://user:password@host/folder`.

    Refused, without the password, where the source cannot be read or is no such thing.
    """
    named = source.rpartition("@")[2]
    try:
        if source.startswith(("imap://", "imaps://")):
            with _imap(source, named) as messages:
                yield messages
        else:
            yield _file(Path(source))
    except OSError as problem:
        raise BouncesUnreadable(source=named, problem=system_words(problem)) from problem
    except IMAP4.error as problem:
        said = sentence("the mail server does not let us in, or has no such folder")
        raise BouncesUnreadable(source=named, problem=said) from problem


def _file(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        if not all((path / part).is_dir() for part in ("cur", "new")):
            raise BouncesUnreadable(source=path, problem=sentence("the folder is no Maildir"))
        yield from (bytes(message) for message in mailbox.Maildir(path, create=False))
        return
    with path.open("rb") as start:
        is_mbox = start.read(5) == b"From "
    if is_mbox:
        yield from (bytes(message) for message in mailbox.mbox(path, create=False))
    else:
        yield path.read_bytes()


@contextmanager
def _imap(source: str, named: str) -> Iterator[Iterable[bytes]]:
    """Read a folder without marking anything as read; a password leaves in clear only for this machine."""
    try:
        parts = urlsplit(source)
        host, port = parts.hostname or "", parts.port or (993 if parts.scheme == "imaps" else 143)
    except ValueError as problem:
        raise BouncesUnreadable(source=named, problem=sentence("its machine or its port is miswritten")) from problem
    if parts.scheme == "imap" and host not in LOOPBACK:
        raise BouncesUnreadable(source=named, problem=sentence("a password is not sent in clear: write imaps://"))
    server = IMAP4_SSL(host, port) if parts.scheme == "imaps" else IMAP4(host, port)
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        server.select(unquote(parts.path.strip("/")) or "INBOX", readonly=True)
        yield _fetched(server)
    finally:
        server.logout()


def _fetched(server: IMAP4) -> Iterator[bytes]:
    _, found = server.search(None, "ALL")
    for number in (found[0] or b"").split():
        _, parts = server.fetch(number.decode(), "(BODY.PEEK[])")
        yield from (part[1] for part in parts if isinstance(part, tuple))
