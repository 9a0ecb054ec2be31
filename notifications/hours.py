"""When mail may leave: the hours of each cohort's programme, never on a Sunday or a holiday."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlmodel import Session, select

from models import HolidayOverride
from programme.calendar import Calendar, SendHours
from programme.civil import wall

UNREADABLE = "its cohort's version of the programme cannot be read"
LOOK_AGAIN = timedelta(hours=1)
"""After how long it is tried again what waits because its cohort's hours cannot be read."""


class Openings(Protocol):
    """Says when a cohort's mail may leave."""

    @property
    def unreadable(self) -> Collection[int]:
        """Return the cohorts whose hours cannot be read: nothing of theirs leaves, and it holds back nobody else's."""

    def opening(self, cohort_id: int | None, moment: datetime) -> datetime:
        """Return ``moment`` where mail may leave then, else the first instant after it at which it may."""


class AtAnyHour:
    """No hours at all: rehearsals, and tests on the machine's own clock."""

    unreadable: Collection[int] = ()

    def opening(self, cohort_id: int | None, moment: datetime) -> datetime:  # noqa: ARG002 - an opening's signature
        """Return the moment itself."""
        return moment


ANY_HOUR = AtAnyHour()


@dataclass(frozen=True)
class Hours:
    """The hours of each cohort; one that is not known keeps the usual ones (09:00 to 17:00)."""

    by_cohort: Mapping[int, SendHours]
    calendar: Calendar
    unreadable: Collection[int] = ()

    def opening(self, cohort_id: int | None, moment: datetime) -> datetime:
        """Return ``moment`` where mail may leave then, else the first instant after it at which it may."""
        hours = self.by_cohort.get(cohort_id or 0, SendHours())
        return hours.next_opening(wall(moment), self.calendar).astimezone(UTC)


def calendar_in(session: Session) -> Calendar:
    """Return the calendar with the coordinators' corrections."""
    return Calendar({row.on: row.name for row in session.exec(select(HolidayOverride))})
