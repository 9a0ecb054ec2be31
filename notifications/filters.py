"""What templates say values with: dates as Moroccans write them, each in its own direction, on one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from functools import lru_cache
from typing import Any, Final, Literal

from babel.dates import format_date
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from notifications.grouping import asked_here, by_cooperative, counted, late_elsewhere
from notifications.kinds import SUBJECT_LENGTH
from notifications.telephone import as_dialled, tel_link, whatsapp_link

Form = Literal["txt", "html"]
Isolate = Callable[[object], str]
Ask = Callable[[Callable[..., Any]], Callable[..., Any]]
UNSIGNED: Final = "unsigned"
"""The variable with which a subject is asked for without the cooperative's name."""

_LOCALES: Final = {"fr": "fr_MA", "ar": "ar_MA"}  # plain "ar" has other month names
FSI, PDI = "\u2068", "\u2069"
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# In a name they could turn the rest of the line around, or close our own isolate.
_DIRECTION_MARKS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES: Final = re.compile(r"[^\S\u00a0]+")  # no-break spaces stay: French puts them before a colon
_UNSAYABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANK_LINES: Final = re.compile(r"\n[ \t\n]*\n")


def isolator(language: str, form: Form) -> Isolate:
    """Return the filter that keeps a value's own direction inside a sentence of the other one."""

    @lru_cache(maxsize=4096)  # a batch says the same names again and again
    def isolate_html(value: object) -> str:
        return Markup(f"<bdi>{escape(clean(value))}</bdi>")  # noqa: S704 - escaped here

    @lru_cache(maxsize=4096)
    def isolate_text(value: object) -> str:
        said = clean(value)
        # Old mail programs show the marks as boxes: French text has them only around Arabic.
        return f"{FSI}{said}{PDI}" if language == "ar" or _RIGHT_TO_LEFT.search(said) else said

    return isolate_html if form == "html" else isolate_text


def filters(language: str, isolate: Isolate, ask: Ask = lambda say: say) -> dict[str, Callable[..., Any]]:
    """Return the filters of a language's templates; each value that they say is isolated.

    ``ask`` has each of them asked in its own way (a stencil's).
    """

    def isolated(say: Callable[[str], str]) -> Callable[[str], str]:
        return lru_cache(maxsize=2048)(lambda value: isolate(say(value)))  # Babel takes longer than the whole mail

    named = ask(lambda line, name: sign(line, name, isolate))

    @pass_context
    def signed(context: Context, line: str, name: str | None) -> str:
        said: str = named(line, None if context.get(UNSIGNED) else name)
        return said

    own: dict[str, Callable[..., Any]] = {
        "isolate": isolate,
        "date_long": isolated(lambda day: _in_words(day, language, "EEEE d MMMM y")),
        "date_short": isolated(lambda day: _in_words(day, language, "d MMMM")),
        "date_figures": isolated(lambda day: f"{date.fromisoformat(day):%d/%m/%Y}"),
        "hour": isolated(lambda at: _hour(at, language)),
        "phone": isolated(as_dialled),
        "tel": tel_link,
        "whatsapp": whatsapp_link,
        "by_cooperative": by_cooperative,
        "late_elsewhere": late_elsewhere,
        "asked_here": asked_here,
        "counted": counted,
        "passages": passages,
    }
    return {"signed": signed, **{name: ask(say) for name, say in own.items()}}


def clean(value: object) -> str:
    """Return the value on one line, without the characters that could break out of their place."""
    if not isinstance(value, str | int):
        raise TypeError(f"{type(value).__name__} is not a text")
    return one_line(_DIRECTION_MARKS.sub("", str(value)))


def one_line(text: str) -> str:
    """Return a text on one line, its spaces single."""
    return _UNSAYABLE.sub("", _SPACES.sub(" ", text)).strip()


def paragraphs(text: str) -> str:
    """Return a text with at most one empty line at a time, ended by a line break."""
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"


def passages(text: object) -> list[str]:
    """Return what is to be said a passage at a time: a script in two languages has two."""
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is not a text")
    return [passage for passage in _BLANK_LINES.split(text) if passage.strip()]


def _in_words(day: str, language: str, pattern: str) -> str:
    said = format_date(date.fromisoformat(day), pattern, locale=_LOCALES[language])
    return re.sub(r"\b1 ", "1er ", said, count=1) if language == "fr" else said


def _hour(at: str, language: str) -> str:
    hour = time.fromisoformat(at)
    if language == "ar":
        return f"{hour:%H:%M}"
    return f"{hour.hour}\u00a0h\u00a0{hour:%M}" if hour.minute else f"{hour.hour}\u00a0h"


def sign(line: str, name: str | None, isolate: Isolate) -> str:
    """Return a subject that fits: the line first, then as much of the name as there is room for."""
    line = _short(line)
    room = SUBJECT_LENGTH - len(line) - len(" – ") - len(FSI + PDI)
    if name is None or room < min(12, len(name)):
        return line
    return f"{line} – {isolate(shortened(clean(name), room))}"


@lru_cache(maxsize=1024)
def _short(line: str) -> str:
    return shortened(one_line(line), SUBJECT_LENGTH)


def shortened(text: str, length: int) -> str:
    """Cut at the end of a word where there is one near, and close the isolate that the cut left open."""
    if len(text) <= length:
        return text
    cut = text[: length - 2]
    words = cut.rpartition(" ")[0].rstrip(" ,;:–-«(")
    cut = words if len(words) > length // 2 else cut
    return f"{cut}…{PDI if cut.count(FSI) > cut.count(PDI) else ''}"
