"""Nothing leaves on a Sunday, a holiday or outside the hours, whatever kept it waiting until then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.hours import Hours
from notifications.outbox import Pace, claim
from notifications.smtp import Sender
from programme.calendar import Calendar, SendHours
from programme.civil import instant_of, wall
from runtime.clock import Clock
from tests.notifications.post_office import (
    ANYONE,
    DROP_LOST,
    PostOffice,
    change,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    statuses,
)

USUAL = Hours({}, Calendar())
SATURDAY, SUNDAY, MONDAY = date(2027, 1, 9), date(2027, 1, 10), date(2027, 1, 11)
TUESDAY = date(2027, 1, 12)
"""Monday 11 January is a holiday: the independence manifesto."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return instant_of(day, time(hour, minute))


def at_hour(post: Post, moment: datetime) -> Post:
    return replace(post, now=Clock(moment).now, hours=lambda _session: USUAL)


def memory(database: Database, moment: datetime) -> tuple[Post, MemoryMailer]:
    mailer = MemoryMailer()
    post = Post(database, mailer, Sender("m@odco.example", "M"), Pace(), Clock(moment).now)
    return at_hour(post, moment), mailer


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (at(SATURDAY, 9), at(SATURDAY, 9)),
        (at(SATURDAY, 16, 59), at(SATURDAY, 16, 59)),
        (at(SATURDAY, 17), at(TUESDAY, 9)),
        (at(SATURDAY, 8, 59), at(SATURDAY, 9)),
        (at(SUNDAY, 12), at(TUESDAY, 9)),
        (at(MONDAY, 12), at(TUESDAY, 9)),
    ],
)
def test_what_waits_leaves_at_the_next_opening_and_not_before(
    database: Database, moment: datetime, opening: datetime
) -> None:
    put(database, 30)
    post, mailer = memory(database, moment)
    deliver(post)
    assert len(mailer.sent) == (30 if opening == moment else 0)
    if opening > moment:
        waits = [notice(database, f"SM/{number:03d}/welcome") for number in (1, 30)]
        assert [(one.send_at, one.attempts) for one in waits] == [(opening, 0)] * 2
        assert deliver(at_hour(post, opening)) == Counter(accepted=30)


def test_refusal_for_now_at_closing_time_is_tried_the_next_morning(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    office.at_rcpt[ANYONE] = iter(["451 later"])
    post = at_hour(post_of(database, office), at(SATURDAY, 16, 59))
    assert deliver(post) == Counter(deferred=1)
    assert notice(database, key).send_at == at(TUESDAY, 9)
    assert deliver(at_hour(post, at(SATURDAY, 18))) == Counter()
    assert deliver(at_hour(post, at(TUESDAY, 9))) == Counter(accepted=1)


def test_doubt_at_closing_time_is_repeated_the_next_morning(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    office.at_data[ANYONE] = iter([DROP_LOST])
    post = at_hour(post_of(database, office), at(SATURDAY, 16, 59) + timedelta(seconds=30))
    assert deliver(post) == Counter(doubt=1)
    assert notice(database, key).send_at == at(TUESDAY, 9)
    assert deliver(at_hour(post, at(TUESDAY, 9))) == Counter(accepted=1)


def test_server_that_comes_back_in_the_night_gets_nothing_before_the_morning(
    database: Database, office: PostOffice
) -> None:
    put(database, 3)
    office.close()
    post = at_hour(post_of(database, office), at(SATURDAY, 16))
    assert deliver(post) == Counter(away=1)
    office.open()
    for moment in (at(SATURDAY, 20), at(SUNDAY, 10), at(MONDAY, 10)):
        assert deliver(at_hour(post, moment)) == Counter()
    assert deliver(at_hour(post, at(TUESDAY, 9))) == Counter(accepted=3)


def test_dead_senders_mail_is_not_taken_up_in_the_night(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    with database.transaction() as session:
        claim(session, now=at(SATURDAY, 16, 58), pace=Pace(), limit=1)
    post = at_hour(post_of(database, office), at(SATURDAY, 20))
    assert deliver(post) == Counter()
    assert (notice(database, key).status, notice(database, key).send_at) == ("pending", at(TUESDAY, 9))
    assert deliver(at_hour(post, at(TUESDAY, 9))) == Counter(accepted=1)


def test_batch_that_is_slow_stops_when_the_hours_are_over(database: Database) -> None:
    put(database, 5)
    clock = Clock(at(SATURDAY, 16, 58))

    class Slow(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            clock.move_to(clock.now() + timedelta(minutes=1))
            return super().send(address, body)

    post, _ = memory(database, clock.now())
    assert deliver(replace(post, mailer=Slow(), now=clock.now)) == Counter(accepted=2)
    assert [status for status, _ in statuses(database)] == ["sent", "sent", "pending", "pending", "pending"]
    assert notice(database, "SM/005/welcome").send_at == at(TUESDAY, 9)


def test_proclaimed_holiday_keeps_a_retry_back(database: Database, office: PostOffice) -> None:
    put(database)
    office.at_rcpt[ANYONE] = repeat("451 later")
    proclaimed = Hours({}, Calendar({TUESDAY: "Aïd"}))
    post = replace(post_of(database, office), now=Clock(at(SATURDAY, 16, 59)).now, hours=lambda _session: proclaimed)
    deliver(post)
    assert notice(database, "SM/001/welcome").send_at == at(date(2027, 1, 13), 9)


def test_each_cohort_has_its_programmes_hours(database: Database) -> None:
    from tests.world import open_world

    open_world(database, cooperatives=0)
    put(database, 2)
    change(database, "SM/002/welcome", cohort_id=1)
    early = Hours({1: SendHours(time(7), time(12))}, Calendar())
    post, mailer = memory(database, at(SATURDAY, 8))
    deliver(replace(post, hours=lambda _session: early))
    assert [address for address, _ in mailer.sent] == ["coop2@coop.example"]


@given(st.datetimes(datetime(2026, 6, 1), datetime(2029, 6, 1)))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_opening_is_open_and_the_first(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    opening = USUAL.opening(None, moment)
    assert opening >= moment
    assert SendHours().allow(wall(opening), Calendar())
    assert opening == moment or wall(opening).time() == time(9)
