"""People change: a coach leaves, a president is replaced, a cooperative moves to another delegation."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, col, select

from actions.access import holds_role, may_change, may_read
from actions.assign import assign_coach
from actions.coaches import leave
from actions.contacts import change_contact
from actions.handing_over import redirect
from actions.people import add_person
from actions.record import report_session
from actions.transfer import transfer
from models import CoachAssignment, Enrolment, Notice, Person, SessionReport, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.recipients import directory
from notifications.smtp import Sender
from tests.moulds import built_once
from tests.world import CODE, DELEGATION, NOW, at, enrolment_row, morning, open_enrolled, story

LEAVES = date(2027, 4, 15)


@built_once
def with_twelve(database: Database) -> None:
    """Twelve cooperatives followed by c1; c2 and c3 follow nobody yet; c1 has held a first session with one."""
    open_enrolled(database, cooperatives=12, coaches=3)
    with database.transaction() as session:
        for rank in range(1, 13):
            assign_coach(session, code=f"{CODE}/{rank:03d}", coach="c1", by="k1", now=NOW)
        day = date(2027, 4, 5)
        report_session(
            session, code=f"{CODE}/001", step="coaching.session-01", held=True, on=day, by="c1", now=at(day, 15)
        )


def live(database: Database, first: date, last: date) -> MemoryMailer:
    """Have every morning and delivery from a day to a day; return what left."""
    mailer = MemoryMailer()
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        morning(database, day)
        send(database, day, mailer)
    return mailer


def send(database: Database, day: date, mailer: MemoryMailer, hour: int = 9) -> None:
    post = Post(database, mailer, Sender("m@odco.example", "M"), Pace(), lambda: at(day, hour), pass_on=redirect)
    deliver(post)


def go(database: Database, on: date, now_on: date, **more: Any) -> dict[str, list[str]]:
    with database.transaction() as session:
        return leave(session, coach="c1", on=on, to={"c2": 7, "c3": 5}, by="k1", now=at(now_on, 10), **more)


def handovers(session: Session) -> list[Notice]:
    query = select(Notice).where(Notice.kind == "handover").order_by(Notice.key)
    return list(session.exec(query))


@pytest.mark.parametrize("said_on", [date(2027, 4, 1), LEAVES], ids=["said before", "said on the day"])
def test_coach_with_twelve_cooperatives_leaves_and_two_digests_tell_it(database: Database, said_on: date) -> None:
    with_twelve(database)
    live(database, date(2027, 3, 29), said_on)
    go(database, LEAVES, said_on)
    live(database, said_on, date(2027, 4, 30))
    with database.reading() as session:
        told = handovers(session)
        digests = {session.get_one(Notice, one.digest_id).key for one in told if one.digest_id}
        silent_from = at(LEAVES, 0) if said_on < LEAVES else at(LEAVES, 10)
        late = session.exec(
            select(Notice.key).where(Notice.recipient == "coach:c1", col(Notice.sent_at) >= silent_from)
        ).all()
    assert Counter(one.recipient for one in told) == {"coach:c2": 7, "coach:c3": 5}
    assert {one.status for one in told} == {"sent"}
    # Said at ten, it waits for the next morning, and is told in the one message of that day.
    day = "2027-04-15" if said_on < LEAVES else "2027-04-16"
    assert digests == {f"digest/coach:c2/{day}", f"digest/coach:c3/{day}"}
    assert late == []


def test_open_steps_follow_reports_stay_and_access_ends_that_day(database: Database) -> None:
    with_twelve(database)
    shares = go(database, LEAVES, LEAVES)
    assert shares == {
        "c2": [f"{CODE}/{rank:03d}" for rank in range(1, 8)],
        "c3": [f"{CODE}/{rank:03d}" for rank in range(8, 13)],
    }
    with database.reading() as session:
        first = enrolment_row(session)
        owners = set(session.exec(select(Step.owner).where(Step.enrolment_id == first.id, Step.kind == "session")))
        who = [directory(session, [first], day).find("coach", first) for day in (date(2027, 4, 14), LEAVES)]
        report = session.exec(select(SessionReport)).one()
        access = [holds_role(session, "c1", "coach", date(2027, 4, day)) for day in (15, 16)]
        assigned = session.exec(
            select(Person.code, CoachAssignment.starts_on, CoachAssignment.ends_on)
            .join(CoachAssignment)
            .where(CoachAssignment.enrolment_id == first.id)
            .order_by(col(CoachAssignment.id))
        ).all()
        last = story(session)[-1]
    assert owners == {"coach"}
    assert [one and one.code for one in who] == ["coach:c1", "coach:c2"]
    assert report.recorded_by == "c1"
    assert access == [True, False]
    assert list(assigned) == [("c1", date(2026, 12, 14), date(2027, 4, 14)), ("c2", LEAVES, None)]
    assert last == ("k1", "coach assigned", "c2")


def test_cooperatives_hear_nothing_of_it(database: Database) -> None:
    with_twelve(database)
    live(database, date(2027, 4, 5), date(2027, 4, 14))
    with database.reading() as session:
        before = len(session.exec(select(Notice).where(col(Notice.recipient).startswith("cooperative:"))).all())
    go(database, LEAVES, LEAVES)
    with database.reading() as session:
        after = len(session.exec(select(Notice).where(col(Notice.recipient).startswith("cooperative:"))).all())
    assert after == before


def test_what_had_not_left_goes_to_the_new_coach_with_the_reason(database: Database) -> None:
    with_twelve(database)
    morning(database, LEAVES)  # promised at 8:00, told at 9:00; the coach's leaving is said in between
    with database.reading() as session:
        to_c1 = select(Notice.key).where(Notice.recipient == "coach:c1", Notice.status == "pending")
        pending = set(session.exec(to_c1.where(Notice.channel == "digest")).all())
    with database.transaction() as session:
        leave(session, coach="c1", on=LEAVES, to={"c2": 7, "c3": 5}, by="k1", now=at(LEAVES, 8))
    mailer = MemoryMailer()
    send(database, LEAVES, mailer)
    with database.reading() as session:
        old = session.exec(select(Notice).where(col(Notice.key).in_(pending))).all()
        new = session.exec(select(Notice).where(col(Notice.recipient).in_(("coach:c2", "coach:c3")))).all()
    assert pending
    assert {(one.status, one.reason) for one in old} == {("cancelled", "c1 leaves on 2027-04-15")}
    expected = {key.removesuffix("coach:c1") for key in pending}
    assert expected <= {one.key.removesuffix(one.recipient) for one in new if one.status == "sent"}
    assert "c1@odco.example" not in {address for address, _ in mailer.sent}


def test_president_changes_and_mail_goes_to_the_role(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        change_contact(
            session,
            code=f"{CODE}/001",
            name="Nouvelle présidente",
            email="nouvelle@coop.example",
            on=date(2027, 1, 4),
            by="k1",
            now=at(date(2026, 12, 20)),
        )
    mailer = live(database, date(2027, 1, 4), date(2027, 2, 28))
    to_coop = {address for address, _ in mailer.sent if address.endswith("@coop.example")}
    assert to_coop == {"nouvelle@coop.example"}
    with database.reading() as session:
        keys = session.exec(select(Notice.key).where(Notice.kind == "welcome")).all()
    assert keys == [f"{CODE}/001/-/welcome/cooperative:{CODE}/001"]


def test_transfer_gives_the_new_delegation_the_future_and_leaves_the_old_one_the_past(database: Database) -> None:
    open_enrolled(database)
    moved_on = date(2027, 5, 3)
    with database.transaction() as session:
        for code, role in (("k2", "coordinator"), ("d2", "delegate"), ("n1", "coordinator")):
            where = None if code == "n1" else "meknes"
            add_person(
                session, code=code, name=code, role=role, email=f"{code}@odco.example", now=NOW, delegation=where
            )
        assign_coach(session, code=f"{CODE}/001", coach="c1", by="k1", now=NOW)
    live(database, date(2027, 4, 26), date(2027, 5, 2))
    with database.transaction() as session:
        transfer(session, code=f"{CODE}/001", delegation="meknes", on=moved_on, by="n1", now=at(moved_on, 10))
        row = session.exec(select(Enrolment)).one()
        writes = {code: may_change(session, code, row, moved_on) for code in ("k1", "d1", "k2", "d2", "n1")}
        reads = [may_read(session, "k1", row, moved_on, about=day) for day in (date(2027, 5, 2), moved_on)]
    assert row.delegation == "meknes"
    assert writes == {"k1": False, "d1": False, "k2": True, "d2": True, "n1": True}
    assert reads == [True, False]
    mailer = live(database, moved_on, date(2027, 7, 31))
    addresses = {address for address, _ in mailer.sent}
    assert addresses & {"k1@odco.example", "d1@odco.example", "c1@odco.example"} == set()
    assert "k2@odco.example" in addresses
    assert DELEGATION == "region-souss-massa"
