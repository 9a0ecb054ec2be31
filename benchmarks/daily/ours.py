"""The daily tick with the real engine: which cohorts have something due, and each one's whole morning."""

from __future__ import annotations

from datetime import datetime, time
from functools import cache
from pathlib import Path

from actions.due import cohorts_due
from actions.morning import whole_morning
from benchmarks.daily.country import FILE, days_from, fill
from models import migrate
from models.session import Database
from programme.civil import instant_of
from runtime.garbage import settle

MORNING, SENDING = time(8), time(9, 30)


def prepare(e: int, d: int, days: int, folder: Path) -> None:
    """Enrol so many, each with one open step, so many of them due on each day."""
    database = Database(f"sqlite:///{folder / FILE}", durable=False)
    migrate.upgrade(database.engine)
    fill(database, e, d, days)
    database.close()


def tick(folder: Path, day: int) -> int:
    """Do one morning without Prefect; return how many notices were promised."""
    return live(_opened(folder), instant_of(days_from(day)[day], MORNING))


def live(database: Database, now: datetime) -> int:
    """Do the morning of all cohorts that have one; return how many notices were promised."""
    with database.reading() as session:
        due = cohorts_due(session, now)
    done = [whole_morning(database, cohort, now) for cohort in due]
    failures = [failure for one in done for failure in one.failures]
    if failures:
        raise RuntimeError(f"the morning of the benchmark fails: {failures[0]}")
    return sum(one.promised for one in done)


@cache
def _opened(folder: Path) -> Database:
    settle()  # as the engine does when it has started
    return Database(f"sqlite:///{folder / FILE}")
