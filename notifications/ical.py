"""The grammar of calendars (RFC 5545): escaped texts, instants in UTC, folded lines.

Written here rather than with a library: events without repetition are plain lines of text, and in UTC they need no
description of the zone, which is the part that libraries get wrong for Morocco.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from programme.civil import ZONE_NAME

LINE_OCTETS: Final = 75
"""The longest line that RFC 5545 allows, its break not counted."""
HEAD: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ODCo//Mourafaka//FR", "CALSCALE:GREGORIAN")

_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_UNSAYABLE: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


def written(lines: Iterable[str]) -> str:
    """Return the lines of a calendar as a file has them: folded, each ended by CRLF."""
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def text(value: str) -> str:
    """Escape a value, so that no name can end its line and begin a property of its own."""
    lines = "\n".join(value.splitlines())
    return "".join(_ESCAPES.get(letter, letter) for letter in _UNSAYABLE.sub("", lines))


def instant(on: date, at: str, zone: str = ZONE_NAME) -> str:
    """Return a wall time ("10:00") of a day in a zone, in UTC."""
    return utc(datetime.combine(on, time.fromisoformat(at), ZoneInfo(zone)))


def utc(moment: datetime) -> str:
    """Return an instant in UTC; one without a zone is an error."""
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone would be read in the machine's own")
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def day(on: date) -> str:
    """Return a day without an hour."""
    return f"{on:%Y%m%d}"


def _folded(line: str) -> Iterator[str]:
    """Cut at 75 octets, never inside a letter: an Arabic one is two octets; continued lines begin with a space."""
    if len(line.encode()) <= LINE_OCTETS:  # most lines
        yield line
        return
    piece, octets = "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > LINE_OCTETS:
            yield piece
            piece, octets = " ", 1
        piece, octets = piece + letter, octets + size
    yield piece
