"""kill -9 of a worker in the middle of a morning that it shares with another one, on PostgreSQL."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.morning import whole_morning
from models import Enrolment, History, Lease, Notice, Passage
from models.session import Database
from notifications.ledger import ledger_hash
from runtime.clock import Clock
from tests import databases, postgres
from tests.flows.pool import Pool, pool, until
from tests.flows.server_api import eventually
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pool")]

AT = datetime(2027, 1, 4, 8, tzinfo=UTC)
COOPERATIVES, SHARE = 90, 30
LEASE_SECONDS = 30.0
TIMER_SECONDS = LEASE_SECONDS / 3
"""How often the timer outside Prefect looks round here; its command itself needs some seconds of a busy machine."""
WORK_SECONDS = 240
ROUND = {"day": AT.date().isoformat(), "at": AT.isoformat(), "share": SHARE}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A cohort whose programme begins on the day, on a PostgreSQL of the tests' own."""
    if not databases.IS_POSTGRESQL:
        postgres.start()
    opened = _peopled()
    yield opened
    opened.close()
    if not databases.IS_POSTGRESQL:
        postgres.stop()


def _peopled() -> Database:
    opened = Database(postgres.empty(used=False))
    open_world(opened, cooperatives=COOPERATIVES, without_email=(3,))
    with opened.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return opened


def _entered(database: Database) -> int:
    with database.reading() as session:
        query = select(func.count()).where(Passage.stage == "start", col(Passage.entered_on).is_not(None))
        return int(session.exec(query).one())


def _told(database: Database) -> tuple[str, Counter[tuple[str, str, str]]]:
    """Return what the ledger and the history say: the ledger's hash, and how often each change was made."""
    with database.reading() as session:
        changes = session.exec(select(Enrolment.code, History.verb, History.subject).join(Enrolment)).all()
        return ledger_hash(session.exec(select(Notice))), Counter((str(a), b, c) for a, b, c in changes)


def _calm() -> tuple[str, Counter[tuple[str, str, str]]]:
    """Return what the same morning leaves when one process does it undisturbed."""
    calm = _peopled()
    with calm.reading() as session:
        cohort = cohort_of(session, CODE)
    assert whole_morning(calm, cohort, AT).failures == []
    told = _told(calm)
    calm.close()
    return told


def _holder(database: Database, run: str) -> int | None:
    """Return the number of the process that does a run now, as its sign of life names it."""
    with database.reading() as session:
        lease = session.get(Lease, f"run:{run}")
    return int(lease.holder.split(":")[1]) if lease is not None else None


def _killed_in_mid_run(here: Pool, database: Database) -> str:
    """Kill the worker that does the cohort's morning once a part of it is done; return the run that it did."""
    deadline = time.monotonic() + WORK_SECONDS
    while until(deadline):
        for row in here.runs("morning", "Running"):
            process = _holder(database, row["id"])
            worker = here.worker_of(process) if process is not None else None
            if worker is not None and 0 < _entered(database) < COOPERATIVES:
                here.kill_worker(worker)
                return str(row["id"])
    raise AssertionError([(row["name"], row["state_name"]) for row in here.runs("morning")])


def _closed_after(here: Pool, run: str, killed_at: datetime) -> timedelta:
    """Look round as a timer does until the run is closed; return how long after the kill that was."""
    deadline = time.monotonic() + 4 * LEASE_SECONDS
    while here.state(run) == "Running" and until(deadline):
        time.sleep(TIMER_SECONDS)
        here.mourafaka("watchdog")
    return datetime.fromisoformat(here.server.ask(f"flow_runs/{run}")["state"]["timestamp"]) - killed_at


def _nothing_runs(here: Pool) -> bool:
    return not any(
        here.runs(flow, "Pending", "Running", "Late", "Cancelling") for flow in ("mornings", "morning", "piece")
    )


def _nothing_runs_soon(here: Pool) -> bool:
    """Look round as the timer does: what the dead worker had claimed and not begun is known after a lease."""
    deadline = time.monotonic() + 3 * LEASE_SECONDS
    while not _nothing_runs(here) and until(deadline):
        time.sleep(TIMER_SECONDS)
        here.mourafaka("watchdog")
    return _nothing_runs(here)


def test_a_killed_worker_s_morning_is_closed_and_done_by_the_other_once(database: Database, tmp_path: Path) -> None:
    with pool(tmp_path, database.url, LEASE_SECONDS) as here:
        for name in ("first", "second"):
            here.start_worker(name)
        here.start("morning", ROUND)
        run = _killed_in_mid_run(here, database)
        killed_at = Clock().now()
        assert _entered(database) < COOPERATIVES
        closed_after = _closed_after(here, run, killed_at)
        assert here.state(run) == "Crashed"
        assert closed_after <= timedelta(seconds=2 * LEASE_SECONDS)
        again = here.start("morning", ROUND)  # as the schedule's next hour does
        assert eventually(lambda: here.state(again), "Completed", WORK_SECONDS) == "Completed"
        assert _nothing_runs_soon(here)
    assert _entered(database) == COOPERATIVES
    assert _told(database) == _calm()
