"""What health says of the staff, in sentences that say what to do."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import col, select

from actions.health import ailments
from actions.people import add_person, end_role
from models import Lease, Person, RoleAssignment
from models.session import Database
from tests.world import DELEGATION, NOW, at, open_followed


def said(database: Database, of: str, day: date = date(2026, 12, 15)) -> list[str]:
    with database.reading() as session:
        return [str(one) for one in ailments(session, at(day)) if of in str(one)]


def test_staff_without_a_telephone_are_named_with_the_mend(database: Database) -> None:
    open_followed(database, coaches=2)
    assert said(database, "telephone") == []
    with database.transaction() as session:
        for person in session.exec(select(Person).where(col(Person.code).in_(("c2", "k1")))):
            person.phone = None
    assert said(database, "telephone") == [
        (
            "2 of the staff have no telephone (c2, k1), so messages name another person's: give each one with "
            "`mourafaka staff correct c2 --phone NUMBER`."
        )
    ]


def test_telephone_of_somebody_who_has_left_is_not_asked_for(database: Database) -> None:
    open_followed(database)
    with database.transaction() as session:
        add_person(session, code="c9", name="Accompagnement 9", role="coach", delegation=DELEGATION, now=NOW)
        end_role(session, code="c9", role="coach", on=date(2026, 12, 15), by="k1", now=NOW)
    assert len(said(database, "telephone")) == 1
    assert said(database, "telephone", date(2026, 12, 16)) == []


def test_many_without_a_telephone_are_counted_and_the_first_named(database: Database) -> None:
    open_followed(database)
    with database.transaction() as session:
        for number in range(10, 22):
            add_person(session, code=f"n{number}", name=f"N {number}", role="coach", delegation=DELEGATION, now=NOW)
    [sentence] = said(database, "telephone")
    assert sentence.startswith("12 of the staff have no telephone (n10, n11,")
    assert "n19 …)" in sentence


def test_delegation_without_a_coordinator_is_named(database: Database) -> None:
    open_followed(database)
    with database.transaction() as session:
        role = session.exec(select(RoleAssignment).where(RoleAssignment.role == "coordinator")).one()
        role.ends_on = date(2026, 12, 14)
    assert said(database, "no coordinator") == [
        f"{DELEGATION} has no coordinator: add one with `mourafaka user add NAME --role coordinator`."
    ]


def test_lease_that_is_held_for_long_is_named_among_those_of_who_works(database: Database) -> None:
    now = at(date(2026, 12, 15))
    with database.transaction() as session:
        for name, lasts in (("morning:A", 1), ("morning:B", 180), ("morning:C", 5)):
            session.add(Lease(name=name, holder="far:1:1", until=now + timedelta(minutes=lasts)))
    assert said(database, "held by") == [
        "morning:B is held by far:1:1 for long: it may have died; wait until 2026-12-15 11:00:00+00:00."
    ]
