"""Signs of life: leases that are renewed, lapse, and are given free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from actions import leases
from actions.leases import Lapsed
from actions.morning import take_lease
from models import Lease
from models.session import Database
from programme.errors import MorningBusy

NOW = datetime(2027, 1, 4, 8, tzinfo=UTC)
LASTS = timedelta(minutes=5)
RUN = "0a1b2c3d-0000-4000-8000-000000000001"


def _take(database: Database, name: str, holder: str, now: datetime = NOW) -> None:
    take_lease(database, name, holder=holder, now=now, lasts=LASTS)


def _until(database: Database) -> dict[str, datetime]:
    with database.reading() as session:
        return {row.name: row.until for row in session.exec(select(Lease))}


def _lapsed(database: Database, now: datetime, dead: tuple[str, ...] = ()) -> list[Lapsed]:
    with database.reading() as session:
        return leases.lapsed(session, now=now, is_dead=lambda holder: holder in dead)


def test_a_renewed_lease_keeps_others_out_for_another_while(database: Database) -> None:
    _take(database, "morning:SM-2027", "a")
    later = NOW + timedelta(minutes=4)
    assert leases.renew(database, "morning:SM-2027", holder="a", now=later, lasts=LASTS)
    with pytest.raises(MorningBusy):
        _take(database, "morning:SM-2027", "b", NOW + timedelta(minutes=8))
    _take(database, "morning:SM-2027", "b", NOW + timedelta(minutes=9))


def test_a_lease_that_somebody_else_took_cannot_be_renewed(database: Database) -> None:
    _take(database, "morning:SM-2027", "a")
    later = NOW + timedelta(minutes=6)
    _take(database, "morning:SM-2027", "b", later)
    assert not leases.renew(database, "morning:SM-2027", holder="a", now=later, lasts=timedelta(hours=1))
    assert _until(database) == {"morning:SM-2027": later + LASTS}


def test_runs_lapse_by_time_or_by_a_dead_process_and_mornings_are_no_runs(database: Database) -> None:
    _take(database, f"run:{RUN}", "a")
    _take(database, "morning:SM-2027", "a")
    assert _lapsed(database, NOW + timedelta(minutes=4)) == []
    expected = [Lapsed(RUN, "a", NOW + LASTS)]
    assert _lapsed(database, NOW + timedelta(minutes=5)) == expected
    assert _lapsed(database, NOW, dead=("a",)) == expected


def test_the_dead_are_forgotten_and_what_they_held_is_free(database: Database) -> None:
    _take(database, f"run:{RUN}", "a")
    _take(database, "morning:SM-2027", "a", NOW + timedelta(minutes=2))
    _take(database, "morning:RSK-2027", "b", NOW + timedelta(minutes=2))
    now = NOW + timedelta(minutes=5)
    assert leases.bury(database, _lapsed(database, now), now=now) == 1
    assert _until(database) == {"morning:SM-2027": now, "morning:RSK-2027": NOW + timedelta(minutes=7)}
    _take(database, "morning:SM-2027", "c", now)


def test_who_was_thought_dead_and_gave_a_sign_of_life_keeps_what_it_has(database: Database) -> None:
    _take(database, f"run:{RUN}", "a")
    _take(database, "morning:SM-2027", "a", NOW + timedelta(minutes=2))
    now = NOW + timedelta(minutes=5)
    thought = _lapsed(database, now)
    assert leases.renew(database, f"run:{RUN}", holder="a", now=now, lasts=LASTS)
    assert leases.bury(database, thought, now=now) == 0
    assert _until(database) == {f"run:{RUN}": now + LASTS, "morning:SM-2027": NOW + timedelta(minutes=7)}


def test_a_run_that_ended_leaves_nothing(database: Database) -> None:
    _take(database, f"run:{RUN}", "a")
    leases.drop(database, f"run:{RUN}", holder="b")
    with database.reading() as session:
        assert leases.living(session) == {RUN}
    leases.drop(database, f"run:{RUN}", holder="a")
    assert _until(database) == {}
