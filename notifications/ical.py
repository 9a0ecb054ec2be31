"""The grammar of calendars (RFC 5545): escaped texts, instants in UTC, folded lines.

Written here rather than with a library: events without repetition are plain lines of text, and in UTC they need no
description of the zone, which is the part that libraries get wrong for Morocco.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from programme.civil import ZONE_NAME

LINE_OCTETS: Final = 75
"""The longest line that RFC 5545 allows, its break not counted."""
HEAD: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ODCo//Mourafaka//FR", "CALSCALE:GREGORIAN")

_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_UNSAYABLE: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_NOT_AS_IT_IS: Final = re.compile("[\\\\;,\x00-\x1f\x7f\x85\u2028\u2029]")
"""What is escaped, left out or ends a line: most texts have none of it."""


def written(lines: Iterable[str]) -> str:
    """Return the lines of a calendar as a file has them: folded, each ended by CRLF."""
    return "\r\n".join([*map(_folded, lines), ""])


def text(value: str) -> str:
    """Escape a value, so that no name can end its line and begin a property of its own."""
    if _NOT_AS_IT_IS.search(value) is None:
        return value
    lines = "\n".join(value.splitlines())
    return "".join(_ESCAPES.get(letter, letter) for letter in _UNSAYABLE.sub("", lines))


@lru_cache(maxsize=256)  # the hundreds of a morning are invited to a few meetings
def instant(on: date, at: str, zone: str = ZONE_NAME) -> str:
    """Return a wall time ("10:00") of a day in a zone, in UTC."""
    return utc(datetime.combine(on, time.fromisoformat(at), ZoneInfo(zone)))


@lru_cache(maxsize=256)
def utc(moment: datetime) -> str:
    """Return an instant in UTC; one without a zone is an error."""
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone would be read in the machine's own")
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def day(on: date) -> str:
    """Return a day without an hour."""
    return f"{on:%Y%m%d}"


def _folded(line: str) -> str:
    """Cut at 75 octets, never inside a letter: an Arabic one is two octets; continued lines begin with a space."""
    if len(line) <= LINE_OCTETS and line.isascii():  # most lines
        return line
    said, room, pieces = line.encode(), LINE_OCTETS, list[bytes]()
    while len(said) > room:
        end = room
        while said[end] & 0xC0 == 0x80:  # the middle of a letter
            end -= 1
        pieces.append(said[:end])
        said, room = said[end:], LINE_OCTETS - 1
    return b"\r\n ".join([*pieces, said]).decode()
