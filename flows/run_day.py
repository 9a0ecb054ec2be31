"""Everything that is due now, once, through the flows: what `mourafaka run-day` and the demo do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prefect import State

from actions.morning import next_sending
from flows.delivery import delivery
from flows.morning import due_cohorts, morning
from programme.civil import civil_day
from runtime import house


@dataclass
class Day:
    """What one run did: cohorts with a morning, notices by verdict, and what failed and why."""

    cohorts: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


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


def run_day(now: datetime) -> Day:
    """Draw the day's conclusions, promise its reminders, send what may leave; then all that is due is done."""
    day = run_mornings(now)
    day.verdicts = run_delivery(now)
    return day
