"""A morning shared on a pool: what nobody takes, and what a dead worker leaves, is done here after all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from actions.morning import take_lease
from models import Enrolment, Lease, Notice, Passage
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.ledger import ledger_hash
from runtime import house as houses
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.flows.server_api import Server
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

MORNING = datetime(2027, 1, 4, 8, tzinfo=UTC)
COOPERATIVES = 5
LEASE_SECONDS = 3.0
GONE = "elsewhere:1:1"
"""A process of another machine: nobody here can tell whether it lives but by its signs."""


@pytest.fixture
def house(database: Database, data_dir: Path, prefect: str) -> Iterator[House]:
    """A cohort that begins on the day, on the real engine, with a lease of seconds."""
    assert prefect
    open_world(database, cooperatives=COOPERATIVES)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    settings = Settings(data_dir=data_dir, lease_seconds=LEASE_SECONDS, _env_file=None)
    yield houses.use(House(settings, Clock(MORNING), database, mailer=MemoryMailer()))
    houses.use(None)  # type: ignore[arg-type] # nobody's house again


@pytest.fixture
def deployed(server: Server) -> Iterator[dict[str, str]]:
    """The deployments of a pool that has no worker, by name."""
    from flows.morning import morning
    from flows.sharing import piece

    pool = f"nobody-{uuid4()}"
    made = {}
    server.ask("work_pools/", {"name": pool, "type": "process"})
    for flow, name in ((morning, "cohort"), (piece, "piece")):
        made[name] = str(flow.to_deployment(name, tags=["mourafaka"]).apply(work_pool_name=pool))
    yield made
    for one in made.values():  # the server is everybody's: the other tests' mornings find nobody to hand anything to
        server.delete(f"deployments/{one}")


def _entered(database: Database) -> list[date | None]:
    with database.reading() as session:
        return list(session.exec(select(Passage.entered_on).where(Passage.stage == "start")))


def _states(server: Server, deployment: str) -> list[tuple[str, str]]:
    rows = server.ask("flow_runs/filter", {"deployments": {"id": {"any_": [deployment]}}})
    return sorted((row["name"], row["state_name"]) for row in rows)


def test_without_a_deployment_a_shared_morning_is_done_here(house: House) -> None:
    from flows.morning import mornings

    assert mornings("2027-01-04", MORNING.isoformat(), 2) == "1 cohorts"
    assert _entered(house.database) == [date(2027, 1, 4)] * COOPERATIVES


def test_what_no_worker_takes_within_a_lease_is_taken_back_and_done_here(
    house: House, server: Server, deployed: dict[str, str]
) -> None:
    from flows.morning import mornings

    assert mornings("2027-01-04", MORNING.isoformat(), 2) == "1 cohorts"
    assert _entered(house.database) == [date(2027, 1, 4)] * COOPERATIVES
    assert {state for _name, state in _states(server, deployed["cohort"])} == {"Cancelled"}
    rows = server.ask("flow_runs/filter", {"deployments": {"id": {"any_": [deployed["piece"]]}}})
    assert {row["state_name"] for row in rows} == {"Cancelled"}
    # Two ids to a piece: five enrolments enter the stage, and each has two steps of which somebody should hear.
    assert Counter(row["parameters"]["what"] for row in rows) == {"stage:start": 3, "reminders": 5}
    assert sorted(len(row["parameters"]["ids"]) for row in rows) == [1, 2, 2, 2, 2, 2, 2, 2]


def test_a_shared_morning_leaves_the_ledger_of_an_unshared_one(
    house: House, database: Database, deployed: dict[str, str]
) -> None:
    from actions.cohorts import cohort_of
    from actions.morning import whole_morning
    from flows.morning import mornings
    from simulation.scratch import scratch

    assert deployed
    with scratch(house) as copy:
        with copy.database.reading() as session:
            cohort = cohort_of(session, CODE)
        whole_morning(copy.database, cohort, MORNING)
        with copy.database.reading() as session:
            plain = ledger_hash(session.exec(select(Notice)))
    mornings("2027-01-04", MORNING.isoformat(), 2)
    with database.reading() as session:
        assert ledger_hash(session.exec(select(Notice))) == plain


@contextmanager
def _watched(database: Database) -> Iterator[set[str]]:
    """Give the kinds of leases that are held meanwhile, seen by somebody else who looks all the time."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            with database.reading() as session:
                seen.update(name.partition(":")[0] for name in session.exec(select(Lease.name)))

    watcher = threading.Thread(target=look)
    watcher.start()
    yield seen
    over.set()
    watcher.join()


