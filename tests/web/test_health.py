"""What a watcher from outside is told: whether all is well, and nothing of anybody."""

from __future__ import annotations

from datetime import timedelta

from starlette.testclient import TestClient

from models import ChannelState
from runtime.house import House
from tests.journey.living import send
from tests.web.conftest import TODAY
from tests.world import at, morning


def test_healthy_house_answers_200(house: House, client: TestClient) -> None:
    morning(house.database, TODAY)
    send(house.database, TODAY)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "reasons": 0})


def test_ailing_house_answers_503_without_a_name(house: House, client: TestClient) -> None:
    morning(house.database, TODAY)
    send(house.database, TODAY)
    until = at(TODAY, 10) + timedelta(minutes=5)
    with house.database.transaction() as session:
        session.merge(ChannelState(channel="email", paused_until=until, reason="coop1@coop.example refused"))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unwell", "reasons": 1})


def test_head_is_answered_without_a_body(client: TestClient) -> None:
    answer = client.head("/healthz")
    assert (answer.status_code in {200, 503}, answer.content) == (True, b"")


def test_house_without_its_database_is_unwell(house: House, client: TestClient) -> None:
    with house.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE channel_state RENAME TO channel_state_gone")
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (503, {"status": "no database"})
