"""Statements that are built once and said often: about many rows, whose list goes as one parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, CursorResult, Executable, Integer, String, bindparam, literal_column
from sqlalchemy.orm import object_mapper
from sqlmodel import Session, SQLModel

from models.among import Among, Many

Line = TypeVar("Line", bound=tuple[Any, ...])


def light(line: type[Line], values: Iterable[Any]) -> Line:
    """Return a row as a tuple with names, from its values in their order; its class takes three times as long."""
    return tuple.__new__(line, values)


def within(column: Any, name: str) -> Among:
    """Return the condition that a column of numbers or texts is one of the values that are handed over as ``name``."""
    item = Integer if isinstance(column.type, Integer) else String
    return Among(column, bindparam(name, type_=Many(item)))


def literals(words: Iterable[str]) -> list[ColumnElement[str]]:
    """Return words of ours as they stand in a partial index: it serves only a query that repeats its condition."""
    return [literal_column(f"'{word}'") for word in sorted(words)]


def do(session: Session, statement: Executable, **parameters: Any) -> CursorResult[Any]:
    """Say a statement that was built once, after all that the session has still to write.

    Building an UPDATE anew and having the session follow it costs more than the change of a hundred rows.
    Objects of the session do not follow this one: see `renew`.
    """
    session.flush()
    connection = session.connection()
    return connection.execute(_compiled(connection, statement), parameters)


def _compiled(connection: Connection, statement: Executable) -> Any:
    """Return a statement in its database's words, which a connection keeps as long as it lives.

    SQLAlchemy keeps them too, but finds them by all that a statement is made of: for a long one that takes as
    long as its answer.
    """
    kept = connection.info
    if statement not in kept:
        kept[statement] = statement.compile(connection)  # type: ignore[attr-defined] # every statement of ours has it
    return kept[statement]


def renew(session: Session, of: type[SQLModel], ids: Iterable[int]) -> None:
    """Read the objects of these rows again that the session has at hand: a statement has changed them."""
    at_hand = [one for one in session.identity_map.values() if isinstance(one, of)]
    changed = set(ids) if at_hand else set()
    for known in at_hand:
        if object_mapper(known).primary_key_from_instance(known)[0] in changed:
            session.refresh(known)
