"""When the data of people in an enrolment that has closed are kept no longer (law 09-08; the years are a setting)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pendulum


def last_kept_no_longer(today: date, years: int) -> date:
    """Return the last day of closing whose people's data are kept no longer: so many years ago, to the day."""
    past = pendulum.date(today.year, today.month, today.day).subtract(years=years)
    return date(past.year, past.month, past.day)


def is_over(ends: Iterable[date | None], today: date, years: int) -> bool:
    """Tell whether a retention is over: all that somebody took part in has ended, the last of it long ago.

    ``ends`` has a day for each, None for what goes on or is still to begin. Who took part in nothing
    has nothing to end.
    """
    days = list(ends)
    last = last_kept_no_longer(today, years)
    return bool(days) and all(on is not None and on <= last for on in days)
