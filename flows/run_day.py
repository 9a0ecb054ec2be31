"""Everything that is due now, once, through the flows: what `mourafaka run-day` and the demo do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from prefect import State

from actions.morning import next_sending
from flows.delivery import delivery
from flows.morning import due_cohorts, morning
from notifications import leases
from programme.civil import civil_day
from runtime import house
from runtime.liveness import is_dead
from runtime.rounds import kept_round

PATIENCE = timedelta(seconds=130)
"""How long a one-shot run waits in all for messages whose next try is near: two doubts' worth."""
SHORTEST_WAIT = 0.05


@dataclass
class Day:
    """What one run did: cohorts with a morning, notices by verdict, and what failed and why."""

    cohorts: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    next_sending: date | None = None


def run_mornings(now: datetime) -> Day:
    """Run the morning of each cohort in which anything is due."""
    day = Day()
    for code in due_cohorts(now):
        end: State[Any] = morning(code, civil_day(now).isoformat(), now.isoformat(), return_state=True)
        day.cohorts += 1
        if end.is_failed():
            day.failures.append(f"{code}: {end.message}")
    return day


def run_delivery(now: datetime) -> Counter[str]:
    """Empty the outbox when anything may leave."""
    if not _waiting(now):
        return Counter()
    return Counter(delivery(at=now.isoformat(timespec="minutes")))


def _waiting(now: datetime) -> bool:
    with house.current().database.reading() as session:
        on = next_sending(session)
    return on is not None and on <= civil_day(now)


def run_day() -> Day:
    """Draw the day's conclusions, promise its reminders, send what may leave; then all that is due is done.

    What an earlier run left half-way when it was killed is taken up again. A message whose next
    try is near (a doubt is repeated after 60 s) is waited for.
    """
    here = house.current()
    with here.database.transaction() as session:
        leases.release_dead(session, is_dead=is_dead, now=here.clock.now())
    with kept_round(here, here.clock.now()) as course:
        day = run_mornings(here.clock.now())
        course.failures = len(day.failures)
    day.verdicts = run_delivery(here.clock.now())
    patience = PATIENCE.total_seconds()
    while not day.verdicts["away"] and (seconds := _until_next_try()) is not None and seconds <= patience:
        here.clock.wait(seconds)
        patience -= seconds
        verdicts = run_delivery(here.clock.now())
        day.verdicts += verdicts
        if not verdicts:
            break
    with here.database.reading() as session:
        day.next_sending = next_sending(session)
    return day


def _until_next_try() -> float | None:
    """Return the seconds until a message that was tried already may be tried again; None when none waits."""
    here = house.current()
    with here.database.reading() as session:
        moment = leases.next_try(session, pace=here.settings.pace)
    return None if moment is None else max(SHORTEST_WAIT, (moment - here.clock.now()).total_seconds() + SHORTEST_WAIT)
