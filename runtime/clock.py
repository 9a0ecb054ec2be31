"""The one place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pendulum

from programme.civil import ZONE_NAME, civil_day
from programme.errors import DateUnreadable


class Clock:
    """The time as the whole process sees it: the real one, or a virtual one that stands still until moved."""

    def __init__(self, as_of: datetime | None = None) -> None:
        self._as_of = as_of

    @property
    def is_virtual(self) -> bool:
        """Tell whether the time is set by hand."""
        return self._as_of is not None

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return self._as_of.astimezone(UTC) if self._as_of else datetime.now(UTC)

    def today(self) -> date:
        """Return the civil day in Morocco."""
        return civil_day(self.now())

    def wait(self, seconds: float) -> None:
        """Wait that long, really; a virtual time moves on by as much."""
        time.sleep(seconds)
        if self._as_of is not None:
            self._as_of += timedelta(seconds=seconds)

    def move_to(self, instant: datetime) -> None:
        """Set a virtual clock."""
        self._as_of = instant


def read_as_of(text: str) -> datetime:
    """Read an ISO date and time: Casablanca's wall time unless it has an offset."""
    try:
        parsed = pendulum.parse(text, tz=ZONE_NAME)
    except ValueError as error:
        raise DateUnreadable(text=text) from error
    if not isinstance(parsed, pendulum.DateTime):
        raise DateUnreadable(text=text)
    return datetime.fromtimestamp(parsed.timestamp(), UTC)
