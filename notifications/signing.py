"""Signs messages (DKIM, RFC 6376): the bytes that are frozen are the bytes that are signed.

The library works the canonical forms out; the signature itself is made by `cryptography`, twenty times
faster than the library's own arithmetic, and with the message's moment instead of the machine's.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim import fold, rfc822_parse
from dkim.canonicalization import Relaxed

from notifications.channels_errors import (
    SigningHalfSet,
    SigningKeyOpen,
    SigningKeyUnreadable,
    SigningKeyWrong,
    SigningNameWrong,
)
from notifications.claimed import Sayable
from notifications.smtp import Sender
from programme.system_words import system_words

SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
    "x-mourafaka-key",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
"""Headers under the signature; RFC 8058 asks for the last two, and From is signed once more against a second one."""
SMALLEST_RSA = 1024
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*")


class Composes(Protocol):
    """Makes the bytes of a message from a notice and its facts."""

    def __call__(self, notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        """Return the bytes."""


@dataclass(frozen=True)
class Signer:
    """A domain's key: receivers find its other half at ``selector``._domainkey.``domain``."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes, at: datetime) -> bytes:
        """Return the message with its signature before its own headers, which stay as they are."""
        headers, body = rfc822_parse(message)
        present = [name.lower() for name, _ in headers]
        names = [name for name in map(str.encode, SIGNED) for _ in range(present.count(name))]
        value = self._unsigned([*names, b"from"], body, at)
        said = Relaxed.canonicalize_headers([*_chosen(headers, names), (b"dkim-signature", value)])
        hashed = b"".join(name + b":" + text for name, text in said).removesuffix(b"\r\n")
        folded: bytes = fold(value + b64encode(self._signature(hashed)), 16)
        return b"DKIM-Signature: " + folded + b"\r\n" + message

    def _unsigned(self, names: list[bytes], body: bytes, at: datetime) -> bytes:
        body_hash = hashlib.sha256(Relaxed.canonicalize_body(body)).digest()
        kind = "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"
        said = f"v=1; a={kind}-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector}; t={int(at.timestamp())}"
        return said.encode() + b"; h=" + b" : ".join(names) + b"; bh=" + b64encode(body_hash) + b"; b="

    def _signature(self, hashed: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(hashed, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(hashed).digest())  # RFC 8463 signs the hash


def _chosen(headers: list[tuple[bytes, bytes]], names: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the headers in the order in which they are signed; of several with one name, the last first."""
    left = list(reversed(headers))
    chosen = []
    for name in names:
        found = next(header for header in left if header[0].lower() == name)
        left.remove(found)
        chosen.append(found)
    return chosen


def signed(compose: Composes, signer: Signer) -> Composes:
    """Return a composer whose messages are signed."""

    def compose_and_sign(notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        return signer.sign(compose(notice, facts, sender, at=at), at)

    return compose_and_sign


def read_signer(file: Path | None, domain: str | None, selector: str | None) -> Signer | None:
    """Return what signs messages; None when none of the three is set. Refused when it could not sign.

    The key is a PEM file without a password, RSA or Ed25519, that nobody else may read.
    """
    given = {"MOURAFAKA_DKIM_KEY_FILE": file, "MOURAFAKA_DKIM_DOMAIN": domain, "MOURAFAKA_DKIM_SELECTOR": selector}
    if not any(given.values()):
        return None
    if file is None or not domain or not selector:
        raise SigningHalfSet(missing=", ".join(name for name, value in given.items() if not value))
    for name in (domain, selector):
        if not _NAME.fullmatch(name):
            raise SigningNameWrong(name=name)
    return Signer(domain, selector, _key(file))


def _key(file: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        written, mode = file.read_bytes(), file.stat().st_mode
    except OSError as problem:
        raise SigningKeyUnreadable(path=file, problem=system_words(problem)) from None
    if mode & 0o077:
        raise SigningKeyOpen(path=file)
    try:
        key = load_pem_private_key(written, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningKeyWrong(path=file) from None
    if isinstance(key, Ed25519PrivateKey) or (isinstance(key, RSAPrivateKey) and key.key_size >= SMALLEST_RSA):
        return key
    raise SigningKeyWrong(path=file)
