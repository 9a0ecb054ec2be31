"""Who works for the programme."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from actions.people import add_person
from models import Person, RoleAssignment
from models.session import Database
from programme.codes import code_of
from programme.errors import AddressTaken, CodeWrong, NameMissing, PersonExists, RoleUnknown
from tests.world import NOW


def add(database: Database, **values: Any) -> Person:
    with database.transaction() as session:
        return add_person(session, **{"code": "c1", "name": "Amina", "role": "coach", "now": NOW, **values})


def test_person_is_added_with_a_role_from_today(database: Database) -> None:
    add(database, email="c1@odco.example", phone="+212528000011", language="ar", delegation="region-souss-massa")
    with database.reading() as session:
        person, role = session.exec(select(Person)).one(), session.exec(select(RoleAssignment)).one()
    assert (person.code, person.email, person.language) == ("c1", "c1@odco.example", "ar")
    assert (role.person_id, role.role, role.delegation) == (person.id, "coach", "region-souss-massa")
    assert (role.starts_on, role.ends_on) == (date(2026, 12, 14), None)


def test_person_of_a_known_code_is_refused(database: Database) -> None:
    add(database)
    with pytest.raises(PersonExists, match="c1 is already"):
        add(database, name="Another")


def test_person_with_a_known_address_is_refused(database: Database) -> None:
    add(database, email="c1@odco.example")
    with pytest.raises(AddressTaken, match=r"c1@odco\.example is already the address of c1"):
        add(database, code="c2", email="c1@odco.example")


def test_person_of_an_unknown_role_is_refused(database: Database) -> None:
    with pytest.raises(RoleUnknown, match="minister is not a role"):
        add(database, role="minister")


@pytest.mark.parametrize("code", ["", "  ", "a/b", "coach:a", "a b", "a@b"])
def test_person_of_a_code_that_keys_could_not_name_is_refused(database: Database, code: str) -> None:
    with pytest.raises(CodeWrong, match="cannot be a code"):
        add(database, code=code)


def test_person_without_a_name_is_refused(database: Database) -> None:
    with pytest.raises(NameMissing, match="The name is empty"):
        add(database, name="  ")


@pytest.mark.parametrize(
    ("name", "code"), [("M'hamed Aït", "m-hamed-aït"), (" Amina  B. ", "amina-b"), ("أمينة", "أمينة"), ("!", "")]
)
def test_code_is_made_of_a_name(name: str, code: str) -> None:
    assert code_of(name) == code


def test_people_without_an_address_are_not_the_same(database: Database) -> None:
    add(database, email="")
    add(database, code="c2", email="")
    with database.reading() as session:
        assert list(session.exec(select(Person.email))) == [None, None]


def test_refused_person_is_not_half_added(database: Database) -> None:
    add(database, email="c1@odco.example")
    with pytest.raises(AddressTaken):
        add(database, code="c2", email="c1@odco.example")
    with database.reading() as session:
        assert list(session.exec(select(Person.code))) == ["c1"]
        assert len(session.exec(select(RoleAssignment)).all()) == 1
