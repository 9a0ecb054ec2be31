"""Civil days of Casablanca and the instants they contain."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

ZONE_NAME = "Africa/Casablanca"


def casablanca() -> ZoneInfo:
    """Return Morocco's zone; asked for when needed, after the time zone data has been chosen."""
    return ZoneInfo(ZONE_NAME)


def wall(instant: datetime) -> datetime:
    """Return the wall time of an instant in Morocco; a naive one would be read in the machine's zone, so it fails."""
    assert instant.tzinfo is not None, "an instant carries its zone"
    return instant.astimezone(casablanca())


def civil_day(instant: datetime) -> date:
    """Return the day it is in Morocco at ``instant``."""
    return wall(instant).date()


def instant_of(day: date, at: time) -> datetime:
    """Return the instant, in UTC, of a wall time in Morocco."""
    return datetime.combine(day, at, tzinfo=casablanca()).astimezone(UTC)
