"""What the doctor says of the ways out: links in messages, signatures, other services."""

from __future__ import annotations

from urllib.parse import urlsplit

from notifications.smtp import LOOPBACK
from programme.errors import Refusal
from programme.wording import Sentence, sentence
from runtime.house import House
from runtime.settings import SHORTEST_SECRET

Checked = tuple[bool, Sentence, Sentence | None]
"""Whether it is good, what was checked, and the mend when it is not."""


def links(house: House) -> Checked:
    """Check what links in messages lead to, and what they are worth."""
    secret, base = house.settings.secret_key, house.settings.base_url
    if not secret:
        return True, sentence("Links in messages: none, as no secret key is set; messages name a telephone."), None
    if len(secret) < SHORTEST_SECRET:
        what = sentence("Links in messages: the secret key is short, whoever guesses it makes links.")
        return False, what, sentence("make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'")
    if urlsplit(base).hostname in LOOPBACK:
        what = sentence("Links in messages lead to {base}, which opens on this machine only.", base=base)
        return False, what, sentence("set MOURAFAKA_BASE_URL to the address of the pages, https://…")
    if urlsplit(base).scheme != "https":
        what = sentence("Links in messages lead to {base}, in clear: whoever listens can use them.", base=base)
        return False, what, sentence("serve the pages over https, and write MOURAFAKA_BASE_URL=https://…")
    return True, sentence("Links in messages lead to {base}.", base=base), None


def signing(house: House) -> Checked:
    """Check the key that signs messages."""
    try:
        signer = house.signer()
    except Refusal as refusal:
        return False, sentence("Messages cannot be signed."), sentence(refusal.template(), **refusal.facts)
    if signer is None:
        return True, sentence("Messages are not signed by us (DKIM); the mail server may do it."), None
    where = f"{signer.selector}._domainkey.{signer.domain}"
    return True, sentence("Messages are signed; DNS must have the key at {where}.", where=where), None


def services(house: House) -> Checked:
    """Check the services that get copies."""
    try:
        found = house.services()
    except Refusal as refusal:
        return False, sentence("Other services cannot be used."), sentence(refusal.template(), **refusal.facts)
    names = ", ".join(one.name for one in found.all) if found is not None else ""
    if not names:
        return True, sentence("Other services: none get copies."), None
    return True, sentence("Other services that get copies: {names}.", names=names), None
