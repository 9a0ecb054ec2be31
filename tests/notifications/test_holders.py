"""The last look before a message is made: the address of its role, on the day it leaves."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from actions.handing_over import redirect
from models import Contact, Notice, NoticeBody, Person, RoleAssignment
from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from tests.world import CODE, NOW, at, morning, notice_row, open_enrolled, open_followed, statements

ONE = f"{CODE}/001"
WELCOME = f"{ONE}/-/welcome/cooperative:{ONE}"
START = date(2027, 1, 4)


def send(database: Database, day: date, *, mailer: MemoryMailer | None = None, hour: int = 9, **more: Any) -> Any:
    mailer = mailer or MemoryMailer()
    tally = deliver(Post(database, mailer, Sender("m@odco.example", "M"), Pace(), lambda: at(day, hour), **more))
    return tally, [address for address, _ in mailer.sent]


def welcome(database: Database) -> Notice:
    with database.reading() as session:
        return notice_row(session, WELCOME)


def replace(database: Database, **new: Any) -> None:
    """Have another contact answer from the first day on, behind the back of what was promised."""
    with database.transaction() as session:
        old = session.exec(select(Contact)).one()
        old.ends_on = date(2027, 1, 3)
        values = old.model_dump(exclude={"id", "ends_on"}) | {"starts_on": START} | new
        session.add(Contact(**values))


class Busy(MemoryMailer):
    def send(self, address: str, body: bytes) -> Answer:
        return Answer("deferred", 451, "later")


def test_mail_leaves_to_the_address_of_its_day(database: Database) -> None:
    open_enrolled(database)
    replace(database, email="new@coop.example", name="الرئيسة", language="ar")
    mailer = MemoryMailer()
    assert send(database, START, mailer=mailer) == (Counter(accepted=1), ["new@coop.example"])
    after = welcome(database)
    assert (after.status, after.address, after.language) == ("sent", "new@coop.example", "ar")
    assert "To: new@coop.example" in mailer.sent[0][1].decode(errors="replace")


def test_mail_that_was_put_off_is_made_anew_for_the_address_of_its_day(database: Database) -> None:
    open_enrolled(database)
    assert send(database, START, mailer=Busy())[0] == Counter(deferred=1)
    replace(database, email="new@coop.example")
    assert send(database, START, hour=10) == (Counter(accepted=1), ["new@coop.example"])


def test_mail_that_may_have_arrived_goes_its_way(database: Database) -> None:
    open_enrolled(database)
    send(database, START, mailer=Busy())
    with database.transaction() as session:
        notice_row(session, WELCOME).doubts = 1
        frozen = session.exec(select(NoticeBody.body)).one()
    replace(database, email="new@coop.example")
    mailer = MemoryMailer()
    send(database, START, mailer=mailer, hour=10)
    assert mailer.sent == [("coop1@coop.example", frozen)]


@pytest.mark.parametrize("new", [{"email": None}, {"email": "new@coop.example", "bad_address_at": NOW}])
def test_cooperative_without_an_address_is_called(database: Database, new: dict[str, Any]) -> None:
    open_followed(database)
    replace(database, **new)
    tally, addresses = send(database, START, pass_on=redirect)
    after = welcome(database)
    assert (tally["passed on"], tally["accepted"], addresses) == (1, 1, ["c1@odco.example"])
    assert (after.status, after.channel, after.address) == ("pending", "call", None)


def test_without_a_way_to_pass_it_on_it_is_skipped_with_the_reason(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        session.exec(select(Contact)).one().ends_on = date(2027, 1, 3)
    assert send(database, START) == (Counter(skipped=1), [])
    after = welcome(database)
    assert (after.status, after.reason) == ("skipped", "nobody answers for this cooperative by mail any more")


def promised_digest(database: Database, day: date) -> list[str]:
    """The coordinator's message of a day is promised; return what it tells."""
    open_enrolled(database)
    morning(database, day)
    with database.reading() as session:
        told = session.exec(select(Notice.key).where(Notice.recipient == "coordinator:k1", Notice.channel == "digest"))
        return sorted(told)


def end_role(database: Database, on: date) -> None:
    with database.transaction() as session:
        role = session.exec(select(RoleAssignment).where(RoleAssignment.role == "coordinator")).one()
        role.ends_on = on


def test_message_of_the_day_of_a_role_that_ended_goes_to_who_holds_it_now(database: Database) -> None:
    day = date(2027, 1, 4)
    children = promised_digest(database, day)
    end_role(database, date(2027, 1, 3))
    with database.transaction() as session:
        person = Person(code="k2", name="k2", email="k2@odco.example")
        session.add(person)
        session.flush()
        session.add(RoleAssignment(person_id=person.id or 0, role="coordinator", starts_on=day))
    tally, addresses = send(database, day, pass_on=redirect)
    with database.reading() as session:
        new = session.exec(
            select(Notice.key, Notice.status).where(Notice.recipient == "coordinator:k2", Notice.channel == "digest")
        ).all()
        old = session.exec(select(Notice.status).where(col(Notice.key).in_(children))).all()
    assert children
    assert ("k1@odco.example" in addresses, "k2@odco.example" in addresses) == (False, True)
    assert sorted(new) == [(key.replace(":k1", ":k2"), "sent") for key in children]
    assert set(old) == {"cancelled"}
    assert tally["passed on"] == 1


def test_message_of_the_day_that_nobody_can_read_is_skipped_with_all_it_tells(database: Database) -> None:
    day = date(2027, 1, 4)
    children = promised_digest(database, day)
    end_role(database, date(2027, 1, 3))
    send(database, day)
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.recipient == "coordinator:k1")).all()
    assert len(rows) == len(children) + 1
    assert {(row.status, row.reason) for row in rows} == {("skipped", "k1 does not hold this role any more")}


def test_corrected_address_of_the_staff_is_used_at_once(database: Database) -> None:
    day = date(2027, 1, 4)
    promised_digest(database, day)
    with database.transaction() as session:
        session.exec(select(Person).where(Person.code == "k1")).one().email = "amal@odco.example"
    assert "amal@odco.example" in send(database, day)[1]


def test_look_costs_the_same_however_many_leave(database: Database) -> None:
    open_enrolled(database, cooperatives=20)
    with statements(database) as seen:
        send(database, START)
    looks = [one for one in seen if "JOIN contact" in one or "FROM contact" in one or "FROM cooperative" in one]
    assert len(looks) == 1
