"""The breaker over the outbox: a mass beyond the plan waits for a person's word, the plan's own mails never do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlmodel import col, select

from actions.health import ailments
from models import Hold, Notice
from models.session import Database
from notifications import breaker, holds
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.messages import rehearsed
from notifications.outbox import Pace
from notifications.smtp import Sender
from notifications.why import why
from runtime.clock import Clock
from tests.moulds import built_once
from tests.notifications.post_office import NOW, after, channel, notice, put, statuses
from tests.world import add_cooperative, at, open_world

LATE = date(2026, 12, 22)
"""Promised on 4 January: far beyond its own day."""


def post(database: Database, mailer: MemoryMailer | None = None) -> Post:
    sender = Sender("m@odco.example", "M")
    return Post(database, mailer or MemoryMailer(), sender, Pace(), Clock(NOW).now, compose=rehearsed)


def beyond(database: Database, count: int, **more: object) -> list[str]:
    """Promise mails of changed dates that nobody has approved."""
    return put(database, count, kind="date_changed", **more)


def open_now(database: Database) -> list[tuple[str, int, str]]:
    with database.reading() as session:
        return [(one.cause, one.size, one.by) for one in holds.open_holds(session)]


def release(database: Database, later: timedelta = timedelta()) -> None:
    with database.transaction() as session:
        holds.release(session, by="amal", now=NOW + later)


def test_fifty_beyond_the_plan_leave(database: Database) -> None:
    beyond(database, 50)
    assert deliver(post(database)) == Counter(accepted=50)
    assert open_now(database) == []


def test_fifty_one_are_held_before_the_first_leaves(database: Database) -> None:
    beyond(database, 51)
    mailer = MemoryMailer()
    assert (deliver(post(database, mailer)), mailer.sent) == (Counter(), [])
    assert open_now(database) == [("breaker", 51, "engine")]
    assert {status for status, _ in statuses(database)} == {"pending"}


def test_six_hundred_welcomes_on_the_start_day_leave(database: Database) -> None:
    put(database, 600)
    assert deliver(post(database)) == Counter(accepted=600)
    assert open_now(database) == []


def test_a_tenth_of_the_enrolments_leaves_where_that_is_more(database: Database) -> None:
    enrolled(database, 520)
    beyond(database, 52)
    assert deliver(post(database)) == Counter(accepted=52)
    put(database, 1, kind="date_changed", key="SM/900/date_changed", recipient="cooperative:SM/900")
    assert deliver(post(database)) == Counter()
    assert open_now(database) == [("breaker", 53, "engine")]


@built_once
def enrolled(database: Database, count: int) -> None:
    open_world(database, cooperatives=0)
    with database.transaction() as session:
        from actions.cohorts import cohort_of

        cohort = cohort_of(session, "SM-2027")
        for rank in range(1, count + 1):
            add_cooperative(session, cohort, rank, email=None).status = "active"


def test_what_a_person_has_approved_leaves_however_many(database: Database) -> None:
    beyond(database, 400, approved_by="k1")
    assert deliver(post(database)) == Counter(accepted=400)


def test_late_promises_count_and_late_sendings_do_not(database: Database) -> None:
    put(database, 51, kind="certificate", due_on=LATE)
    assert deliver(post(database)) == Counter()
    assert open_now(database) == [("breaker", 51, "engine")]


def test_what_was_promised_in_time_and_waited_for_the_server_leaves(database: Database) -> None:
    put(database, 60, kind="certificate", due_on=LATE, promised_at=at(LATE))
    assert deliver(post(database)) == Counter(accepted=60)


def test_drop_by_drop_is_counted_over_the_day(database: Database) -> None:
    tallies = []
    for hour in range(3):
        drop(database, hour, 20)
        tallies.append(deliver(after(post(database), hours=hour)))
    assert tallies == [Counter(accepted=20), Counter(accepted=20), Counter()]
    assert open_now(database) == [("breaker", 60, "engine")]


def drop(database: Database, number: int, count: int) -> None:
    with database.transaction() as session:
        for one in range(count):
            session.add(a_change(f"SM/{number}{one:03d}/date_changed"))


def a_change(key: str) -> Notice:
    from tests.notifications.post_office import a_notice

    return a_notice(
        1, key, "date_changed", "fr", {"recipient": f"cooperative:{key}", "address": f"{key[3:7]}@x.example"}
    )


def test_another_day_counts_anew(database: Database) -> None:
    for day in range(3):
        drop(database, day, 50)
        assert deliver(after(post(database), days=day)) == Counter(accepted=50)
    assert open_now(database) == []


def test_mass_that_comes_while_others_leave_is_held_all_the_same(database: Database) -> None:
    beyond(database, 50)

    class Busy(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            if not self.sent:
                drop(database, 9, 30)
            return super().send(address, body)

    mailer = Busy()
    deliver(post(database, mailer))
    assert len(mailer.sent) == 50
    assert open_now(database) == [("breaker", 80, "engine")]
    state = channel(database)
    assert state is not None
    assert (state.beyond_on, state.beyond) == (date(2027, 1, 4), 50)


def test_server_that_is_away_is_no_mass(database: Database) -> None:
    beyond(database, 40)

    class Gone(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            return Answer("away", None, "gone")

    for hour in range(5):
        assert deliver(after(post(database, Gone()), hours=hour)) == Counter(away=1)
    assert deliver(after(post(database), hours=6)) == Counter(accepted=40)
    assert open_now(database) == []


def test_released_mass_leaves_and_does_not_trip_again(database: Database) -> None:
    beyond(database, 120)
    deliver(post(database))
    release(database)
    assert deliver(post(database)) == Counter(accepted=120)
    drop(database, 1, 50)
    assert deliver(post(database)) == Counter(accepted=50)
    drop(database, 2, 1)
    assert deliver(post(database)) == Counter()
    assert open_now(database) == [("breaker", 51, "engine")]
    with database.reading() as session:
        first = session.exec(select(Hold).order_by(col(Hold.id))).first()
    assert first is not None
    assert (first.released_by, first.released_at, first.size) == ("amal", NOW, 120)


def test_released_late_still_says_nothing_of_a_past_date(database: Database) -> None:
    """The changed dates are of 5 and 19 March: a person lets go on the 10th, and on the 22nd."""
    keys = beyond(database, 60)
    deliver(post(database))
    release(database, timedelta(days=77))
    assert deliver(after(post(database), days=77)) == Counter()
    stands = notice(database, keys[0])
    assert (stands.status, stands.reason) == ("skipped", "late after a hold: its date is past")


def test_held_mail_is_written_down_when_its_date_has_passed_though_nobody_let_go(database: Database) -> None:
    beyond(database, 60)
    deliver(post(database))
    deliver(after(post(database), days=77))
    assert set(statuses(database)) == {("skipped", "late after a hold: its date is past")}
    assert open_now(database) == [("breaker", 60, "engine")]


def test_held_notice_and_health_say_why_and_what_to_do(database: Database) -> None:
    [key, *_] = beyond(database, 51)
    deliver(post(database))
    with database.reading() as session:
        [held] = holds.open_holds(session)
        told = str(why(notice(database, key), held))
        ill = [str(one) for one in ailments(session, NOW + timedelta(days=3))]
    assert told == (
        "a change of date for Mme Exemple (Coopérative Exemple Souss), due 2027-01-04, is held by the "
        "breaker since 2027-01-04 09:00: "
        "51 mails beyond the plan; release with `mourafaka sending release`"
    )
    assert ill == [
        (
            "Mail is held by the breaker since 2027-01-04 09:00: 51 mails beyond the plan; "
            "look with `mourafaka sending`, release with `mourafaka sending release`."
        )
    ]


def test_two_senders_that_meet_one_mass_leave_one_hold(database: Database) -> None:
    beyond(database, 51)
    both = Barrier(2)

    def meet(one: Database) -> None:
        both.wait()
        breaker.holds_mass(one, NOW)

    databases = [database, Database(database.url)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(meet, databases))
    databases[1].close()
    assert open_now(database) == [("breaker", 51, "engine")]


def test_rehearsal_is_not_held(database: Database) -> None:
    beyond(database, 51)
    assert deliver(replace(post(database), breaker=False)) == Counter(accepted=51)


@pytest.mark.parametrize("waiting", [0, 50])
def test_idle_look_asks_little(database: Database, waiting: int) -> None:
    from tests.world import statements

    beyond(database, waiting)
    with statements(database) as seen:
        breaker.holds_mass(database, NOW)
    assert questions(seen) <= 3


def questions(seen: Sequence[str]) -> int:
    return sum(one.startswith("SELECT") for one in seen)
