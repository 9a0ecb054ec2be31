"""Days on which a cooperative holds no meeting: its own closed days, and those of its sector (a harvest)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from programme.calendar import ONE_DAY, Calendar, Season

LONGEST = 184
"""Days: a window that closes more than half a year leaves no place for the programme's meetings."""


@dataclass(frozen=True, order=True)
class Closure:
    """A closed window, its first and last day, and why."""

    first_on: date
    last_on: date
    reason: str

    def covers(self, day: date) -> bool:
        """Tell whether ``day`` is closed by it."""
        return self.first_on <= day <= self.last_on


Closures = tuple[Closure, ...]
NONE: Closures = ()


def closed_by(day: date, closed: Iterable[Closure]) -> Closure | None:
    """Return the first window that closes ``day``."""
    return next((window for window in closed if window.covers(day)), None)


def open_day(
    day: date, calendar: Calendar, avoid: frozenset[Season] = frozenset(), closed: Iterable[Closure] = NONE
) -> date:
    """Return ``day``, or the first working day after it that no season and no window closes."""
    day = calendar.on_or_after(day, avoid)
    while (window := closed_by(day, closed)) is not None:
        day = calendar.on_or_after(window.last_on + ONE_DAY, avoid)
    return day
