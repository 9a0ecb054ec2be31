"""Machines that lose their current, or their cable, in the middle of a morning that they share.

Prefect's server and PostgreSQL (with both databases) stand on one machine, two workers on two others. `make machines`
runs this; elsewhere it is left out, for it needs rights and packages that not everybody has.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from models import Lease, migrate
from models.session import Database
from runtime.clock import Clock
from tests.faults import shared_mornings as mornings
from tests.faults.machines import NOT_HERE, Machine, Server, are_possible, machines, postgresql_on
from tests.faults.shared_mornings import COOPERATIVES, LEASE_SECONDS, ROUND, WORK_SECONDS, entered
from tests.flows.pool import Place, Pool, descendants, pool, until
from tests.flows.server_api import eventually

WANTED = os.environ.get("MOURAFAKA_TEST_MACHINES") == "1"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (WANTED and are_possible()), reason=NOT_HERE)]

TWO_LEASES = timedelta(seconds=2 * LEASE_SECONDS)
TIMER_SECONDS = LEASE_SECONDS / 6
WHO_WRITES = """
SELECT host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted
"""

LINGER = """
CREATE TABLE lingering (seconds float); INSERT INTO lingering VALUES (0.3);
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(seconds) FROM public.lingering; RETURN NULL; END $$;
CREATE TRIGGER linger AFTER UPDATE ON passage FOR EACH STATEMENT EXECUTE FUNCTION linger();
"""
"""Has a writer stay in the middle of its transaction, long enough for a cable to be pulled: it is gone in some
milliseconds else, where nothing else is at work."""


@dataclass
class Scene:
    """The three machines at work."""

    database: Database
    server: Server
    here: Pool
    workers: dict[str, Machine]
    idle: dict[str, int] = field(default_factory=dict)

    def has_pen(self, machine: Machine) -> bool:
        """Tell whether a process of this machine is in the middle of writing."""
        return (machine.address,) in self.server.tell(WHO_WRITES)

    def works(self, machine: Machine) -> bool:
        """Tell whether its worker does any run."""
        return len(descendants(self.here.workers[machine.name].pid)) > self.idle[machine.name]

    def held_by(self, machine: Machine) -> list[str]:
        """Return the runs that gave a sign of life from this machine."""
        with self.database.reading() as session:
            held = session.exec(select(Lease).where(col(Lease.name).startswith("run:"))).all()
        return [row.name.removeprefix("run:") for row in held if row.holder.partition(":")[0] == machine.name]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Start all, with a cohort whose programme begins on the day."""
    with machines("base", "first", "second") as [base, *others], postgresql_on(base) as server:
        prefect_s = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg{server.make('prefect')}"}
        server.tell("CREATE EXTENSION pg_trgm", "prefect")
        database = mornings.people(_migrated(server, "ours"))
        server.tell(LINGER, "ours")
        with pool(folder, database.url, LEASE_SECONDS, Place(base.address, base.command, prefect_s)) as here:
            made = Scene(database, server, here, {one.name: one for one in others})
            for one in others:
                here.start_worker(one.name, one.command)
            assert eventually(lambda: _ready(here), expected=2, seconds=60) == 2
            made.idle = {one.name: len(descendants(here.workers[one.name].pid)) for one in others}
            yield made
        database.close()


def _migrated(server: Server, name: str) -> Database:
    database = Database(f"postgresql+psycopg{server.make(name)}")
    migrate.upgrade(database.engine)
    return database


def _ready(here: Pool) -> int:
    found = here.server.ask("work_pools/mourafaka/workers/filter", {})
    return sum(one["status"] == "ONLINE" for one in found)


def _cut_off_in_mid_write(at: Scene) -> Machine:
    """Pull the cable of the machine that writes, once a part of the morning is done, and return it."""
    deadline = time.monotonic() + WORK_SECONDS
    while time.monotonic() < deadline:
        for machine in at.workers.values():
            if at.has_pen(machine) and at.held_by(machine) and 0 < entered(at.database) < COOPERATIVES:
                machine.pull_cable()
                time.sleep(1)
                if at.has_pen(machine):  # and nobody will hear the end of it
                    at.server.tell("UPDATE lingering SET seconds = 0", "ours")
                    return machine
                machine.plug_in()
    raise AssertionError([(row["name"], row["state_name"]) for row in at.here.runs("morning")])


def _closed_after(at: Scene, runs: list[str], cut_at: datetime) -> timedelta:
    """Look round as a timer does until these runs are closed; return how long after the cut the last one was."""
    deadline = time.monotonic() + 4 * LEASE_SECONDS
    while any(at.here.state(run) == "Running" for run in runs) and until(deadline):
        at.here.mourafaka("watchdog")
        time.sleep(TIMER_SECONDS)
    assert {at.here.state(run) for run in runs} == {"Crashed"}
    ends = [at.here.server.ask(f"flow_runs/{run}")["state"]["timestamp"] for run in runs]
    return max(datetime.fromisoformat(end) for end in ends) - cut_at


def _done_again(at: Scene) -> None:
    """Have the morning done as the schedule's next hour does."""
    again = at.here.start("morning", ROUND)
    assert eventually(lambda: at.here.state(again), "Completed", WORK_SECONDS) == "Completed"


def _all_told_once(at: Scene) -> None:
    """Compare with the same morning in one process that nobody disturbed."""
    assert entered(at.database) == COOPERATIVES
    calm = _migrated(at.server, "calm")
    assert mornings.told(at.database) == mornings.told_by_one(calm)
    calm.close()


def test_a_machine_without_current_is_found_in_two_leases_and_its_work_done_by_the_other_once(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        at.here.start("morning", ROUND)
        lost = _cut_off_in_mid_write(at)
        cut_at, runs = Clock().now(), at.held_by(lost)
        at.here.kill_worker(lost.name)
        assert runs
        assert _closed_after(at, runs, cut_at) <= TWO_LEASES
        _done_again(at)
        assert mornings.nothing_runs_soon(at.here)
        _all_told_once(at)


def test_a_machine_that_was_cut_off_wakes_up_when_all_is_done_and_does_nothing_twice(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        at.here.start("morning", ROUND)
        lost = _cut_off_in_mid_write(at)
        cut_at, runs = Clock().now(), at.held_by(lost)
        assert runs
        assert _closed_after(at, runs, cut_at) <= TWO_LEASES
        assert at.works(lost)
        lost.plug_in()
        _done_again(at)
        assert eventually(lambda: at.works(lost), expected=False, seconds=WORK_SECONDS) is False
        # It may still say so when it came to the end after all, and found the work done.
        assert {at.here.state(run) for run in runs} <= {"Crashed", "Completed", "Failed"}
        assert mornings.nothing_runs_soon(at.here)
        _all_told_once(at)
        [other] = [name for name in at.workers if name != lost.name]
        at.here.kill_worker(other)
        _done_again(at)  # by the one that was away
