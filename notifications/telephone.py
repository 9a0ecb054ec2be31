"""Links that a telephone acts on: dial a number, or open WhatsApp with the words ready to send."""

from __future__ import annotations

import re
from urllib.parse import quote

from programme.intake_contact import read_phone

_MOBILE = re.compile(r"\+212[67]\d{8}")
_LONGEST = 1200
"""Letters of a prefilled text: longer addresses are cut by some telephones."""


def tel_link(number: str) -> str:
    """Return the link that dials a number."""
    return "tel:" + re.sub(r"[^+0-9]", "", number)


def as_dialled(number: str) -> str:
    """Write a Moroccan number as Moroccans dial it (06 61 23 45 67), any other as it came."""
    national = re.fullmatch(r"\+212(\d{9})", number)
    digits = f"0{national[1]}" if national else number
    return "\u00a0".join(re.findall("..", digits)) if national else digits


def whatsapp_link(number: str | None, text: str) -> str | None:
    """Return the link that opens WhatsApp with a text; None for what is no Moroccan mobile number (06 or 07)."""
    known = read_phone(number) if number else None
    if not isinstance(known, str) or not _MOBILE.fullmatch(known):
        return None
    return f"https://wa.me/{known.removeprefix('+')}?text={quote(text[:_LONGEST].strip(), safe='')}"
