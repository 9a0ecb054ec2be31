"""The schedules of `mourafaka serve`, seen at work: runs are planned, fire, and do the morning of the day."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from models import Enrolment, Passage
from models.session import Database
from programme.civil import wall
from tests import databases, prefects
from tests.flows.server_api import Server, eventually
from tests.world import CODE, NOW, add_cooperative, open_world

pytestmark = [pytest.mark.slow, pytest.mark.database, pytest.mark.xdist_group("schedules")]

PASSWORD = "mourafaka:only-for-this-test"
START_SECONDS = 120
FIRES_SECONDS = 120
"""How long a run may take that begins in time: a machine that is busy needs a minute for a process of Prefect's."""
TOO_EARLY = timedelta(seconds=1)
"""A run may start some milliseconds before its time, never this long."""
EVERY_TEN_SECONDS = {"cron": "* * * * * */10", "timezone": "Africa/Casablanca"}
"""With a sixth field, that of seconds: nobody waits a minute to see a schedule fire."""


@dataclass(frozen=True)
class Served:
    """A running `mourafaka serve`: its Prefect server, and the database in which its flows work."""

    server: Server
    database: Database


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all, it costs seconds to start: its house has an empty cohort, at eight on Monday 2027-01-04."""
    data = tmp_path_factory.mktemp("served")
    database = Database(databases.empty(data / "mourafaka.sqlite3"))
    open_world(database, cooperatives=0)
    with _serving(data, database.url) as server:
        yield Served(server, database)
    database.close()
    databases.drop(database.url)


@contextmanager
def _serving(data: Path, url: str) -> Iterator[Server]:
    prefects.home(data / "prefect")
    port = _free_port()
    ports = ["--port", str(port), "--web-port", str(_free_port())]
    program = [sys.executable, "-c", "from cli import main; main()", "serve", *ports]
    with (data / "serve.log").open("wb") as log:
        process = subprocess.Popen(program, env=_environment(data, url), start_new_session=True, stdout=log, stderr=log)
    try:
        server = Server(f"http://127.0.0.1:{port}/api", PASSWORD)
        names = {"morning", "delivery", "watchdog", "intake", "migrate-definition"}
        assert eventually(lambda: deployed(server), names, START_SECONDS) == names
        yield server
    finally:
        _end(process)


def _environment(data: Path, url: str) -> dict[str, str]:
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MOURAFAKA_"))}
    return here | {
        "MOURAFAKA_DATA_DIR": str(data),
        "MOURAFAKA_DATABASE_URL": url,
        "MOURAFAKA_AS_OF": "2027-01-04T08:00",
        "MOURAFAKA_SECRET_KEY": "only for this test, and long enough",
        "MOURAFAKA_SMTP_URL": "smtp://127.0.0.1:9",
        "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def deployed(server: Server) -> set[str]:
    try:
        return {row["name"] for row in server.ask("deployments/filter", {})}
    except httpx.HTTPError:
        return set()


def deployment(server: Server, name: str) -> str:
    rows = server.ask("deployments/filter", {"deployments": {"name": {"any_": [name]}}})
    return str(rows[0]["id"])


def runs_of(server: Server, name: str) -> list[dict[str, Any]]:
    """Return a deployment's runs that a schedule made, in the order of their hours."""
    question = {"deployments": {"name": {"any_": [name]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return [row for row in server.ask("flow_runs/filter", question) if row["auto_scheduled"]]


@pytest.fixture
def newcomer(served: Served) -> str:
    """One more cooperative, enrolled: the morning that a schedule starts next has its first stage to enter."""
    with served.database.transaction() as session:
        cohort = cohort_of(session, CODE)
        rank = len(session.exec(select(Enrolment.id)).all()) + 1
        code = add_cooperative(session, cohort, rank, email=None).code
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return code


def entered(served: Served, code: str) -> date | None:
    with served.database.reading() as session:
        question = select(Passage).join(Enrolment).where(Enrolment.code == code, Passage.stage == "start")
        return session.exec(question).one().entered_on


def ends_between(served: Served, first: datetime, last: datetime) -> list[tuple[str, str]]:
    """Return the mornings that a schedule made for these hours: for when, and how each ended so far."""
    return [
        (row["expected_start_time"], row["state_name"])
        for row in runs_of(served.server, "morning")
        if first <= datetime.fromisoformat(row["expected_start_time"]) <= last
    ]


def hours_of(served: Served, name: str) -> set[tuple[int, int]]:
    """Return the wall times in Casablanca of a deployment's planned runs."""
    planned = [datetime.fromisoformat(row["expected_start_time"]) for row in runs_of(served.server, name)]
    return {(wall(instant).hour, wall(instant).minute) for instant in planned}


def test_server_plans_mornings_and_deliveries_by_itself(served: Served) -> None:
    assert eventually(lambda: len(runs_of(served.server, "morning")) >= 3, expected=True)
    assert eventually(lambda: len(runs_of(served.server, "delivery")) >= 3, expected=True)
    assert hours_of(served, "morning") <= {(hour, 0) for hour in range(7, 19)}
    assert hours_of(served, "delivery") <= {(hour, minute) for hour in range(9, 17) for minute in range(0, 60, 5)}
    assert runs_of(served.server, "intake") == []


@pytest.mark.parametrize(
    ("last", "seven"),
    [
        (datetime(2026, 9, 18, 6, 59, tzinfo=UTC), "2026-09-18T06:00:00Z"),  # Morocco is an hour ahead of UTC
        (datetime(2026, 9, 21, 7, 59, tzinfo=UTC), "2026-09-21T07:00:00Z"),  # and, since the day before, with it
    ],
)
def test_missed_morning_of_seven_in_casablanca_is_made_up_for(
    served: Served, newcomer: str, last: datetime, seven: str
) -> None:
    first = last.replace(hour=0, minute=0)
    hours = {"start_time": first.isoformat(), "end_time": last.isoformat()}
    served.server.ask(f"deployments/{deployment(served.server, 'morning')}/schedule", hours)
    done = [(seven, "Completed")]
    assert eventually(lambda: ends_between(served, first, last), done, FIRES_SECONDS) == done
    assert entered(served, newcomer) == date(2027, 1, 4)


@pytest.fixture
def every_ten_seconds(served: Served) -> Iterator[dict[str, Any]]:
    """A schedule of the morning's that is made now, and goes when the test has seen what it wants."""
    place = f"deployments/{deployment(served.server, 'morning')}/schedules"
    [made] = served.server.ask(place, [{"schedule": EVERY_TEN_SECONDS, "active": True}])
    yield made
    served.server.delete(f"{place}/{made['id']}")


def test_schedule_fires_at_its_time_and_the_morning_is_done(
    served: Served, newcomer: str, every_ten_seconds: dict[str, Any]
) -> None:
    def fired() -> list[dict[str, Any]]:
        rows = [row for row in runs_of(served.server, "morning") if row["created_by"]["id"] == every_ten_seconds["id"]]
        return [row for row in rows if row["state_name"] == "Completed"]

    assert eventually(lambda: fired() != [], expected=True, seconds=FIRES_SECONDS)
    asked_at, due_at, began_at = (
        datetime.fromisoformat(instant)
        for instant in (every_ten_seconds["created"], fired()[0]["expected_start_time"], fired()[0]["start_time"])
    )
    assert asked_at < due_at < began_at + TOO_EARLY
    assert due_at.second % 10 == 0
    assert entered(served, newcomer) == date(2027, 1, 4)
