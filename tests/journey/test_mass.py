"""A whole cohort's mass mailings: what the plan brings leaves, what comes from elsewhere waits for a person's word."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from actions.holidays import add_holiday
from actions.sending import discard_beyond, opening_hours, release_sending, standing
from models import Notice
from models.session import Database
from notifications import holds
from notifications.answers import Answer, Mailer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.catching_up import PAST
from programme.civil import civil_day
from tests.moulds import built_once
from tests.world import CODE, at, morning, open_followed

START = date(2027, 1, 4)
WRONG = date(2027, 6, 14)
"""What the machine believes to be today, five months too late."""
COOPERATIVES = 60


class Away:
    """A mail server that nobody reaches."""

    def send(self, address: str, body: bytes) -> Answer:
        return Answer("away", None, "no route to host")

    def close(self) -> None:
        pass


def send(database: Database, day: date, hour: int = 9, mailer: Mailer | None = None) -> Counter[str]:
    sender = Sender("programme@odco.example", "Mourafaka")
    return deliver(Post(database, mailer or MemoryMailer(), sender, Pace(), lambda: at(day, hour), hours=opening_hours))


def held(database: Database) -> list[str]:
    with database.reading() as session:
        return [one.cause for one in holds.open_holds(session)]


def to_cooperatives(database: Database, status: str) -> list[Notice]:
    with database.reading() as session:
        rows = session.exec(
            select(Notice).where(
                Notice.status == status, Notice.channel == "email", col(Notice.recipient).startswith("cooperative:")
            )
        )
        return list(rows)


@pytest.fixture
@built_once
def launched(database: Database) -> Database:
    """Sixty cooperatives, welcomed on their start day, and their first fortnight."""
    open_followed(database, cooperatives=COOPERATIVES)
    morning(database, START)
    assert send(database, START)["accepted"] > COOPERATIVES
    assert held(database) == []
    return database


@pytest.mark.slow
def test_clock_that_jumped_is_stopped_before_anybody_hears(launched: Database) -> None:
    before = len(to_cooperatives(launched, "sent"))
    morning(launched, WRONG)
    assert send(launched, WRONG) == Counter()
    assert (held(launched), len(to_cooperatives(launched, "sent"))) == (["breaker"], before)
    with launched.transaction() as session:
        stands = standing(session, now=at(WRONG, 9))
        assert (stands.allowed, stands.left_beyond) == (50, 0)
        assert stands.beyond > 50
        assert discard_beyond(session, reason="the clock was wrong", by="amal", now=at(WRONG, 9)) == stands.beyond
        release_sending(session, by="amal", now=at(WRONG, 9))
        assert standing(session, now=at(WRONG, 9)).beyond == 0
    taken_back = {one.reason for one in to_cooperatives(launched, "cancelled")}
    assert "discarded by amal: the clock was wrong" in taken_back


@pytest.mark.slow
def test_released_catch_up_is_polite_and_asks_no_second_time(launched: Database) -> None:
    morning(launched, WRONG)
    send(launched, WRONG)
    with launched.transaction() as session:
        waiting = standing(session, now=at(WRONG, 9)).waiting
        release_sending(session, by="amal", now=at(WRONG, 9))
    assert send(launched, WRONG) == Counter(accepted=waiting)
    today = [one for one in to_cooperatives(launched, "sent") if one.sent_at and civil_day(one.sent_at) == WRONG]
    assert max(Counter((one.recipient, one.kind) for one in today).values()) == 1
    assert max(Counter(one.recipient for one in today).values()) <= 3
    assert (held(launched), send(launched, WRONG, 10)) == ([], Counter())


@pytest.mark.slow
def test_proclaimed_holiday_was_approved_with_its_count_and_leaves(launched: Database) -> None:
    """The invitation to the visits of Monday 25 January has left: that day is proclaimed a holiday."""
    for number in range(1, 14):
        morning(launched, START + timedelta(days=number))
        send(launched, START + timedelta(days=number))
    proclaimed, today = date(2027, 1, 25), date(2027, 1, 18)
    with launched.transaction() as session:
        shown = add_holiday(session, on=proclaimed, name="Aïd", by="k1", now=at(today, 10))
        add_holiday(session, on=proclaimed, name="Aïd", by="k1", now=at(today, 10), approve=shown.digest)
    changed = [one for one in shown.added if one.kind == "date_changed" and one.to.startswith("cooperative")]
    assert len(changed) > 50
    assert send(launched, today, 11)["accepted"] >= len(changed)
    told = [one for one in to_cooperatives(launched, "sent") if one.kind == "date_changed"]
    assert ({one.approved_by for one in told}, held(launched)) == ({"k1"}, [])


@pytest.mark.slow
def test_mail_server_that_is_away_for_45_days_is_caught_up_with_politely(database: Database) -> None:
    """Mornings go on and promise; nobody asks for a word, for all was promised on its own day."""
    open_followed(database, cooperatives=3, without_email=(3,))
    first, back = date(2027, 2, 12), date(2027, 3, 29)
    for number in range((back - START).days):
        day = START + timedelta(days=number)
        morning(database, day)
        send(database, day, mailer=Away() if day > first else None)
    morning(database, back)
    send(database, back)
    told = [
        one
        for one in [*to_cooperatives(database, "sent"), *staffs(database)]
        if one.sent_at and civil_day(one.sent_at) == back
    ]
    assert max(Counter((one.recipient, one.kind) for one in told).values()) == 1
    assert max(Counter(one.recipient for one in told).values()) <= 3
    assert {one.recipient for one in told} >= {f"cooperative:{CODE}/001", "coach:c1", "coordinator:k1"}
    assert PAST in {one.reason for one in to_cooperatives(database, "skipped")}
    assert held(database) == []


def staffs(database: Database) -> list[Notice]:
    """Return the messages of the day that left."""
    with database.reading() as session:
        return list(
            session.exec(
                select(Notice).where(
                    Notice.status == "sent", Notice.channel == "email", col(Notice.kind).endswith("_digest")
                )
            )
        )


@pytest.mark.slow
def test_nothing_that_staff_should_hear_is_lost_in_an_outage(database: Database) -> None:
    """What a message of the day had gathered when it met the silence is told in the first one that leaves."""
    open_followed(database, cooperatives=1)
    for number in range(8):
        day = date(2027, 1, 18) + timedelta(days=number)
        morning(database, day)
        send(database, day, mailer=Away())
    last = date(2027, 1, 25)
    send(database, last, 11)
    with database.reading() as session:
        left = session.exec(
            select(Notice).where(Notice.channel == "digest", col(Notice.status).in_(("pending", "sending")))
        ).all()
    assert left == []
    assert Counter(one.recipient for one in staffs(database)) == {"coach:c1": 1, "coordinator:k1": 1}


def test_messages_of_the_day_that_a_hold_kept_are_told_in_one(database: Database) -> None:
    open_followed(database, cooperatives=1)
    days = [date(2027, 1, 19), date(2027, 1, 20), date(2027, 1, 21)]
    with database.transaction() as session:
        holds.hold(session, cause="person", by="amal", now=at(days[0], 8), reason="the server moves")
    for day in days:
        morning(database, day)
        assert send(database, day) == Counter()
    with database.transaction() as session:
        release_sending(session, by="amal", now=at(days[-1], 10))
    mailer = MemoryMailer()
    send(database, days[-1], 10, mailer)
    send(database, days[-1], 11, mailer)
    assert max(Counter(address for address, _ in mailer.sent if "odco" in address).values()) == 1
