"""A large cohort's table on the real engine: whom the morning was about, with a bound, and where the rest is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from models import Step
from models.columns import columns
from models.session import Database
from runtime.house import House
from tests.flows.server_api import Server, eventually
from tests.world import CODE, at, open_enrolled, step_row
from tests.world import morning as plain_morning

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


def live(day: date) -> Any:
    from flows.morning import morning

    return morning(CODE, day.isoformat(), at(day).isoformat(), return_state=True)


def table_of(server: Server, end: Any) -> tuple[list[str], str]:
    """Return whom the table of a morning lists, and what stands over it."""
    rows = server.of_run("artifacts", str(end.state_details.flow_run_id))
    [table] = [row for row in rows if row["type"] == "table"]
    return [row["enrolment"] for row in json.loads(table["data"])], table["description"]


def reminding(server: Server, whole: str) -> list[str]:
    """Return the names of the tasks of a morning's reminders."""
    parts = server.ask("flow_runs/filter", {"flow_runs": {"parent_flow_run_id": {"any_": [whole]}}})
    runs = [server.of_run("task_runs", part["id"]) for part in parts if part["name"].startswith("reminders")]
    return [run["name"] for some in runs for run in some]


@pytest.fixture
def many(house: House, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Four cooperatives in their first stage, and a table that has room for three."""
    monkeypatch.setattr("flows.showing.LISTED", 3)
    open_enrolled(house.database, cooperatives=4)
    return house.database


def test_table_of_many_has_so_many_rows_at_most_and_says_where_the_rest_is(many: Database, server: Server) -> None:
    listed, said = table_of(server, live(date(2027, 1, 4)))
    assert listed == [f"{CODE}/001", f"{CODE}/002", f"{CODE}/003"]
    assert said == (
        f"{CODE} – 2027-01-04: 3 of 4 cooperatives with something due today, of 4 in all. "
        f"All of them: `mourafaka export FILE.xlsx --cohort {CODE}`"
    )


def test_table_of_many_shows_whom_the_morning_was_about(many: Database, server: Server) -> None:
    plain_morning(many, date(2027, 1, 8))
    with many.transaction() as session:
        step_row(session, "start.contact", rank=4).remind_on = date(2027, 1, 9)
    listed, said = table_of(server, live(date(2027, 1, 9)))
    assert listed == [f"{CODE}/004"]
    assert said.startswith(f"{CODE} – 2027-01-09: 1 of 1 cooperatives with something due today, of 4 in all.")


def test_reminders_of_some_thousand_steps_are_one_task(house: House, server: Server) -> None:
    open_enrolled(house.database, cooperatives=70)
    day = date(2027, 2, 2)
    plain_morning(house.database, day)  # they enter their stage, and each would be a task of its own
    with house.database.transaction() as session:
        moved = session.execute(update(columns(Step).id.table).where(col(Step.status) == "open").values(remind_on=day))
    steps = moved.rowcount
    assert 2_000 < steps < 6_000
    end = live(day)
    whole = str(end.state_details.flow_run_id)
    assert eventually(lambda: reminding(server, whole), [f"remind of {steps} steps"]) == [f"remind of {steps} steps"]
