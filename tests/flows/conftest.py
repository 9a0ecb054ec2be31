"""What the tests of flows share: a house on the real engine, and its server to be asked what it knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.session import Database
from notifications.answers import MemoryMailer
from runtime import house as houses
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from tests.flows.server_api import Server

MORNING = datetime(2027, 1, 4, 8, tzinfo=UTC)


@pytest.fixture
def house(database: Database, data_dir: Path, prefect: str) -> Iterator[House]:
    """An empty house at eight on Monday 2027-01-04, its mails in memory, its flows on the real engine."""
    assert prefect
    settings = Settings(data_dir=data_dir, _env_file=None)
    yield houses.use(House(settings, Clock(MORNING), database, mailer=MemoryMailer()))
    houses.use(None)  # type: ignore[arg-type] # nobody's house again


@pytest.fixture
def server(prefect: str) -> Server:
    """The server that all tests of a session share: what is asked of it names a run, or a time since when."""
    from prefect.settings import PREFECT_API_AUTH_STRING

    secret = PREFECT_API_AUTH_STRING.value()
    assert secret is not None
    return Server(prefect, str(secret))
