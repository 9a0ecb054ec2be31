"""Mornings as the house keeps them: written down however they end, and told of when one was missed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from actions.mornings import ROUND, alert_missed, broken, keep
from actions.retention import end_retention
from models.trouble import is_trouble
from programme.civil import civil_day
from runtime.heartbeat import beat
from runtime.house import House

log = logging.getLogger("mourafaka.mornings")


@dataclass
class Course:
    """How a morning goes: the pieces that held somebody back, and whether it did not come to everybody."""

    failures: int = 0
    broke: bool = False


@contextmanager
def kept_morning(house: House, name: str, began_at: datetime) -> Iterator[Course]:
    """Write down what becomes of a morning, of one that breaks off too."""
    course = Course()
    try:
        yield course
    except BaseException:
        with suppress(SQLAlchemyError):  # what broke it may be the database
            keep(house.database, name, began_at=began_at, now=_now(house, began_at), failures=1, broke=True)
        raise
    now, failures = _now(house, began_at), course.failures
    keep(house.database, name, began_at=began_at, now=now, failures=failures, broke=course.broke)


@contextmanager
def kept_round(house: House, began_at: datetime) -> Iterator[Course]:
    """Write down what becomes of a round of all cohorts; coordinators hear of the days before that had none.
    Then those whose retention is over become pseudonyms: an index says at once that there are none.

    The outside hears of it (MOURAFAKA_HEARTBEAT_URL) when it came to everybody.
    """
    tell_missed(house, began_at, in_round=True)
    with kept_morning(house, ROUND, began_at) as course:
        yield course
    tell_missed(house, _now(house, began_at))
    end_retention(house.database, now=_now(house, began_at), years=house.settings.retention_years)
    with house.database.reading() as session:
        is_whole = not broken(session, civil_day(began_at))
    if is_whole:
        beat(house)


def tell_missed(house: House, now: datetime, *, in_round: bool = False) -> int:
    """Tell the coordinators once of mornings that did not happen; that it cannot be told keeps back no other work.

    Returns how many are told now.
    """
    try:
        return alert_missed(house.database, now, in_round=in_round, support=house.support)
    except Exception as problem:
        if is_trouble(problem):
            raise
        log.error("missed mornings cannot be told", extra={"facts": {"problem": type(problem).__name__}})  # noqa: TRY400 - its words may hold names
        return 0


def _now(house: House, began_at: datetime) -> datetime:
    """Return the time; not before the beginning, which a caller may have set ahead of the clock."""
    return max(house.clock.now(), began_at)
