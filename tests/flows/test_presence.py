"""Who works gives signs of life, in real time; who lost the lease meanwhile takes nothing from who has it now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from actions.morning import take_lease
from models import Lease
from models.session import Database
from programme.errors import MorningBusy
from runtime import house as houses
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings

NAME = "morning:SM-2027"
OTHER = "elsewhere:1:1"
LEASE_SECONDS = 3.0


@pytest.fixture
def house(database: Database, data_dir: Path) -> Iterator[House]:
    """An empty house in real time, with a lease of seconds."""
    yield houses.use(House(Settings(data_dir=data_dir, lease_seconds=LEASE_SECONDS, _env_file=None), Clock(), database))
    houses.use(None)  # type: ignore[arg-type] # nobody's house again


def _take(house: House, holder: str) -> None:
    take_lease(house.database, NAME, holder=holder, now=house.clock.now(), lasts=house.settings.lease)


def _holder(house: House) -> str:
    with house.database.reading() as session:
        return session.exec(select(Lease).where(Lease.name == NAME)).one().holder


@pytest.mark.slow
def test_long_work_keeps_its_lease_by_signs_of_life(house: House) -> None:
    from flows.presence import held

    with held(NAME):
        time.sleep(LEASE_SECONDS * 1.3)
        with pytest.raises(MorningBusy):
            _take(house, OTHER)
    _take(house, OTHER)
    assert _holder(house) == OTHER


def test_work_that_failed_gives_its_lease_back(house: House) -> None:
    from flows.presence import held

    def fail() -> None:
        with held(NAME):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    _take(house, OTHER)


@pytest.mark.slow
def test_a_process_that_woke_up_late_takes_nothing_from_who_has_the_lease_now(house: House) -> None:
    from flows.presence import held

    with held(NAME):
        # As if it had been frozen: its lease lapsed, and another machine took it.
        with house.database.transaction() as session:
            lease = session.get(Lease, NAME)
            assert lease is not None
            lease.holder, lease.until = OTHER, house.clock.now() + timedelta(minutes=5)
        time.sleep(LEASE_SECONDS / 2)
    assert _holder(house) == OTHER
    with pytest.raises(MorningBusy):
        _take(house, "a third one")
