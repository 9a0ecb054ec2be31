"""Working days, Moroccan holidays, closed seasons and sending hours: what a civil date may carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args

import holidays

ONE_DAY = timedelta(days=1)
SUNDAY = 6
ESTIMATED = "(estimé)"
EID_AL_FITR = "Eid al-Fitr"

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[Weekday, ...] = get_args(Weekday)
WEEK_END: tuple[Weekday, ...] = ("saturday", "sunday")
"""The two days on which offices are closed."""

Season = Literal["august", "ramadan"]
SEASONS: tuple[Season, ...] = ("august", "ramadan")


@dataclass(frozen=True)
class Holiday:
    """A day off by law; a religious one is an estimate (±1 day) until it is proclaimed.

    ``fixed_name`` is what stays off when the estimate turns out wrong: a religious feast may
    fall on a civil one (14 August 2027).
    """

    on: date
    name: str
    estimated: bool = False
    fixed_name: str = ""


@lru_cache(maxsize=64)
def legal_holidays(year: int) -> Mapping[date, Holiday]:
    """Return the year's holidays in Morocco, named in French (source: the `holidays` library, country MA)."""
    days = holidays.country_holidays("MA", language="fr", years=year)
    return {day: _holiday(day, name) for day, name in days.items()}


def _holiday(day: date, name: str) -> Holiday:
    feasts = name.split(";")
    spelt = "; ".join(feast.replace(ESTIMATED, "").strip() for feast in feasts)
    fixed = "; ".join(feast.strip() for feast in feasts if ESTIMATED not in feast)
    return Holiday(day, spelt, estimated=ESTIMATED in name, fixed_name=fixed)


@lru_cache(maxsize=64)
def ramadan(year: int) -> tuple[tuple[date, date], ...]:
    """Return the Ramadan periods that end in the civil ``year``, first and last day.

    The month is taken as the 30 days before Eid al-Fitr: one day too many is harmless for a
    season in which nothing is planned. A lunar year is shorter than ours: there may be two.
    """
    english = holidays.country_holidays("MA", language="en_US", years=year)
    eids = sorted(day for day, name in english.items() if EID_AL_FITR in name)
    firsts = [day for day in eids if day - ONE_DAY not in eids]
    return tuple((day - timedelta(days=30), day - ONE_DAY) for day in firsts)


@dataclass(frozen=True)
class Calendar:
    """The days of Morocco, with the coordinators' corrections on top of the legal holidays.

    ``overrides`` maps a date to the name of a proclaimed holiday, or to None where an estimated
    one turned out to be an ordinary day. ``closed`` are the days of the week on which nothing falls
    due; with ``holidays_too`` neither on a holiday. When notices may leave is another matter.
    """

    overrides: Mapping[date, str | None] = field(default_factory=dict)
    closed: tuple[Weekday, ...] = WEEK_END
    holidays_too: bool = True
    _working: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday of ``day``, a coordinator's word first.

        A withdrawn religious feast leaves the civil one that it fell on.
        """
        legal = legal_holidays(day.year).get(day)
        if day not in self.overrides:
            return legal
        name = self.overrides[day] or (legal.fixed_name if legal and legal.estimated else "")
        return Holiday(day, name, fixed_name=name) if name else None

    def is_working(self, day: date) -> bool:
        """Tell whether people work on ``day``: neither a week-end nor a holiday."""
        known = self._working.get(day)
        if known is None:
            known = self._working[day] = not (self.is_week_end(day) or (self.holidays_too and self.holiday(day)))
        return known

    def is_week_end(self, day: date) -> bool:
        """Tell whether ``day`` is one of the week's closed days."""
        return WEEK[day.weekday()] in self.closed

    def is_sending_day(self, day: date) -> bool:
        """Tell whether notices may leave on ``day``: not on a Sunday nor on a holiday."""
        return day.weekday() != SUNDAY and self.holiday(day) is None

    def in_season(self, day: date, seasons: frozenset[Season]) -> Season | None:
        """Return the first of the closed ``seasons`` that ``day`` falls in."""
        if "august" in seasons and day.month == 8:
            return "august"
        if "ramadan" in seasons:
            periods = ramadan(day.year) + ramadan(day.year + 1)
            if any(first <= day <= last for first, last in map(self._as_proclaimed, periods)):
                return "ramadan"
        return None

    def _as_proclaimed(self, period: tuple[date, date]) -> tuple[date, date]:
        """Return a Ramadan that ends on the eve of the proclaimed Eid, when that is not the estimated day."""
        first, last = period
        eid = last + ONE_DAY
        while eid in self.overrides and not self.overrides[eid]:
            eid += ONE_DAY
        while self.overrides.get(eid - ONE_DAY):
            eid -= ONE_DAY
        return min(first, eid - timedelta(days=30)), eid - ONE_DAY

    def on_or_after(self, day: date, avoid: frozenset[Season] = frozenset()) -> date:
        """Return ``day``, or the first working day after it outside the closed seasons."""
        while not self.is_working(day) or (avoid and self.in_season(day, avoid)):
            day += ONE_DAY
        return day

    def on_or_before(self, day: date) -> date:
        """Return ``day``, or the last working day before it."""
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the working day ``count`` working days after ``day`` (before it when negative)."""
        step = ONE_DAY if count >= 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days after ``first``, up to and with ``last``; 0 when ``last`` is not later."""
        span = (last - first).days
        return sum(self.is_working(first + timedelta(days=offset)) for offset in range(1, span + 1))


@dataclass(frozen=True)
class SendHours:
    """The wall-clock hours in which notices may leave, in Casablanca; ``every_day`` on Sundays and holidays too."""

    opens: time = time(9)
    closes: time = time(17)
    every_day: bool = False

    def has(self, day: date, calendar: Calendar) -> bool:
        """Tell whether notices may leave on a day at all."""
        return self.every_day or calendar.is_sending_day(day)

    def allow(self, wall: datetime, calendar: Calendar) -> bool:
        """Tell whether a notice may leave at the wall time ``wall``."""
        return self.has(wall.date(), calendar) and self.opens <= wall.time() < self.closes

    def next_opening(self, wall: datetime, calendar: Calendar) -> datetime:
        """Return ``wall`` when sending is open, else the next wall time at which it opens."""
        if self.allow(wall, calendar):
            return wall
        day = wall.date() if wall.time() < self.opens else wall.date() + ONE_DAY
        while not self.has(day, calendar):
            day += ONE_DAY
        return datetime.combine(day, self.opens, tzinfo=wall.tzinfo)
