"""Column types that the tables share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError
from sqlmodel import select

from models import ChannelState, History, Lease
from models.session import Database
from tests.world import NOW, enrolment_row, open_world

PARIS = timezone(timedelta(hours=2))


def keep(database: Database, until: datetime) -> datetime:
    with database.transaction() as session:
        session.add(Lease(name="morning:SM-2027", holder="here", until=until))
    with database.reading() as session:
        return session.exec(select(Lease)).one().until


def test_instant_is_given_back_in_utc(database: Database) -> None:
    kept = keep(database, datetime(2027, 1, 4, 10, 30, 15, 250, tzinfo=PARIS))
    assert kept == datetime(2027, 1, 4, 8, 30, 15, 250, tzinfo=UTC)
    assert kept.tzinfo is UTC


def test_instant_is_stored_in_utc(database: Database) -> None:
    keep(database, datetime(2027, 1, 4, 1, tzinfo=PARIS))
    with database.engine.connect() as connection:
        stored = connection.execute(text("SELECT CAST(until AS VARCHAR) FROM lease")).scalar_one()
    assert stored.removesuffix(".000000") == "2027-01-03 23:00:00"


def test_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="an instant needs its zone"):
        keep(database, datetime(2027, 1, 4, 10))  # noqa: DTZ001 - the defect under test


def test_instant_without_a_zone_is_refused_in_a_question(database: Database) -> None:
    with database.reading() as session, pytest.raises(StatementError, match="an instant needs its zone"):
        session.exec(select(Lease).where(Lease.until < datetime(2027, 1, 4, 10))).all()  # noqa: DTZ001 - the defect


def test_instants_are_compared_whatever_their_zone(database: Database) -> None:
    keep(database, datetime(2027, 1, 4, 8, tzinfo=UTC))
    with database.reading() as session:
        before = session.exec(select(Lease).where(Lease.until < datetime(2027, 1, 4, 9, 30, tzinfo=PARIS))).all()
        after = session.exec(select(Lease).where(Lease.until < datetime(2027, 1, 4, 10, 30, tzinfo=PARIS))).all()
    assert (len(before), len(after)) == (0, 1)


def test_instant_that_is_not_known_stays_empty(database: Database) -> None:
    with database.transaction() as session:
        session.add(ChannelState(channel="email"))
    with database.reading() as session:
        assert session.exec(select(ChannelState)).one().paused_until is None


def test_change_inside_a_json_value_is_kept(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        enrolment = enrolment_row(session)
        assert enrolment.id is not None
        session.add(History(enrolment_id=enrolment.id, at=NOW, by="k1", verb="selected", detail={"steps": 1}))
    with database.transaction() as session:
        row = session.exec(select(History)).one()
        row.detail["steps"] = 2
    with database.reading() as session:
        assert session.exec(select(History)).one().detail == {"steps": 2}


def test_date_is_given_back_as_a_date(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        enrolment_row(session).start_on = date(2027, 1, 4)
    with database.reading() as session:
        assert enrolment_row(session).start_on == date(2027, 1, 4)
