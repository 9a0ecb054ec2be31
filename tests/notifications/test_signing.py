"""Signed messages verify as receivers do it, and a key that could not sign is refused before anything leaves."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa

from models.session import Database
from notifications.channels_errors import (
    SigningHalfSet,
    SigningKeyOpen,
    SigningKeyUnreadable,
    SigningKeyWrong,
    SigningNameWrong,
)
from notifications.delivery import deliver
from notifications.messages import message_of
from notifications.rendering import render
from notifications.signing import SIGNED, Signer, read_signer, signed
from notifications.smtp import build
from programme.errors import Refusal
from tests.notifications.post_office import (
    SENDER,
    PostOffice,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
)
from tests.notifications.samples import sample_facts

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A day that is past on every machine: a verifier refuses signatures of the future."""
RSA = new_rsa(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()
Key = RSAPrivateKey | Ed25519PrivateKey


def pem(key: Key) -> bytes:
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def record(key: Key) -> bytes:
    """Return the key's other half as DNS has it."""
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        written = public.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(written)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(public.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw))


def verifies(message: bytes, key: Key) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        return record(key) if name == b"mail2027._domainkey.odco.example." else None

    found: bool = dkim.verify(message, dnsfunc=dns)
    return found


def a_message(kind: str = "step_reminder", language: str = "ar") -> bytes:
    return build(
        render(kind, language, sample_facts(kind)),
        sender=SENDER,
        to="coop1@coop.example",
        key="SM/001/step_reminder",
        message_id="<1@mourafaka.invalid>",
        at=AT,
        unsubscribe="https://mourafaka.example/l/token",
    )


def signer(key: Key = RSA) -> Signer:
    return Signer("odco.example", "mail2027", key)


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
@pytest.mark.parametrize(("kind", "language"), [("step_reminder", "ar"), ("meeting", "fr"), ("coach_digest", "ar")])
def test_signed_message_verifies(key: Key, kind: str, language: str) -> None:
    assert verifies(signer(key).sign(a_message(kind, language), AT), key)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"To: coop1@", b"To: other@"),
        (b"<https://mourafaka.example/l/token>", b"<https://evil.example/l/token>"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"X-Mourafaka-Key: SM", b"X-Mourafaka-Key: XX"),
        (b"DKIM-Signature", b"From: other@evil.example\r\nDKIM-Signature"),
    ],
)
def test_altered_message_does_not_verify(before: bytes, after: bytes) -> None:
    message = signer().sign(a_message(), AT)
    assert message.count(before) >= 1
    assert not verifies(message.replace(before, after, 1), RSA)


def test_signature_covers_every_header_that_is_there() -> None:
    said = signer().sign(a_message(), AT).split(b"bh=")[0].split(b" h=")[1]
    names = [name.strip(b" ;\r\n").decode() for name in said.split(b":")]
    assert (sorted(set(names)), names.count("from")) == (sorted(SIGNED), 2)


def test_signing_again_gives_the_same_bytes() -> None:
    assert signer().sign(a_message(), AT) == signer().sign(a_message(), AT) == signer().sign(a_message(), AT)


def test_lines_of_the_signature_are_short() -> None:
    head = signer().sign(a_message(), AT).split(b"\r\nContent-Type")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_what_is_frozen_and_what_the_server_gets_are_the_signed_bytes(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    deliver(post_of(database, office, compose=signed(message_of, signer())))
    body = office.kept[0].body
    assert notice(database, key).body_digest == sha256(body).hexdigest()
    assert body.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;")


def test_signature_still_verifies_after_a_server(database: Database, office: PostOffice) -> None:
    put(database)
    post = post_of(database, office)
    when_it_was = signed(message_of, signer())

    def compose(one: object, facts: object, sender: object, *, at: datetime) -> bytes:
        return when_it_was(one, facts, sender, at=AT)  # type: ignore[arg-type] # only the moment is another

    deliver(replace(post, compose=compose))
    assert verifies(office.kept[0].body, RSA)


def a_key(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    file = folder / "dkim.pem"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_nothing_set_signs_nothing() -> None:
    assert read_signer(None, None, None) is None


def test_key_file_is_read(tmp_path: Path) -> None:
    read = read_signer(a_key(tmp_path, pem(ED25519)), "odco.example", "mail2027")
    assert read is not None
    assert verifies(read.sign(a_message(), AT), ED25519)


def wrong_keys() -> list[tuple[bytes, int, type[Refusal]]]:
    curve = generate_private_key(SECP256R1()).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    locked = RSA.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"x"))
    return [
        (b"not a key", 0o600, SigningKeyWrong),
        (b"", 0o600, SigningKeyWrong),
        (curve, 0o600, SigningKeyWrong),
        (locked, 0o600, SigningKeyWrong),
        (pem(RSA), 0o644, SigningKeyOpen),
        (pem(RSA), 0o640, SigningKeyOpen),
    ]


@pytest.mark.parametrize(("content", "mode", "refusal"), wrong_keys())
def test_key_that_cannot_sign_is_refused(tmp_path: Path, content: bytes, mode: int, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        read_signer(a_key(tmp_path, content, mode), "odco.example", "mail2027")
    assert "PRIVATE" not in str(refused.value)


def test_key_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyUnreadable):
        read_signer(tmp_path / "none.pem", "odco.example", "mail2027")


@pytest.mark.parametrize(("domain", "selector"), [("odco.example", None), (None, "mail2027"), ("", "")])
def test_half_of_the_settings_is_refused(tmp_path: Path, domain: str | None, selector: str | None) -> None:
    with pytest.raises(SigningHalfSet):
        read_signer(a_key(tmp_path, pem(RSA)), domain, selector)


@pytest.mark.parametrize("name", ["odco example", "odco.example;", "-odco.example", "odco..example", "é.example"])
def test_name_that_dns_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SigningNameWrong):
        read_signer(a_key(tmp_path, pem(RSA)), name, "mail2027")


def test_key_is_not_shown() -> None:
    assert "key" not in repr(signer())
