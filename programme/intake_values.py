"""What people write in a cell, read as dates, numbers, amounts and answers; a Sentence says why it cannot be read."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from decimal import Decimal

from programme.intake_text import Cell, clean, fold, quoted, western_digits
from programme.wording import Language, Reading, Sentence, sentence

MOST_PEOPLE = 1_000_000
"""No cooperative has more; a larger count is a telephone number in the wrong column."""

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_DAYS = range(18_264, 73_051)  # 1950 to 2099: outside, a number is a year or a typing mistake
_YEAR_FIRST = re.compile(r"(\d{4}) (\d{1,2}) (\d{1,2})(?:[t ]\d.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{4})(?: \d.*)?")
_MONTH_NAMED = re.compile(r"(\d{1,2})(?:er)? (\w+) (\d{4})")
_DAY_MONTH_NAMED = re.compile(r"(\d{1,2})(?:er)? (\w+)")
_TWO_NUMBERS = re.compile(r"(\d{1,2}) (\d{1,2})")
_MONTHS = (
    ("janvier", "janv", "jan", "يناير"),
    ("fevrier", "fevr", "fev", "فبراير"),
    ("mars", "mar", "مارس"),
    ("avril", "avr", "ابريل"),
    ("mai", "ماي", "مايو"),
    ("juin", "يونيو"),
    ("juillet", "juil", "يوليوز", "يوليو"),
    ("aout", "غشت", "اغسطس"),
    ("septembre", "sept", "sep", "شتنبر", "سبتمبر"),
    ("octobre", "oct", "اكتوبر"),
    ("novembre", "nov", "نونبر", "نوفمبر"),
    ("decembre", "dec", "دجنبر", "ديسمبر"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}

_YES = frozenset(
    {"oui", "o", "yes", "y", "x", "1", "vrai", "true", "present", "presente", "feminine", "feminin", "نعم"}
)
_NO = frozenset({"non", "n", "no", "0", "faux", "false", "absent", "absente", "mixte", "masculine", "masculin", "لا"})
_BOTH = frozenset(
    {
        "both",
        "deux",
        "bilingue",
        "bilingual",
        "frar",
        "arfr",
        "كلا",
        "كلاهما",
        "كلتا",
        "كلتاهما",
        "كليهما",
        "معا",
        "مزدوجه",
    }
)
_LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("ar", "ara", "arabe", "arabic", "عربي", "عربيه", "العربيه", "بالعربيه"), "ar"),
    **dict.fromkeys(("fr", "fra", "francais", "francaise", "french", "فرنسي", "فرنسيه", "الفرنسيه", "بالفرنسيه"), "fr"),
}

_CURRENCY = re.compile(r"(?:dhs?|mad|dirhams?|درهما?|دراهم|د\s*\.?\s*م)\s*\.?$")
_ARABIC_POINTS = str.maketrans({"٫": ",", "٬": " "})
_GROUPED = re.compile(r"(\d{1,3}(?:([.,])\d{3})(?:\2\d{3}){0,3})(?:[.,](\d{1,2}))?")
_PLAIN = re.compile(r"(\d{1,12})(?:[.,](\d{1,6}))?")


def read_date(value: Cell) -> date | Sentence:
    """Return a civil date from an Excel date or serial number, ISO, day/month/year or a French or Arabic month.

    The day comes first, as Moroccans write; a year of two digits is not guessed.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = fold(clean(value))
    return _serial_date(value, text) or _written_date(text) or _bad_date(value)


def _bad_date(value: Cell) -> Sentence:
    return sentence(
        "{value} is not a date that can be read: write day/month/year, for example 31/12/2024.",
        value=quoted(clean(value)),
    )


def _serial_date(value: Cell, text: str) -> date | None:
    """Return the date of an Excel serial number: days since 30 December 1899; the part of a day is dropped."""
    number = text.split(" ", maxsplit=1)[0] if isinstance(value, float) else text
    if isinstance(value, bool) or not re.fullmatch(r"\d{5}", number) or int(number) not in _EXCEL_DAYS:
        return None
    return _EXCEL_DAY_ZERO + timedelta(days=int(number))


