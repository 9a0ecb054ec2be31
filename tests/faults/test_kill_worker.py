"""kill -9 of a worker in the middle of a morning that it shares with another one, on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from models import Lease
from models.session import Database
from runtime.clock import Clock
from tests import databases, postgres
from tests.faults import shared_mornings as mornings
from tests.faults.shared_mornings import COOPERATIVES, LEASE_SECONDS, ROUND, TIMER_SECONDS, WORK_SECONDS, entered
from tests.flows.pool import Pool, pool, until
from tests.flows.server_api import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pool")]


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A cohort whose programme begins on the day, on a PostgreSQL of the tests' own."""
    if not databases.IS_POSTGRESQL:
        postgres.start()
    opened = mornings.people(Database(postgres.empty(used=False)))
    yield opened
    opened.close()
    if not databases.IS_POSTGRESQL:
        postgres.stop()


def _calm() -> mornings.Told:
    calm = Database(postgres.empty(used=False))
    told = mornings.told_by_one(calm)
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
            if worker is not None and 0 < entered(database) < COOPERATIVES:
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


def test_a_killed_worker_s_morning_is_closed_and_done_by_the_other_once(database: Database, tmp_path: Path) -> None:
    with pool(tmp_path, database.url, LEASE_SECONDS) as here:
        for name in ("first", "second"):
            here.start_worker(name)
        here.start("morning", ROUND)
        run = _killed_in_mid_run(here, database)
        killed_at = Clock().now()
        assert entered(database) < COOPERATIVES
        closed_after = _closed_after(here, run, killed_at)
        assert here.state(run) == "Crashed"
        assert closed_after <= timedelta(seconds=2 * LEASE_SECONDS)
        again = here.start("morning", ROUND)  # as the schedule's next hour does
        assert eventually(lambda: here.state(again), "Completed", WORK_SECONDS) == "Completed"
        assert mornings.nothing_runs_soon(here)
    assert entered(database) == COOPERATIVES
    assert mornings.told(database) == _calm()
