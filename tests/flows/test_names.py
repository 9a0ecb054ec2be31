"""The names of runs that a schedule starts: nobody gives it a day, and the name says one all the same."""

from __future__ import annotations

import pytest

from runtime.house import House
from tests.flows.server_api import Server

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


def test_scheduled_mornings_are_named_by_their_day(house: House, server: Server) -> None:
    from flows.morning import mornings

    run = mornings(return_state=True).state_details.flow_run_id
    assert server.ask(f"flow_runs/{run}")["name"] == "mornings · 2027-01-04"
