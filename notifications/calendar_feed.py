"""A person's calendar as one file that calendar programs subscribe to: meetings at their hour, due dates all day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from notifications.ical import HEAD, day, instant, text, utc, written

REFRESH: Final = "PT4H"
"""How often a calendar program is asked to look again; most take their own time."""
DUE: Final[Mapping[str, str]] = {"fr": "Échéance : ", "ar": "أجل: "}
"""What marks a day by which something is to be done, and at which nobody meets."""


@dataclass(frozen=True)
class Event:
    """One meeting (with hours), or one due date (without); ``uid`` is the one that its invitations have."""

    uid: str
    sequence: int
    changed_at: datetime
    title: str
    on: date
    hours: tuple[str, str] | None = None
    place: str = ""
    notes: str = ""


def calendar_of(name: str, language: str, events: Iterable[Event]) -> str:
    """Return the file: the same events give the same bytes."""
    head = [
        *HEAD,
        f"X-WR-CALNAME:{text(name)}",
        f"NAME:{text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    ordered = sorted(events, key=lambda event: (event.on, event.hours or ("", ""), event.uid))
    return written([*head, *(line for event in ordered for line in _lines(event, language)), "END:VCALENDAR"])


def _lines(event: Event, language: str) -> list[str]:
    mark = "" if event.hours else DUE[language]
    return [
        "BEGIN:VEVENT",
        f"UID:{text(event.uid)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{utc(event.changed_at)}",
        f"LAST-MODIFIED:{utc(event.changed_at)}",
        *_when(event),
        f"SUMMARY:{text(mark + event.title)}",
        *([f"LOCATION:{text(event.place)}"] if event.place else []),
        *([f"DESCRIPTION:{text(event.notes)}"] if event.notes else []),
        "END:VEVENT",
    ]


def _when(event: Event) -> list[str]:
    """Return when it is; a due date leaves the day free, for nobody is busy all day long."""
    if event.hours is None:
        days = (event.on, event.on + timedelta(days=1))
        return [*(f"{name};VALUE=DATE:{day(on)}" for name, on in zip(("DTSTART", "DTEND"), days, strict=True)), FREE]
    begins, ends = event.hours
    return [f"DTSTART:{instant(event.on, begins)}", f"DTEND:{instant(event.on, ends)}", "STATUS:CONFIRMED"]


FREE: Final = "TRANSP:TRANSPARENT"