def _written_date(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _DAY_FIRST.fullmatch(text):
        return _day(found[3], found[2], found[1])
    if found := _MONTH_NAMED.fullmatch(text):
        return _day(found[3], str(_MONTH_NUMBERS.get(found[2], 0)), found[1])
    return None


def _day(year: str, month: str, day: str) -> date | None:
    if int(year) < 1900:
        return None  # a slip of the hand: 0224 for 2024
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_month_day(value: Cell) -> str | Sentence:
    """Return the end of a fiscal year as "MM-DD" from "31/12", "31 décembre", our own "12-31" or a full date.

    With a dash and two readings, the month comes first (our own exports). 29 February is 28: it must be in any year.
    """
    whole = read_date(value)
    if isinstance(whole, date):
        return _month_day(whole.month, whole.day) or "02-28"
    text = clean(value)
    read = None if isinstance(value, float) else _written_month_day(fold(text), dashed="-" in text)
    return read or sentence(
        "{value} is not a day of the year: write day/month, for example 31/12.", value=quoted(clean(value))
    )


def _written_month_day(text: str, *, dashed: bool) -> str | None:
    if found := _TWO_NUMBERS.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        day_first = _month_day(second, first)
        return (_month_day(first, second) or day_first) if dashed else day_first
    if found := _DAY_MONTH_NAMED.fullmatch(text):
        return _month_day(_MONTH_NUMBERS.get(found[2], 0), int(found[1]))
    return None


def _month_day(month: int, day: int) -> str | None:
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2024, month)[1]:
        return None
    return "02-28" if (month, day) == (2, 29) else f"{month:02}-{day:02}"


def read_yes_no(value: Cell) -> bool | Sentence:
    """Return an answer: oui, non, نعم, لا, x, 1, 0, "Présent ", féminine, mixte…"""
    word = fold(clean(value))
    if word in _YES or word in _NO:
        return word in _YES
    return sentence("{value} is neither yes nor no: write oui or non.", value=quoted(clean(value)))


def read_language(value: Cell) -> Reading | Sentence:
    """Return the language of a contact, "fr" or "ar"; "both" for "les deux", "ar+fr", "arabe et français", كلاهما…"""
    words = [word.removeprefix("و") for word in fold(clean(value)).split()]
    named = {_LANGUAGES[word] for word in words if word in _LANGUAGES}
    if len(named) > 1 or _BOTH & {*words}:
        return "both"
    return next(iter(named), None) or sentence(
        "{value} is not a language of the notices: write fr, ar or both.", value=quoted(clean(value))
    )


def read_count(value: Cell) -> int | Sentence:
    """Return a number of people, 0 to ``MOST_PEOPLE``; "1 234" and Arabic-Indic digits are read."""
    digits = western_digits(clean(value)).replace(" ", "")
    if re.fullmatch(r"[0-9]{1,7}", digits) and int(digits) <= MOST_PEOPLE:
        return int(digits)
    return sentence(
        "{value} is not a number of people, from 0 to {most}: write digits only, for example 12.",
        value=quoted(clean(value)),
        most=MOST_PEOPLE,
    )


def read_amount(value: Cell) -> Decimal | Sentence:
    """Return an amount in dirhams, to the centime: "12 345,50", "12.345,50", "1,234.5 DH", a number of Excel.

    Three digits after a lone point or comma are thousands: "12.345" is 12345, for amounts have two decimals at most.
    """
    text = western_digits(clean(value).translate(_ARABIC_POINTS)).casefold().strip()
    figure = _CURRENCY.sub("", text).replace(" ", "").replace("'", "").replace("’", "")
    amount = None if isinstance(value, bool) else _amount(figure, exact=isinstance(value, float))
    if amount is not None and amount < 10**12:
        return amount
    return sentence(
        "{value} is not an amount in dirhams: write digits, and a comma before the centimes, for example 12345,50.",
        value=quoted(clean(value)),
    )


def _amount(figure: str, *, exact: bool) -> Decimal | None:
    """Return the amount of a figure without spaces; an ``exact`` one is a machine's: its point is never thousands."""
    if exact and re.fullmatch(r"\d{1,13}(\.\d+)?", figure):
        return Decimal(figure).quantize(Decimal("0.01"))
    if found := _GROUPED.fullmatch(figure):
        whole = re.sub(r"[.,]", "", found[1])
        return Decimal(f"{whole}.{found[3] or 0}").quantize(Decimal("0.01"))
    if found := _PLAIN.fullmatch(figure):
        return Decimal(f"{found[1]}.{found[2] or 0}").quantize(Decimal("0.01"))
    return None
