"""Who hears, on which day, and who stands in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from models import CoachAssignment, Contact, Enrolment, Person, RoleAssignment
from models.session import Database
from notifications.answers import Answer
from notifications.recipients import Recipient, directory
from tests.notifications.post_office import NOW as SENDING
from tests.notifications.post_office import notice, put
from tests.notifications.test_outbox import close, take
from tests.world import NOW, open_world

TODAY = date(2027, 1, 4)


def find(session: Session, role: str, on: date = TODAY) -> Recipient | None:
    enrolment = session.exec(select(Enrolment)).one()
    return directory(session, [enrolment], on).find(role, enrolment)


def code(session: Session, role: str, on: date = TODAY) -> str | None:
    found = find(session, role, on)
    return found.code if found else None


def person(session: Session, of: str) -> int:
    return session.exec(select(Person.id).where(Person.code == of)).one() or 0


def assign(session: Session, of: str, starts_on: date, ends_on: date | None = None) -> None:
    enrolment = session.exec(select(Enrolment)).one()
    assert enrolment.id is not None
    session.add(
        CoachAssignment(enrolment_id=enrolment.id, person_id=person(session, of), starts_on=starts_on, ends_on=ends_on)
    )
    session.flush()


def test_cooperative_is_heard_through_its_contact_of_the_day(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        old = session.exec(select(Contact)).one()
        old.ends_on = date(2027, 1, 4)
        new = old.model_dump(exclude={"id", "ends_on"}) | {"name": "Nouvelle", "starts_on": date(2027, 1, 5)}
        session.add(Contact(**new))
        session.flush()
        names = [found.name for day in (4, 5) if (found := find(session, "cooperative", date(2027, 1, day)))]
        assert names == ["Présidence 1", "Nouvelle"]


def test_cooperative_without_a_contact_has_a_name_in_the_ledger_all_the_same(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        session.delete(session.exec(select(Contact)).one())
        session.flush()
        assert find(session, "cooperative") == Recipient(
            "cooperative", "cooperative:SM-2027/001", None, None, None, "ar"
        )


@pytest.mark.parametrize(("marked_at", "email"), [(None, "coop1@coop.example"), (NOW, None)])
def test_address_that_a_server_refused_is_not_used(
    database: Database, marked_at: datetime | None, email: str | None
) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        session.exec(select(Contact)).one().bad_address_at = marked_at
        found = find(session, "cooperative")
    assert found == Recipient("cooperative", "cooperative:SM-2027/001", "Présidence 1", email, "+212528001001", "fr")


def test_coach_is_the_one_assigned_on_the_day(database: Database) -> None:
    open_world(database, cooperatives=1, coaches=2)
    with database.transaction() as session:
        assign(session, "c1", date(2027, 1, 1), date(2027, 1, 31))
        assign(session, "c2", date(2027, 2, 1))
        days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31), date(2027, 2, 1)]
        assert [code(session, "coach", day) for day in days] == ["coordinator:k1", "coach:c1", "coach:c1", "coach:c2"]


def test_coordinator_hears_in_the_place_of_a_missing_delegate(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        assert code(session, "delegate") == "delegate:d1"
        delegate = person(session, "d1")
        session.exec(select(RoleAssignment).where(RoleAssignment.person_id == delegate)).one().ends_on = date(
            2027, 1, 3
        )
        assert code(session, "delegate") == "coordinator:k1"


def test_nobody_is_nobody(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        for role in session.exec(select(RoleAssignment)):
            role.ends_on = date(2027, 1, 3)
        assert [code(session, role) for role in ("coach", "delegate", "coordinator")] == [None, None, None]


def test_coordinator_of_the_delegation_comes_before_the_countrys_and_the_first_appointed_stays(
    database: Database,
) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        session.add(RoleAssignment(person_id=person(session, "c1"), role="coordinator", starts_on=date(2020, 1, 1)))
        assert code(session, "coordinator") == "coordinator:k1"
        own = session.exec(select(RoleAssignment).where(RoleAssignment.person_id == person(session, "k1"))).one()
        later: dict[str, Any] = {"role": "coordinator", "delegation": own.delegation, "starts_on": date(2026, 12, 31)}
        session.add(RoleAssignment(person_id=person(session, "d1"), **later))
        assert code(session, "coordinator") == "coordinator:k1"
        own.ends_on = date(2027, 1, 3)
        assert code(session, "coordinator") == "coordinator:d1"


@pytest.mark.parametrize(
    ("role", "is_staff"), [("coordinator", True), ("coach", True), ("delegate", True), ("cooperative", False)]
)
def test_staff_work_for_the_programme(role: str, is_staff: bool) -> None:
    assert Recipient(role, "x", None, None, None, "fr").is_staff is is_staff


def test_refused_address_fails_at_once_and_is_marked(database: Database) -> None:
    [key] = put(database, 1, address="coop1@coop.example")
    open_world(database, cooperatives=2)
    [taken] = take(database)
    close(database, taken, Answer("refused", 550, "no such user", bad_address=True))
    stands = notice(database, key)
    assert (stands.status, stands.reason, stands.attempts) == ("failed", "address refused by the server (550)", 1)
    with database.reading() as session:
        marks = {one.email: one.bad_address_at for one in session.exec(select(Contact))}
        assert marks == {"coop1@coop.example": SENDING, "coop2@coop.example": None}
        assert [one.bad_address_at for one in session.exec(select(Person))] == [None, None, None]


def test_refused_address_of_the_staff_is_marked(database: Database) -> None:
    put(database, 1, address="k1@odco.example")
    open_world(database, cooperatives=1)
    [taken] = take(database)
    close(database, taken, Answer("refused", 550, "no such user", bad_address=True))
    with database.reading() as session:
        marks = {one.code: one.bad_address_at for one in session.exec(select(Person))}
    assert marks == {"k1": SENDING, "d1": None, "c1": None}


def test_refused_address_that_is_empty_marks_nobody(database: Database) -> None:
    put(database, 1, address=None)
    open_world(database, cooperatives=1, without_email=(1,))
    [taken] = take(database)
    close(database, taken, Answer("refused", None, "None is not one address", bad_address=True))
    with database.reading() as session:
        assert session.exec(select(Contact)).one().bad_address_at is None


def test_refused_message_fails_and_leaves_the_address_unmarked(database: Database) -> None:
    [key] = put(database)
    open_world(database, cooperatives=1)
    [taken] = take(database)
    close(database, taken, Answer("refused", 554, "spam"))
    assert (notice(database, key).status, notice(database, key).reason) == (
        "failed",
        "message refused by the server (554)",
    )
    with database.reading() as session:
        assert session.exec(select(Contact)).one().bad_address_at is None
