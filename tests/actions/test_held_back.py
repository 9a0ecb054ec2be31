"""What is said of work that failed: its class and its place, never the words of what may name somebody."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sqlmodel import Session, select

from actions.held_back import SAYS_NOBODY, reason_of
from models import Contact
from models.session import Database
from notifications.errors import MissingFact, UnusableFact
from programme.errors import AddressTaken
from tests.world import open_enrolled

NAME, ADDRESS = "Amina El Idrissi", "amina@coop.example"


def failing(problem: Exception) -> str:
    """Return what is said of a problem that something of ours met."""
    with pytest.raises(type(problem)) as met:
        raise problem
    return reason_of(met.value)


@pytest.mark.parametrize(
    "problem",
    [
        ValueError(f"cannot greet {NAME}"),
        KeyError(ADDRESS),
        AddressTaken(email=ADDRESS, code="amina"),
        UnusableFact(kind="welcome", language="fr", problem=f"{NAME} is no date"),
        RuntimeError({"to": ADDRESS}),
    ],
)
def test_words_that_may_name_somebody_are_kept_back(problem: Exception) -> None:
    said = failing(problem)
    assert NAME not in said
    assert ADDRESS not in said
    assert said.startswith(f"{type(problem).__name__} in tests/actions/test_held_back.py, line ")
    assert "`mourafaka doctor`" in said


def test_refusal_that_names_nobody_is_said() -> None:
    said = failing(MissingFact(kind="welcome", language="fr", fact="start_on"))
    assert said == (
        'MissingFact: The notice "welcome" in the language "fr" lacks the fact "start_on": give it when the notice is '
        "promised."
    )


def test_value_that_cannot_be_read_is_counted() -> None:
    class Person(BaseModel):
        age: int

    with pytest.raises(ValueError, match="age") as met:
        Person.model_validate({"age": NAME})
    assert reason_of(met.value) == "ValidationError: 1 values of Person"


def test_row_that_the_database_refuses_is_told_by_its_constraint(database: Database) -> None:
    open_enrolled(database)

    def spoil(session: Session) -> None:
        contact = session.exec(select(Contact)).one()
        contact.language = NAME
        session.flush()

    with pytest.raises(Exception, match="constraint") as met, database.transaction() as session:
        spoil(session)
    said = reason_of(met.value)
    assert said.startswith("IntegrityError: ")
    assert "language" in said
    assert NAME not in said


def test_every_refusal_of_a_person_is_kept_back() -> None:
    assert not {"name", "email", "phone", "person", "code", "by", "reason", "problem", "value"} & SAYS_NOBODY
