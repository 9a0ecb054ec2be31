"""A round as the house keeps it: written down however it ends, and told inside and outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import select

from actions.mornings import ROUND, own
from models import Enrolment, Erasure, MorningRun, Notice
from models.session import Database
from runtime.clock import Clock
from runtime.house import House
from runtime.rounds import kept_morning, kept_round, tell_missed
from runtime.settings import Settings
from tests.runtime.watchers import Watcher, watcher
from tests.world import CODE, at, everything_in, morning, open_enrolled, poison

MONDAY, WEDNESDAY = date(2027, 1, 4), date(2027, 1, 6)


@pytest.fixture
def outside() -> Iterator[Watcher]:
    """Somebody who listens on this machine."""
    with watcher() as found:
        yield found


@pytest.fixture
def house(database: Database, outside: Watcher) -> House:
    """Two enrolled cooperatives; it is Monday 2027-01-04, 8:00, and each whole round is heard outside."""
    open_enrolled(database, cooperatives=2)
    settings = Settings(heartbeat_url=outside.url(), _env_file=None)
    return House(settings, Clock(at(MONDAY)), database)


def kept(house: House) -> list[tuple[str, str, int, bool]]:
    with house.database.reading() as session:
        rows = session.exec(select(MorningRun))
        return sorted((row.name, row.outcome, row.failures, row.finished_at is not None) for row in rows)


def told(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.exec(select(Notice.key).where(Notice.kind == "alert")))


def test_a_round_that_ends_is_kept_and_heard_outside(house: House, outside: Watcher) -> None:
    with kept_round(house, at(MONDAY)):
        assert (kept(house), outside.heard) == ([], [])
    assert (kept(house), len(outside.heard)) == ([(ROUND, "done", 0, True)], 1)


def test_a_round_ends_the_retention_that_is_over(house: House) -> None:
    with house.database.transaction() as session:
        for row in session.exec(select(Enrolment).where(Enrolment.rank == 1)):
            row.status, row.ended_on = "dropped", date(2022, 1, 4)
    with kept_round(house, at(MONDAY)):
        pass
    said = everything_in(house.database)
    assert ("coop1@coop.example" in said, "coop2@coop.example" in said) == (False, True)
    with house.database.reading() as session:
        assert session.exec(select(Erasure.pseudonym, Erasure.cause)).all() == [("X-C1", "retention")]


def test_failures_of_some_are_kept_and_still_a_sign_of_life(house: House, outside: Watcher) -> None:
    with kept_round(house, at(MONDAY)) as course:
        course.failures = 2
    assert (kept(house), len(outside.heard)) == ([(ROUND, "failed", 2, True)], 1)


def test_a_round_that_breaks_off_is_kept_and_not_heard_outside(house: House, outside: Watcher) -> None:
    with pytest.raises(RuntimeError), kept_round(house, at(MONDAY)):
        raise RuntimeError("no Prefect")
    assert (kept(house), outside.heard) == ([(ROUND, "failed", 1, False)], [])


def test_a_cohort_that_broke_off_silences_the_heartbeat_until_it_is_whole(house: House, outside: Watcher) -> None:
    with kept_round(house, at(MONDAY)), kept_morning(house, own(CODE), at(MONDAY)) as course:
        course.broke = True
    assert (kept(house)[0], outside.heard) == ((own(CODE), "failed", 0, False), [])
    with kept_round(house, at(MONDAY, 9)), kept_morning(house, own(CODE), at(MONDAY, 9)):
        pass
    assert (kept(house)[0], len(outside.heard)) == ((own(CODE), "done", 0, True), 1)


def test_what_broke_it_is_raised_when_it_cannot_be_written_down(house: House) -> None:
    with house.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE morning_run RENAME TO morning_run_gone")
    with pytest.raises(RuntimeError, match="its own reason"), kept_morning(house, ROUND, at(MONDAY)):
        raise RuntimeError("its own reason")


def test_a_round_tells_of_the_days_before_it_and_not_twice(house: House) -> None:
    with kept_round(house, at(MONDAY)):
        pass
    house.clock.move_to(at(WEDNESDAY, 11))
    for _ in range(2):
        with kept_round(house, at(WEDNESDAY, 11)):
            morning(house.database, WEDNESDAY)
        assert told(house) == ["mornings/2027-01-04/alert/coordinator:k1"]


def test_a_round_that_is_late_itself_is_no_missed_one(house: House) -> None:
    for day in (MONDAY, date(2027, 1, 5), WEDNESDAY):
        house.clock.move_to(at(day, 11))
        with kept_round(house, at(day, 11)):
            morning(house.database, day)
    assert told(house) == []


def test_a_cohort_that_broke_off_is_told_after_the_round_s_try(house: House) -> None:
    house.clock.move_to(at(MONDAY, 11))
    with kept_round(house, at(MONDAY, 11)), kept_morning(house, own(CODE), at(MONDAY, 11)) as course:
        course.broke = True
        assert told(house) == []
    assert told(house) == [f"mornings/2027-01-04/{CODE}/alert/coordinator:k1"]


def test_what_cannot_be_told_holds_back_no_morning(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with kept_round(house, at(MONDAY)):
        pass
    poison(house.database, "notice", "NEW.kind = 'alert'")
    with kept_round(house, at(WEDNESDAY)):
        pass
    [failure] = [one for one in caplog.records if one.getMessage() == "missed mornings cannot be told"]
    assert failure.facts == {"problem": "IntegrityError"}  # type: ignore[attr-defined]
    assert len(kept(house)) == 2


def test_a_database_in_trouble_is_not_passed_over(house: House) -> None:
    with house.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE morning_run RENAME TO morning_run_gone")
    with pytest.raises(Exception, match="morning_run"):
        tell_missed(house, at(WEDNESDAY))


def test_a_moment_ahead_of_the_clock_ends_no_morning_before_it_began(house: House) -> None:
    with kept_morning(house, ROUND, at(WEDNESDAY)):
        pass
    with house.database.reading() as session:
        [row] = session.exec(select(MorningRun)).all()
    assert (row.day, row.began_at, row.ended_at) == (WEDNESDAY, at(WEDNESDAY), at(WEDNESDAY))
