"""A morning that workers of a pool share on PostgreSQL, and what is seen of it in the end."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

from sqlmodel import col, func, select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.morning import whole_morning
from models import Enrolment, History, Notice, Passage
from models.session import Database
from notifications.ledger import ledger_hash
from tests.flows.pool import Pool, until
from tests.world import CODE, NOW, open_world

AT = datetime(2027, 1, 4, 8, tzinfo=UTC)
COOPERATIVES, SHARE = 90, 30
LEASE_SECONDS = 30.0
TIMER_SECONDS = LEASE_SECONDS / 3
"""How often the timer outside Prefect looks round here; its command itself needs some seconds of a busy machine."""
WORK_SECONDS = 240
ROUND = {"day": AT.date().isoformat(), "at": AT.isoformat(), "share": SHARE}

Told = tuple[str, Counter[tuple[str, str, str]]]


def people(database: Database) -> Database:
    """Put a cohort whose programme begins on the day into an empty database."""
    open_world(database, cooperatives=COOPERATIVES, without_email=(3,))
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return database


def entered(database: Database) -> int:
    """Return how many cooperatives have entered the first stage: how far the morning is."""
    with database.reading() as session:
        query = select(func.count()).where(Passage.stage == "start", col(Passage.entered_on).is_not(None))
        return int(session.exec(query).one())


def told(database: Database) -> Told:
    """Return what the ledger and the history say: the ledger's hash, and how often each change was made."""
    with database.reading() as session:
        changes = session.exec(select(Enrolment.code, History.verb, History.subject).join(Enrolment)).all()
        return ledger_hash(session.exec(select(Notice))), Counter((str(a), b, c) for a, b, c in changes)


def told_by_one(empty: Database) -> Told:
    """Return what the same morning leaves when one process does it undisturbed."""
    people(empty)
    with empty.reading() as session:
        cohort = cohort_of(session, CODE)
    assert whole_morning(empty, cohort, AT).failures == []
    return told(empty)


def _nothing_runs(here: Pool) -> bool:
    return not any(
        here.runs(flow, "Pending", "Running", "Late", "Cancelling") for flow in ("mornings", "morning", "piece")
    )


def nothing_runs_soon(here: Pool) -> bool:
    """Look round as the timer does: what the dead worker had claimed and not begun is known after a lease."""
    deadline = time.monotonic() + 3 * LEASE_SECONDS
    while not _nothing_runs(here) and until(deadline):
        time.sleep(TIMER_SECONDS)
        here.mourafaka("watchdog")
    return _nothing_runs(here)
