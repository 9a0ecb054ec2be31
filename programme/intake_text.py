"""What a spreadsheet's cell says, and when two spellings are one: accents, case, letter forms and digits set aside."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""What a CSV or an Excel file can hold in one cell."""

BLANKS = frozenset(
    {"", "neant", "aucun", "aucune", "na", "n a", "nd", "nc", "null", "none", "nan", "لا يوجد", "لا شيء"}
)
"""Folded words that people write in a cell to say that there is nothing to write."""

_LONGEST_BLANK = 20
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans(
    {
        "ة": "ه",  # written one for the other
        "ى": "ي",
        "ی": "ي",  # Persian and Amazigh keyboards
        "ک": "ك",
        "گ": "ك",  # the hard g: أگادير, أڭادير, أكادير
        "ڭ": "ك",
        "ٱ": "ا",
        "ـ": None,  # the stroke that only lengthens a word
    }
)


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return the words of ``text``, comparable: lower case, no accents nor vowel marks, one space between words.

    The Arabic letter forms that people mix (أ إ آ ا, ة ه, ى ي) become one, Arabic-Indic digits Western ones.
    """
    if text.isascii():  # most cells: no need to look at each letter
        return " ".join(_WORD.findall(text.lower()))
    opened = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    bare = "".join(letter for letter in opened if unicodedata.category(letter) != "Mn")
    return " ".join(_WORD.findall(western_digits(bare)))


def western_digits(text: str) -> str:
    """Return ``text`` with Arabic-Indic (and any other decimal) digits written 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text)


def clean(value: Cell) -> str:
    """Return what a cell says, on one line: 12.0 is "12", runs of spaces (the unbreakable too) are one.

    Control, direction and half characters go: they are invisible, and a database or a mail refuses them.
    """
    spaced = " ".join((value if isinstance(value, str) else _written(value)).split())
    return spaced if spaced.isprintable() else _printable(spaced)


def _written(value: Cell) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _printable(text: str) -> str:
    seen = (letter for letter in text if not unicodedata.category(letter).startswith("C"))
    return " ".join("".join(seen).split())


def is_blank(text: str) -> bool:
    """Say whether a cleaned text stands for nothing: empty, only dashes or dots, "néant", "لا يوجد"…"""
    return len(text) <= _LONGEST_BLANK and fold(text) in BLANKS


def is_arabic(text: str) -> bool:
    """Say whether a text holds a letter of the Arabic script."""
    return any("\u0620" <= letter <= "\u06ff" and letter.isalpha() for letter in text)


def quoted(text: str) -> str:
    """Return a value short enough to stand in a message."""
    return text if len(text) <= 60 else f"{text[:59]}…"
