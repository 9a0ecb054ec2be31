"""A person's word on the sending: hold, look, release, discard."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from actions.health import ailments
from actions.sending import (
    Waiting,
    discard_beyond,
    hold_sending,
    opening_hours,
    release_sending,
    standing,
)
from models.session import Database
from notifications import holds
from notifications.why import why
from programme.errors import Refusal
from programme.sending_errors import AlreadyOnHold, HoldNeedsReason, NothingBeyond, NothingOnHold
from tests.notifications.post_office import NOW, bodies, change, notice, put, statuses
from tests.world import at, open_world


def hold(database: Database, reason: str = "the server moves") -> None:
    with database.transaction() as session:
        hold_sending(session, reason=reason, by="amal", now=NOW)


def test_hold_needs_a_reason_and_is_set_once(database: Database) -> None:
    with pytest.raises(HoldNeedsReason):
        hold(database, "  ")
    hold(database)
    with pytest.raises(AlreadyOnHold, match=r"on hold already, by amal since 2027-01-04 \(the server moves\)"):
        hold(database, "another")


def test_release_and_discard_refuse_where_there_is_nothing(database: Database) -> None:
    put(database, 3)
    refusals: list[type[Refusal]] = []
    with database.transaction() as session:
        for verb in (
            lambda: release_sending(session, by="amal", now=NOW),
            lambda: discard_beyond(session, reason="a mistake", by="amal", now=NOW),
            lambda: discard_beyond(session, reason="", by="amal", now=NOW),
        ):
            with pytest.raises(Refusal) as refusal:
                verb()
            refusals.append(refusal.type)
    assert refusals == [NothingOnHold, NothingBeyond, HoldNeedsReason]


def test_standing_counts_what_would_leave_by_kind_with_the_oldest(database: Database) -> None:
    put(database, 3)
    put(database, 2, kind="certificate", due_on=date(2026, 12, 22))
    put(database, 2, kind="date_changed")
    change(database, "SM/002/date_changed", send_at=NOW + timedelta(days=1))
    with database.reading() as session:
        stands = standing(session, now=NOW)
    assert list(stands.now) == [
        Waiting("certificate", 2, date(2026, 12, 22)),
        Waiting("date_changed", 1, date(2027, 1, 4)),
        Waiting("welcome", 3, date(2027, 1, 4)),
    ]
    assert (stands.waiting, stands.later, stands.gone_by, stands.beyond, stands.allowed) == (6, 1, 0, 3, 50)


def test_standing_tells_what_is_too_late_to_leave(database: Database) -> None:
    put(database, 2, kind="meeting", due_on=date(2027, 3, 3))
    with database.reading() as session:
        stands = standing(session, now=NOW + timedelta(days=70))
    assert (stands.waiting, stands.gone_by) == (0, 2)
    assert {status for status, _ in statuses(database)} == {"pending"}


def test_release_ends_every_hold_and_keeps_who_did_it(database: Database) -> None:
    put(database, 2)
    hold(database)
    with database.transaction() as session:
        holds.hold(session, cause="restore", by="command line", now=NOW, reason="from monday.sqlite3")
        ended = release_sending(session, by="brahim", now=NOW + timedelta(hours=1))
    assert {(one.cause, one.released_by, one.released_at) for one in ended} == {
        ("person", "brahim", NOW + timedelta(hours=1)),
        ("restore", "brahim", NOW + timedelta(hours=1)),
    }
    assert {notice(database, f"SM/00{number}/welcome").approved_by for number in (1, 2)} == {"brahim"}


def test_discard_takes_back_what_is_beyond_the_plan_and_nothing_else(database: Database) -> None:
    put(database, 2)
    put(database, 3, kind="date_changed")
    hold(database)
    with database.transaction() as session:
        assert discard_beyond(session, reason="a mistake", by="amal", now=NOW) == 3
    assert Counter(statuses(database)) == {("cancelled", "discarded by amal: a mistake"): 3, ("pending", ""): 2}
    assert bodies(database) == []
    with database.reading() as session:
        assert holds.is_open(session)


def test_health_names_each_hold_first(database: Database) -> None:
    hold(database)
    with database.transaction() as session:
        holds.hold(session, cause="restore", by="command line", now=NOW, reason="from monday.sqlite3")
    with database.reading() as session:
        assert [str(one) for one in ailments(session, NOW)] == [
            "Mail is held by amal since 2027-01-04 09:00 (the server moves); release with `mourafaka sending release`.",
            (
                "Mail is held since the copy monday.sqlite3 was restored, 2027-01-04 09:00: "
                "what left after it was made would leave again; look with `mourafaka sending`, "
                "release with `mourafaka sending release`."
            ),
        ]


def test_held_notice_names_who_holds_it_and_a_call_is_not_held(database: Database) -> None:
    [key] = put(database)
    hold(database)
    with database.reading() as session:
        [held] = holds.open_holds(session)
    assert str(why(notice(database, key), held)).endswith(
        "due 2027-01-04, is held by amal since 2027-01-04 09:00 (the server moves); "
        "release with `mourafaka sending release`"
    )
    change(database, key, channel="call")
    assert "held" not in str(why(notice(database, key), held))


def test_hours_are_the_programmes_and_know_the_holidays(database: Database) -> None:
    open_world(database, cooperatives=0)
    with database.reading() as session:
        hours = opening_hours(session)
    assert hours.opening(1, at(date(2027, 1, 9), 18)) == at(date(2027, 1, 12), 9)
    assert hours.opening(None, at(date(2027, 1, 9), 16)) == at(date(2027, 1, 9), 16)
