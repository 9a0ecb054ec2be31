"""Telephone numbers and addresses of electronic mail, as lists hold them; a Sentence says why one cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from programme.intake_text import Cell, clean, quoted, western_digits
from programme.wording import Sentence, sentence

_SEVERAL = re.compile(r"[/;,|\\]|\s[-–—]\s|\bou\b|\bet\b|\sو\s", re.IGNORECASE)
_DASHES = re.compile(r"[-–—]")
_NOT_DIALLED = re.compile(r"[^\d+]")
_MOROCCAN = re.compile(r"(?:(?:\+|00)?2120?|0)?([5-8]\d{8})")
_MAIL_SPACES = re.compile(r"[\s;,/<>]+")
_LOCAL = re.compile(r"[a-z0-9_+'%&-]+(?:\.[a-z0-9_+'%&-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")


def read_phone(value: Cell) -> str | Sentence:
    """Return the first valid Moroccan number of the cell as "+212528000001" (E.164).

    Of several, separated by / ; , a dash, "ou" or "et", the others are left. A number that Excel has robbed of its
    first 0 is read.
    """
    text = western_digits(clean(value))
    for piece in _pieces(text):
        found = _MOROCCAN.fullmatch(_NOT_DIALLED.sub("", piece))
        if found:
            return f"+212{found[1]}"
    return sentence(
        "{value} is not a Moroccan telephone number: write ten digits, for example 0528000001, or leave it blank.",
        value=quoted(text),
    )


def _pieces(text: str) -> Iterator[str]:
    """Yield what may be one number: between strong separators, then between dashes (06-12-34-56-78 is one)."""
    for piece in _SEVERAL.split(text):
        yield piece
        yield from _DASHES.split(piece)


def read_email(value: Cell) -> str | Sentence:
    """Return the first usable address of the cell, in lower case; "mailto:" and a name around it go.

    Only ASCII addresses: the programme's SMTP servers are not known to carry others.
    """
    text = clean(value)
    pieces = _MAIL_SPACES.split(text.casefold().replace("mailto:", ""))
    usable = next((piece for piece in pieces if _is_email(piece)), None)
    return usable or sentence(
        "{value} is not an e-mail address: correct it, for example nom@domaine.ma, or leave it blank.",
        value=quoted(text),
    )


def _is_email(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    fits = len(local) <= 64 and len(text) <= 254
    return fits and bool(_LOCAL.fullmatch(local)) and bool(_DOMAIN.fullmatch(domain))
