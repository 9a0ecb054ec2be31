"""Dated contacts: mail goes to the role, and an old address gets nothing more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from actions.contacts import change_contact, correct_contact, end_contact
from actions.handing_over import redirect
from models import Contact, History, Notice, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.errors import AddressWrong, PhoneWrong, Refusal
from programme.people_errors import ContactStartsLater, NoContactThen, NothingSaidOfContact, ReadingUnknown
from tests.world import CODE, NOW, at, notice_row, open_enrolled, open_followed

ONE = f"{CODE}/001"
WELCOME = f"{ONE}/-/welcome/cooperative:{ONE}"
START, SAID = date(2027, 1, 4), date(2026, 12, 21)


def change(database: Database, on: date = START, **said: Any) -> None:
    with database.transaction() as session:
        change_contact(session, code=ONE, on=on, by="k1", now=at(SAID), **said)


def contacts(database: Database) -> list[tuple[str | None, str | None, date, date | None]]:
    with database.reading() as session:
        rows = session.exec(select(Contact).order_by(col(Contact.id)))
        return [(row.name, row.email, row.starts_on, row.ends_on) for row in rows]


def welcome(database: Database) -> Notice:
    with database.reading() as session:
        return notice_row(session, WELCOME)


def send(database: Database, day: date) -> list[str]:
    mailer = MemoryMailer()
    deliver(Post(database, mailer, Sender("m@odco.example", "M"), Pace(), lambda: at(day, 9), pass_on=redirect))
    return [address for address, _ in mailer.sent]


def test_change_is_dated_and_what_is_not_said_stays(database: Database) -> None:
    open_enrolled(database)
    change(database, name="Nouvelle", email="NEW@coop.example")
    assert contacts(database) == [
        ("Présidence 1", "coop1@coop.example", NOW.date(), date(2027, 1, 3)),
        ("Nouvelle", "new@coop.example", START, None),
    ]
    with database.reading() as session:
        new = session.exec(select(Contact).order_by(col(Contact.id).desc())).first()
        line = session.exec(select(History).where(History.verb == "contact changed")).one()
    assert new is not None
    assert (new.phone, new.language) == ("+212528001001", "fr")
    assert (line.detail["before"]["email"], line.detail["after"]["email"], line.detail["on"]) == (
        "coop1@coop.example",
        "new@coop.example",
        "2027-01-04",
    )


def test_promise_is_renewed_in_place_for_the_contact_of_its_day(database: Database) -> None:
    open_enrolled(database)
    before = welcome(database)
    change(database, name="الرئيسة", email="new@coop.example", language="ar")
    after = welcome(database)
    assert (after.id, after.message_id, after.status, after.send_at) == (
        before.id,
        before.message_id,
        "pending",
        before.send_at,
    )
    assert (after.address, after.language, after.facts["recipient"], after.facts["cooperative"]) == (
        "new@coop.example",
        "ar",
        "الرئيسة",
        "تعاونية 1",
    )
    assert send(database, START) == ["new@coop.example"]


def test_promise_that_leaves_before_the_change_is_left_alone(database: Database) -> None:
    open_enrolled(database)
    change(database, on=date(2027, 1, 5), email="new@coop.example")
    assert welcome(database).address == "coop1@coop.example"
    assert send(database, START) == ["coop1@coop.example"]


def test_address_that_is_taken_away_becomes_a_call(database: Database) -> None:
    open_followed(database)
    change(database, email="", phone="0661000001")
    after = welcome(database)
    with database.reading() as session:
        call = session.exec(select(Step).where(Step.kind == "call")).one()
        told = notice_row(session, f"{ONE}/{call.key}/call/coach:c1")
    assert (after.channel, after.address, after.status) == ("call", None, "pending")
    assert (call.owner, call.status, told.facts["cooperative_phone"]) == ("coach", "open", "+212661000001")
    assert send(database, START) == ["c1@odco.example"]


def test_address_that_comes_takes_the_call_back(database: Database) -> None:
    open_enrolled(database, without_email=(1,))
    change(database, on=SAID, email="new@coop.example")
    with database.reading() as session:
        call = session.exec(select(Step).where(Step.kind == "call")).one()
        told = session.exec(select(Notice).where(Notice.kind == "call")).one()
    assert (call.status, told.status, told.reason) == ("not_required", "cancelled", "the contact changes on 2026-12-21")
    assert (welcome(database).channel, welcome(database).address) == ("email", "new@coop.example")
    assert send(database, START) == ["new@coop.example"]


def test_call_lives_again_when_the_address_goes_again(database: Database) -> None:
    open_enrolled(database, without_email=(1,))
    change(database, on=SAID, email="new@coop.example")
    change(database, on=SAID, email="")
    with database.reading() as session:
        [call] = session.exec(select(Step).where(Step.kind == "call")).all()
        [told] = session.exec(select(Notice).where(Notice.kind == "call")).all()
    assert (call.status, told.status, welcome(database).channel) == ("open", "pending", "call")


def test_second_change_of_a_day_replaces_the_first(database: Database) -> None:
    open_enrolled(database)
    change(database, email="first@coop.example")
    change(database, email="second@coop.example")
    assert [row[1:] for row in contacts(database)] == [
        ("coop1@coop.example", NOW.date(), date(2027, 1, 3)),
        ("first@coop.example", START, date(2027, 1, 3)),
        ("second@coop.example", START, None),
    ]
    assert welcome(database).address == "second@coop.example"


def test_ended_contact_hears_up_to_the_last_day_and_the_coach_calls_after(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        end_contact(session, code=ONE, on=date(2027, 1, 3), by="k1", now=at(SAID), reason="démission")
    assert contacts(database) == [("Présidence 1", "coop1@coop.example", NOW.date(), date(2027, 1, 3))]
    assert (welcome(database).channel, welcome(database).address) == ("call", None)
    assert "coop1@coop.example" not in send(database, START)


def test_contact_who_comes_after_a_gap_keeps_what_is_known(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        end_contact(session, code=ONE, on=date(2026, 12, 25), by="k1", now=at(SAID))
    change(database, name="Nouvelle", email="new@coop.example")
    assert contacts(database)[-1] == ("Nouvelle", "new@coop.example", START, None)
    assert welcome(database).address == "new@coop.example"


def test_corrected_address_is_written_to_again(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        session.exec(select(Contact)).one().bad_address_at = NOW
        correct_contact(session, code=ONE, email="coop1.bis@coop.example", by="k1", now=at(SAID), reason="faute")
    with database.reading() as session:
        row = session.exec(select(Contact)).one()
    assert (row.email, row.bad_address_at, row.ends_on) == ("coop1.bis@coop.example", None, None)
    assert welcome(database).address == "coop1.bis@coop.example"


def test_refused_address_stays_refused_when_something_else_changes(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        session.exec(select(Contact)).one().bad_address_at = NOW
    change(database, name="Nouvelle")
    with database.reading() as session:
        rows = session.exec(select(Contact).order_by(col(Contact.id))).all()
    assert [row.bad_address_at for row in rows] == [NOW, NOW]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({}, NothingSaidOfContact),
        ({"email": "nobody"}, AddressWrong),
        ({"phone": "12"}, PhoneWrong),
        ({"language": "en"}, ReadingUnknown),
        ({"name": "X", "on": date(2026, 12, 1)}, ContactStartsLater),
    ],
)
def test_change_that_cannot_be_is_refused(database: Database, said: dict[str, Any], refusal: type[Refusal]) -> None:
    open_enrolled(database)
    with pytest.raises(refusal):
        change(database, **said)
    assert len(contacts(database)) == 1


def test_nobody_s_contact_does_not_end(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(NoContactThen, match="has no contact on 2026-12-01"), database.transaction() as session:
        end_contact(session, code=ONE, on=date(2026, 12, 1), by="k1", now=at(SAID))
