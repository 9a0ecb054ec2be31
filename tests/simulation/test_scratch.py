"""Scratch copies: all that is in the database, and nothing that comes back to it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import SQLModel, func, select

from models import Notice, Person
from models.session import Database
from notifications import holds
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation.scratch import scratch
from tests.world import NOW, at, evaluate, morning, open_followed


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    open_followed(database, cooperatives=2, without_email=(2,))
    evaluate(database, "M0", date(2027, 1, 18))
    morning(database, date(2027, 1, 19))
    return House(Settings(data_dir=tmp_path), Clock(NOW), database)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for table in SQLModel.metadata.sorted_tables
        }


def test_scratch_holds_every_row(house: House) -> None:
    expected = rows(house.database)
    with scratch(house) as copy:
        assert rows(copy.database) == expected
    assert {name for name, found in expected.items() if found} >= {
        "notice",
        "step",
        "history",
        "decision",
        "evaluation",
    }


def test_scratch_holds_notices_that_stand_before_the_message_that_tells_them(house: House) -> None:
    before = select(func.count()).select_from(Notice).where(Notice.digest_id > Notice.id)  # type: ignore[operator]
    with house.database.transaction() as session:
        first = session.exec(select(Notice).where(Notice.digest_id.is_not(None)).order_by(Notice.id)).first()
        later = session.exec(select(Notice).where(Notice.kind == "coach_digest").order_by(Notice.id.desc())).first()
        first.digest_id = later.id  # as when today's message has left, and the next one takes it
        session.flush()
        assert session.exec(before).one() > 0
    with scratch(house) as copy, copy.database.reading() as session:
        assert session.exec(before).one() > 0


def test_nothing_is_held_in_a_scratch_where_nobody_can_let_go(house: House) -> None:
    with house.database.transaction() as session:
        holds.hold(session, cause="restore", by="k1", now=NOW)
    with scratch(house) as copy, copy.database.reading() as session:
        assert not holds.is_open(session)
    with house.database.reading() as session:
        assert holds.is_open(session)


def test_what_is_done_in_a_scratch_stays_there(house: House) -> None:
    expected = rows(house.database)
    with scratch(house) as copy:
        with copy.database.transaction() as session:
            session.add(Person(code="x1", name="X"))
        morning(copy.database, date(2027, 2, 2))
        assert rows(copy.database) != expected
    assert rows(house.database) == expected


def test_clock_of_a_scratch_is_its_own(house: House) -> None:
    with scratch(house) as copy:
        copy.clock.move_to(at(date(2028, 1, 4)))
    assert house.clock.now() == NOW


def test_scratch_is_gone_afterwards(house: House) -> None:
    with scratch(house) as copy:
        path = Path(copy.database.url.removeprefix("sqlite:///"))
        assert path.exists()
    assert not path.parent.exists()


def test_scratch_is_gone_after_a_failure_too(house: House) -> None:
    paths = []

    def fail() -> None:
        with scratch(house) as copy:
            paths.append(Path(copy.database.url.removeprefix("sqlite:///")))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        fail()
    assert not paths[0].exists()


def test_scratch_still_refuses_a_row_of_nothing(house: House) -> None:
    with scratch(house) as copy, copy.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
