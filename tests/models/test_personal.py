"""The register of personal data: whatever a table can hold of a person is declared, and nothing else is."""

from __future__ import annotations

from typing import get_args

import pytest
from sqlalchemy import Boolean, CheckConstraint, Column, Date, Integer, MetaData, Numeric, String, Table
from sqlmodel import SQLModel

import models  # noqa: F401 - the tables
from models.columns import Instant, one_of
from models.personal import PERSONAL, Holding

SAYS_NOTHING = (Integer, Date, Instant, Boolean, Numeric)


def undeclared(metadata: MetaData) -> list[str]:
    """Return the columns that can hold something of a person and are not in the register."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if _can_hold_a_person(column) and column.name not in PERSONAL.get(table.name, {})
    ]


def _can_hold_a_person(column: Column[object]) -> bool:
    words = [
        str(one.sqltext)
        for one in column.table.constraints
        if isinstance(one, CheckConstraint) and one.name == f"{column.name}_known"
    ]
    return not isinstance(column.type, SAYS_NOTHING) and not words


def test_every_column_that_can_hold_a_person_is_declared() -> None:
    assert undeclared(SQLModel.metadata) == []


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (Column("nickname", String), ["visitor.nickname"]),
        (Column("born_on", Date), []),
        (Column("kind", String), []),
    ],
)
def test_new_column_is_found_unless_it_can_say_nothing_of_a_person(column: Column[object], found: list[str]) -> None:
    metadata = MetaData()
    checks = [one_of("kind", ("a", "b"))] if column.name == "kind" else []
    Table("visitor", metadata, Column("id", Integer, primary_key=True), column, *checks)
    assert undeclared(metadata) == found


def test_register_names_only_what_exists_and_only_ways_that_are_known() -> None:
    tables = SQLModel.metadata.tables
    assert set(PERSONAL) - set(tables) == set()
    assert [f"{table}.{name}" for table, held in PERSONAL.items() for name in held if name not in tables[table].c] == []
    assert {way for held in PERSONAL.values() for way in held.values()} - set(get_args(Holding)) == set()


def test_what_somebody_goes_by_stands_in_two_tables() -> None:
    """A third one would need its own place in the commands."""
    goes_by = {table for table, held in PERSONAL.items() if {"name", "email", "phone"} & set(held.values())}
    assert goes_by == {"contact", "person"}