def test_a_run_gives_signs_of_life_and_leaves_none_behind(house: House) -> None:
    from flows.morning import morning

    with _watched(house.database) as seen:
        morning(CODE, "2027-01-04", MORNING.isoformat())
    assert seen == {"morning", "run"}
    with house.database.reading() as session:
        assert [row.name for row in session.exec(select(Lease))] == [f"morning:{CODE}"]


def _abandoned(house: House, server: Server, deployment: str) -> str:
    """Return a run that somebody far away has begun, and given no sign of life of since a lease."""
    asked = {"parameters": {"cohort": CODE, "day": "2027-01-04"}, "state": {"type": "SCHEDULED"}}
    run = str(server.ask(f"deployments/{deployment}/create_flow_run", asked)["id"])
    for state in ("PENDING", "RUNNING"):
        server.ask(f"flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})
    for name in (f"run:{run}", f"morning:{CODE}"):
        take_lease(house.database, name, holder=GONE, now=MORNING, lasts=house.settings.lease)
    return run


def test_watchdog_closes_a_run_without_signs_of_life_and_frees_its_morning(
    house: House, server: Server, deployed: dict[str, str]
) -> None:
    from flows.watchdog import watch

    run = _abandoned(house, server, deployed["cohort"])
    assert watch().closed == []
    assert server.ask(f"flow_runs/{run}")["state_name"] == "Running"
    # The morning has given a last sign after the run has: it must not wait for its own lease to lapse.
    house.clock.move_to(MORNING + timedelta(seconds=LEASE_SECONDS))
    with house.database.transaction() as session:
        lease = session.get(Lease, f"morning:{CODE}")
        assert lease is not None
        lease.until = MORNING + timedelta(seconds=2 * LEASE_SECONDS)
    found = watch()
    closed = server.ask(f"flow_runs/{run}")
    assert found.closed == [closed["name"]]
    assert found.freed == 1
    assert (closed["state_type"], closed["state_name"]) == ("CRASHED", "Crashed")
    assert watch().closed == []
    with house.database.reading() as session:
        assert session.get(Lease, f"run:{run}") is None


def test_watchdog_closes_a_run_that_a_worker_claimed_and_never_began(
    house: House, server: Server, deployed: dict[str, str]
) -> None:
    from flows.watchdog import watch

    house.clock = Clock()  # Prefect's states have the real time
    asked = {"parameters": {"cohort": CODE, "day": "2027-01-04"}, "state": {"type": "SCHEDULED"}}
    claimed, waiting = (
        str(server.ask(f"deployments/{deployed['cohort']}/create_flow_run", asked)["id"]) for _run in range(2)
    )
    server.ask(f"flow_runs/{claimed}/set_state", {"state": {"type": "PENDING"}, "force": True})
    time.sleep(LEASE_SECONDS)
    watch()
    assert server.ask(f"flow_runs/{claimed}")["state_name"] == "Crashed"
    assert server.ask(f"flow_runs/{waiting}")["state_type"] == "SCHEDULED"


def test_watchdog_closes_the_sub_flows_that_lived_in_the_process(house: House, server: Server) -> None:
    from prefect import flow

    from flows.watchdog import watch

    ids: dict[str, str] = {}

    @flow(name="inner", persist_result=False)
    def inner() -> None:
        from prefect.runtime import flow_run

        ids["inner"] = str(flow_run.id)

    @flow(name="outer", persist_result=False)
    def outer() -> None:
        from prefect.runtime import flow_run

        ids["outer"] = str(flow_run.id)
        inner()

    outer()
    for run in ids.values():
        server.ask(f"flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    take_lease(house.database, f"run:{ids['outer']}", holder=GONE, now=MORNING, lasts=house.settings.lease)
    house.clock.move_to(MORNING + timedelta(seconds=LEASE_SECONDS))
    assert len(watch().closed) == 2
    assert {server.ask(f"flow_runs/{run}")["state_name"] for run in ids.values()} == {"Crashed"}


def test_a_dead_worker_s_part_is_closed_and_done_here(house: House, server: Server, deployed: dict[str, str]) -> None:
    from flows import pools

    run = UUID(_abandoned(house, server, deployed["cohort"]))
    house.clock.move_to(MORNING + timedelta(seconds=LEASE_SECONDS))
    assert pools._ends([run]) == {}
    assert server.ask(f"flow_runs/{run}")["state_name"] == "Crashed"
    with house.database.reading() as session:
        assert session.exec(select(Enrolment.code)).all() != []
