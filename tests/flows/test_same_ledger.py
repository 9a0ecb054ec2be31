"""Two years through Prefect and two years without it leave the same ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from models.session import Database
from notifications.answers import MemoryMailer
from runtime import house as houses
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation import years
from simulation.people import People
from simulation.scratch import scratch
from tests import databases
from tests.world import CODE, NOW, open_world

UNTIL = date(2027, 9, 30) if databases.IS_POSTGRESQL else None
"""Two years on SQLite; on PostgreSQL the first nine months, with an evaluation and its decision: the code is one."""

pytestmark = [pytest.mark.slow, pytest.mark.database, pytest.mark.xdist_group("prefect")]


def test_two_years_through_prefect_leave_the_ledger_of_the_simulation(
    database: Database, data_dir: Path, prefect: str
) -> None:
    from flows.run_day import run_delivery, run_mornings

    assert prefect
    open_world(database, cooperatives=2, without_email=(2,))
    house = houses.use(House(Settings(data_dir=data_dir, _env_file=None), Clock(NOW), database, mailer=MemoryMailer()))
    years.people_the_cohort(house, CODE, by="test")
    with scratch(house) as copy:
        rehearsed = years.live(
            years.without_mail(copy),
            CODE,
            People(7),
            until=UNTIL,
            morning=years.plain_morning,
            delivery=years.plain_delivery,
        )

    def morning(_house: House, now: datetime) -> None:
        assert run_mornings(now).failures == []

    def delivery(_house: House, now: datetime) -> None:
        run_delivery(now)

    lived = years.live(house, CODE, People(7), until=UNTIL, morning=morning, delivery=delivery)
    assert lived.mornings == rehearsed.mornings
    assert replace(lived, failures=[]) == rehearsed
