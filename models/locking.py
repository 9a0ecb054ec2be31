"""Rows that several writers change at the same time."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import object_mapper
from sqlmodel import Session, SQLModel

Row = TypeVar("Row", bound=SQLModel)


def locked(session: Session, row: Row) -> Row:
    """Return the row of this key as it is, kept from other writers until the end; ``row`` itself when there is none.

    Of two writers that find none, one makes it, and the other one waits and takes that.
    """
    table, key = type(row), tuple(object_mapper(row).primary_key_from_instance(row))
    known = session.get(table, key, with_for_update=True)
    if known is not None:
        return known
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(table).values(**row.model_dump()).on_conflict_do_nothing())
    return session.get_one(table, key, with_for_update=True)
