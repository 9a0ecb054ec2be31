"""A meeting as a calendar event that phones and mail programs read: an invitation, or its cancellation."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from email.utils import parseaddr
from typing import Final, Literal

from notifications.errors import MeetingEndsTooEarly
from notifications.ical import HEAD, instant, text, utc, written
from programme.civil import ZONE_NAME

Method = Literal["REQUEST", "CANCEL"]
_BARE: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
"""An address without a name, as nearly all are: taking it apart takes as long as the rest of the event."""
ASKED: Final = ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
"""What an invitation asks of the invited; of a cancelled meeting nothing is asked."""


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
    zone: str = ZONE_NAME,
) -> str:
    """Return the event's text; ``at`` and ``ends_at`` are wall times ("10:00") in ``zone`` on the day.

    The same ``uid`` with a higher ``sequence`` changes or cancels what the calendar holds. ``organiser`` and
    ``attendee`` are addresses, with or without a name (`Name <address>`); ``stamped_at`` has its own zone.
    """
    if time.fromisoformat(ends_at) <= time.fromisoformat(at):
        raise MeetingEndsTooEarly(at=at, ends_at=ends_at)
    event = [
        f"UID:{text(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{utc(stamped_at)}",
        f"DTSTART:{instant(on, at, zone)}",
        f"DTEND:{instant(on, ends_at, zone)}",
        f"SUMMARY:{text(summary)}",
        *([f"LOCATION:{text(place)}"] if place else []),
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        _person("ORGANIZER", organiser),
        _person(f"ATTENDEE;ROLE=REQ-PARTICIPANT{'' if method == 'CANCEL' else ASKED}", attendee),
    ]
    return written([*HEAD, f"METHOD:{method}", "BEGIN:VEVENT", *event, "END:VEVENT", "END:VCALENDAR"])


def _person(role: str, person: str) -> str:
    if _BARE.fullmatch(person):
        return f"{role}:mailto:{person}"
    name, address = parseaddr(person)
    mailto = re.sub(r"[\s\x00-\x1f\x7f]", "", address)
    # A quoted parameter cannot hold a double quote, not even an escaped one.
    common_name = re.sub(r'[\x00-\x1f\x7f"]', "", name)
    return f'{role};CN="{common_name}":mailto:{mailto}' if common_name else f"{role}:mailto:{mailto}"
