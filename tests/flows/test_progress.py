"""The progress artifact of a morning on the real engine: at 100 when several flows are through, none for one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.session import Database
from runtime.house import House
from tests.flows.server_api import Server
from tests.world import CODE, at, open_enrolled, tick
from tests.world import morning as plain_morning

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

START_STEPS = ("start.coach", "start.contact", "start.convention", "start.data-protection")
SHOWN = {"key": "progress-sm-2027", "type": "progress", "description": CODE, "data": 100.0}


@pytest.fixture
def cohort(house: House) -> Database:
    """Two cooperatives, enrolled, in their first stage since Monday 2027-01-04."""
    open_enrolled(house.database, cooperatives=2)
    plain_morning(house.database, date(2027, 1, 4))
    return house.database


def finish_start(database: Database, on: date) -> None:
    for step in START_STEPS:
        for rank in (1, 2):
            tick(database, step, on, rank=rank)


def live(day: date) -> Any:
    """Run the cohort's morning flow of a day and return the state it ended in."""
    from flows.morning import morning

    return morning(CODE, day.isoformat(), at(day).isoformat(), return_state=True)


def progress_of(server: Server, end: Any) -> list[dict[str, Any]]:
    rows = server.of_run("artifacts", str(end.state_details.flow_run_id))
    return [{name: row[name] for name in SHOWN} for row in rows if row["type"] == "progress"]


def test_morning_with_several_flows_leaves_its_progress_at_100(cohort: Database, server: Server) -> None:
    finish_start(cohort, date(2027, 1, 24))
    end = live(date(2027, 1, 25))  # the start is completed, the diagnosis entered, people are reminded
    assert end.result() == "3 flows"
    assert progress_of(server, end) == [SHOWN]


def test_morning_of_reminders_alone_shows_no_progress(cohort: Database, server: Server) -> None:
    end = live(date(2027, 1, 8))
    assert end.result() == "1 flows"
    assert progress_of(server, end) == []


def test_morning_of_one_stage_alone_shows_no_progress(cohort: Database, server: Server) -> None:
    plain_morning(cohort, date(2027, 1, 8))
    finish_start(cohort, date(2027, 1, 12))
    end = live(date(2027, 1, 13))  # the start is completed, and nobody is to be reminded
    assert end.result() == "1 flows"
    assert progress_of(server, end) == []
