"""A meeting as a calendar event (RFC 5545) that phones and mail programs read.

Written here rather than with a library: one event without repetition is fifteen lines of text, and in UTC it needs no
description of the zone, which is the part that libraries get wrong for Morocco.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email.utils import parseaddr
from typing import Final, Literal
from zoneinfo import ZoneInfo

from notifications.errors import MeetingEndsTooEarly

Method = Literal["REQUEST", "CANCEL"]
LINE_OCTETS: Final = 75
"""The longest line that RFC 5545 allows, its break not counted."""

_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_UNSAYABLE: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


def invitation(
    *,
    uid: str,
    sequence: int,
    method: Method = "REQUEST",
    summary: str,
    on: date,
    at: str,
    ends_at: str,
    place: str | None,
    organiser: str,
    attendee: str,
    stamped_at: datetime,
    zone: str = "Africa/Casablanca",
) -> str:
    """Return the event's text; ``at`` and ``ends_at`` are wall times ("10:00") in ``zone`` on the day.

    The same ``uid`` with a higher ``sequence`` changes or cancels what the calendar holds. ``organiser`` and
    ``attendee`` are addresses, with or without a name (`Name <address>`); ``stamped_at`` has its own zone.
    """
    if time.fromisoformat(ends_at) <= time.fromisoformat(at):
        raise MeetingEndsTooEarly(at=at, ends_at=ends_at)
    event = [
        f"UID:{_text(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{_utc(stamped_at)}",
        f"DTSTART:{_instant(on, at, zone)}",
        f"DTEND:{_instant(on, ends_at, zone)}",
        f"SUMMARY:{_text(summary)}",
        *([f"LOCATION:{_text(place)}"] if place else []),
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        _person("ORGANIZER", organiser),
        _person("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE", attendee),
    ]
    return "".join(f"{folded}\r\n" for line in _calendar(method, event) for folded in _folded(line))


def _calendar(method: Method, event: list[str]) -> list[str]:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ODCo//Mourafaka//FR", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    return [*head, "BEGIN:VEVENT", *event, "END:VEVENT", "END:VCALENDAR"]


def _instant(on: date, at: str, zone: str) -> str:
    return _utc(datetime.combine(on, time.fromisoformat(at), ZoneInfo(zone)))


def _utc(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone would be read in the machine's own")
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escape a value, so that no name can end its line and begin a property of its own."""
    lines = "\n".join(value.splitlines())
    return "".join(_ESCAPES.get(letter, letter) for letter in _UNSAYABLE.sub("", lines))


def _person(role: str, person: str) -> str:
    name, address = parseaddr(person)
    mailto = re.sub(r"[\s\x00-\x1f\x7f]", "", address)
    # A quoted parameter cannot hold a double quote, not even an escaped one.
    common_name = re.sub(r'[\x00-\x1f\x7f"]', "", name)
    return f'{role};CN="{common_name}":mailto:{mailto}' if common_name else f"{role}:mailto:{mailto}"


def _folded(line: str) -> Iterator[str]:
    """Cut at 75 octets, never inside a letter: an Arabic one is two octets; continued lines begin with a space."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > LINE_OCTETS:
            yield piece
            piece = " "
        piece += letter
    yield piece
