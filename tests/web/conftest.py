"""A house whose pages are asked for: a cohort with a coach, and a client that is no browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from actions.feeds import new_feed
from models.session import Database
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.world import at, open_followed
from web.app import app_for

TODAY = date(2027, 1, 20)
TOKEN = "a-token-of-the-coach-c1"


@pytest.fixture
def house(database: Database) -> House:
    """Two cooperatives with the coach c1, who has a calendar feed; it is 20 January 2027, 10:00."""
    open_followed(database, cooperatives=2)
    with database.transaction() as session:
        new_feed(session, code="c1", token=TOKEN, by="k1", now=at(TODAY))
    settings = Settings(base_url="https://suivi.example.ma", secret_key="only for tests")
    return House(settings, Clock(at(TODAY, 10)), database)


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    """Asks the pages, under a host's name that is not ours."""
    with TestClient(app_for(house), base_url="http://evil.example", raise_server_exceptions=True) as client:
        yield client
