"""After days without a run, and under clocks that jump: polite, nothing twice, nothing before its cause."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import col, select

from actions import history
from actions.health import ailments
from models import Enrolment, History, Notice
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.ledger import ledger_hash
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.catching_up import ENOUGH, PAST
from programme.civil import civil_day
from tests.moulds import built_once
from tests.world import CODE, at, enrolment_row, morning, notice_row, open_enrolled, open_followed, step_row, tick

SENDER = Sender("programme@odco.example", "Mourafaka")
START, DOWN = date(2027, 1, 4), date(2027, 2, 12)
BACK = date(2027, 3, 29)
"""The first morning after 45 days, from 13 February to 28 March, on which nothing ran."""


def send(database: Database, day: date, hour: int = 9) -> list[str]:
    """Empty the outbox; return the addresses that a message left for."""
    mailer = MemoryMailer()
    deliver(Post(database, mailer, SENDER, Pace(), lambda: at(day, hour)))
    return [address for address, _body in mailer.sent]


def live(database: Database, first: date, last: date) -> None:
    """Have the mornings and the sendings of some days; nobody does anything."""
    for number in range((last - first).days + 1):
        morning(database, first + timedelta(days=number))
        send(database, first + timedelta(days=number))


def told_on(database: Database, day: date) -> list[Notice]:
    """Return the messages and the calls of a day; what a message of the day holds is in it."""
    with database.reading() as session:
        rows = session.exec(select(Notice).where(col(Notice.channel) != "digest").order_by(Notice.key)).all()
    return [
        row
        for row in rows
        if (row.sent_at is not None and civil_day(row.sent_at) == day)
        or (row.channel == "call" and row.status == "pending" and civil_day(row.promised_at) == day)
    ]


def about(notice: Notice) -> str:
    return str(notice.facts.get("on") or notice.facts.get("due_on"))


@pytest.fixture
@built_once
def lived(database: Database) -> Database:
    """Three cooperatives, the last one without an address, up to the day on which everything stops."""
    open_followed(database, cooperatives=3, without_email=(3,))
    live(database, START, DOWN)
    return database


def test_after_45_days_down_everybody_hears_little(lived: Database) -> None:
    morning(lived, BACK)
    send(lived, BACK)
    told = told_on(lived, BACK)
    cooperatives = [row for row in told if row.recipient.startswith("cooperative")]
    kinds = Counter((row.recipient, row.kind) for row in told)
    assert max(kinds.values()) == 1
    assert max(Counter(row.recipient for row in cooperatives).values()) <= 3
    assert {row.recipient for row in cooperatives} == {f"cooperative:{CODE}/00{rank}" for rank in (1, 2, 3)}
    assert [row.key for row in cooperatives if row.kind != "step_late" and about(row) < BACK.isoformat()] == []


def test_after_45_days_down_the_staff_get_one_message(lived: Database) -> None:
    morning(lived, BACK)
    sent = send(lived, BACK) + send(lived, BACK, 10) + send(lived, BACK, 11)
    staff = Counter(address for address in sent if address.endswith("@odco.example"))
    assert staff == {"c1@odco.example": 1, "k1@odco.example": 1, "d1@odco.example": 1}


def test_what_is_not_said_any_more_says_why(lived: Database) -> None:
    morning(lived, BACK)
    send(lived, BACK)
    with lived.reading() as session:
        rows = session.exec(select(Notice).where(Notice.status == "skipped", col(Notice.settled_at) >= at(BACK, 0)))
        reasons = Counter(row.reason for row in rows if row.recipient.startswith("cooperative"))
    assert set(reasons) <= {"its day passed while nothing ran", PAST, ENOUGH}
    assert reasons["its day passed while nothing ran"] > 0


def test_the_days_after_are_ordinary_again(lived: Database) -> None:
    morning(lived, BACK)
    send(lived, BACK)
    first = {row.key for row in told_on(lived, BACK)}
    live(lived, BACK, BACK + timedelta(days=7))
    late = [row for row in told_on(lived, BACK) if row.key not in first]
    with lived.reading() as session:
        enough = session.exec(select(Notice).where(Notice.reason == ENOUGH)).all()
    assert late == []
    assert {civil_day(row.promised_at) for row in enough} <= {BACK}


def test_what_waited_in_the_outbox_is_sifted_before_it_leaves(database: Database) -> None:
    """The machine died between a morning and its sending; 45 days later the sender wakes before the morning."""
    open_followed(database, cooperatives=1)
    morning(database, date(2027, 1, 15))
    sent = send(database, date(2027, 3, 1))
    with database.reading() as session:
        welcome = notice_row(session, f"{CODE}/001/-/welcome/cooperative:{CODE}/001")
        visit = notice_row(session, f"{CODE}/001/diagnosis.visit/meeting-10@2027-01-25/cooperative:{CODE}/001")
        accounts = notice_row(
            session, f"{CODE}/001/legal.accounts-2026/step_reminder-14@2027-01-29/cooperative:{CODE}/001"
        )
    assert welcome.status == "sent"
    assert [(row.status, row.reason) for row in (visit, accounts)] == [("skipped", PAST), ("skipped", PAST)]
    assert sent == ["coop1@coop.example"]


def test_old_message_of_the_day_is_told_in_todays(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    morning(database, date(2027, 1, 15))
    morning(database, date(2027, 3, 1))
    sent = send(database, date(2027, 3, 1))
    with database.reading() as session:
        old = notice_row(session, "digest/coordinator:k1/2027-01-15")
        new = notice_row(session, "digest/coordinator:k1/2027-03-01")
        left = notice_row(session, f"{CODE}/001/start.coach/step_late+3@2027-01-12/coordinator:k1")
    assert sent.count("k1@odco.example") == 1
    assert (old.status, old.reason) == ("cancelled", "late after an outage: told in the message of 2027-03-01")
    assert (new.status, left.status, left.digest_id, left.facts["days"]) == ("sent", "sent", new.id, -48)


def test_message_of_today_that_has_left_is_not_followed_by_an_old_one(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    morning(database, date(2027, 1, 15))
    with database.transaction() as session:  # the sender put it off, and woke up before it did
        notice_row(session, "digest/coordinator:k1/2027-01-15").send_at = at(date(2027, 3, 1), 10)
    morning(database, date(2027, 3, 1))
    first = send(database, date(2027, 3, 1))
    second = send(database, date(2027, 3, 1), 11)
    third = send(database, date(2027, 3, 2), 11)
    assert [sent.count("k1@odco.example") for sent in (first, second, third)] == [1, 0, 1]


def settled(database: Database) -> Counter[tuple[str, str]]:
    """Count what cooperatives were told, by kind and what it is about."""
    with database.reading() as session:
        rows = session.exec(select(Notice).where(col(Notice.status) == "sent"))
        return Counter((row.recipient, row.key) for row in rows if row.recipient.startswith("cooperative"))


@pytest.mark.parametrize("gone", [(date(2027, 1, 15),), (date(2027, 1, 15), date(2027, 1, 16), date(2027, 1, 17))])
def test_a_day_without_a_run_loses_nothing(database: Database, gone: tuple[date, ...]) -> None:
    """Friday 15 January has the invitation to the visit and the reminder of the accounts; a week-end follows."""
    open_followed(database, cooperatives=1)
    for number in range(21):
        day = START + timedelta(days=number)
        if day not in gone:
            morning(database, day)
            send(database, day)
    assert settled(database) == {
        (f"cooperative:{CODE}/001", f"{CODE}/001/{about}/cooperative:{CODE}/001"): 1
        for about in (
            "-/welcome",
            "diagnosis.visit/meeting-10@2027-01-25",
            "legal.accounts-2026/step_reminder-14@2027-01-29",
            "diagnosis.visit/meeting-2@2027-01-25",
        )
    }


def test_half_an_hour_without_a_run_loses_nothing(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    morning(database, START)
    with database.reading() as session:
        before = ledger_hash(session.exec(select(Notice)))
    deliver(Post(database, MemoryMailer(), SENDER, Pace(), lambda: at(START, 9) + timedelta(minutes=30)))
    with database.reading() as session:
        rows = session.exec(select(Notice)).all()
        assert {row.status for row in rows if row.send_at <= at(START, 10)} == {"sent"}
        assert ledger_hash(rows) != before


def instants(database: Database) -> list[datetime]:
    with database.reading() as session:
        return list(session.exec(select(History.at).order_by(col(History.id))))


def test_clock_that_jumps_back_sends_nothing_twice(database: Database) -> None:
    open_followed(database, cooperatives=2, without_email=(2,))
    live(database, START, date(2027, 1, 25))
    with database.reading() as session:
        before = ledger_hash(session.exec(select(Notice)))
    again: list[str] = []
    for day in (date(2026, 12, 20), date(2027, 1, 4), date(2027, 1, 15), date(2027, 1, 25)):
        morning(database, day)
        again += send(database, day)
    with database.reading() as session:
        assert ledger_hash(session.exec(select(Notice))) == before
    assert again == []


def test_clock_that_jumps_forward_and_comes_back_sends_nothing_twice(database: Database) -> None:
    open_followed(database, cooperatives=1)
    live(database, START, date(2027, 1, 13))
    morning(database, date(2027, 6, 14))
    send(database, date(2027, 6, 14))
    live(database, date(2027, 1, 14), date(2027, 1, 29))
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.status == "sent")).all()
        said = Counter((row.recipient, row.kind, row.step_id, about(row)) for row in rows if row.step_id)
    ahead = [row for row in told_on(database, date(2027, 6, 14)) if row.recipient.startswith("cooperative")]
    assert {count for (_to, kind, *_rest), count in said.items() if kind != "step_reminder"} == {1}
    assert 1 <= len(ahead) == len({row.kind for row in ahead}) <= 3
    assert len({row.message_id for row in rows if row.message_id}) == sum(bool(row.message_id) for row in rows)


def test_history_never_stands_before_its_cause(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    morning(database, date(2027, 1, 18))
    tick(database, "start.coach", date(2027, 1, 18))
    tick(database, "start.convention", date(2027, 1, 5))
    assert instants(database) == sorted(instants(database))
    assert instants(database)[-2:] == [at(date(2027, 1, 18), 15)] * 2


def test_history_asks_for_the_last_line_once_in_a_session(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    with database.transaction() as session:
        enrolment = enrolment_row(session)
        for hour in (12, 10, 14):
            history.record(session, enrolment, "moved", by="k1", now=at(date(2027, 1, 18), hour))
    assert instants(database)[-3:] == [at(date(2027, 1, 18), hour) for hour in (12, 12, 14)]


def test_health_says_that_the_clock_is_behind(database: Database) -> None:
    open_enrolled(database, cooperatives=1)
    morning(database, date(2027, 1, 18))
    send(database, date(2027, 1, 18))
    with database.reading() as session:
        said = [str(one) for one in ailments(session, at(date(2027, 1, 17), 8))]
        ahead = [str(one) for one in ailments(session, at(date(2027, 1, 18), 9))]
    assert said == [
        (
            "The machine's clock says 2027-01-17 08:00, before what is recorded (2027-01-18 08:00): "
            "set it right; nothing is sent twice."
        )
    ]
    assert ahead == []


def test_step_done_meanwhile_is_not_spoken_of(lived: Database) -> None:
    tick(lived, "diagnosis.visit", DOWN)
    morning(lived, BACK)
    with lived.reading() as session:
        visit = step_row(session, "diagnosis.visit")
        rows = session.exec(select(Notice).where(Notice.step_id == visit.id, col(Notice.promised_at) >= at(BACK, 0)))
        assert list(rows) == []
        assert session.exec(select(Enrolment.status).where(Enrolment.code == f"{CODE}/001")).one() == "active"
