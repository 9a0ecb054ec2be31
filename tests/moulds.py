"""Fills an empty database of a test at one stroke, with what the first such test of this process built by the verbs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Select, exists, or_, select
from sqlmodel import SQLModel

from models.session import Database

P, T = ParamSpec("P"), TypeVar("T")
Build = Callable[Concatenate[Database, P], T]
Fill = Callable[[Database], None]


_kept: dict[Any, Fill] = {}


def built_once(build: Build[P, T]) -> Build[P, T]:
    """Have what a function builds in an empty database copied into every later empty one, for the same arguments.

    Only for what is built alike each time: by verbs, with literal dates; it returns the database, or a value that
    nobody changes. On a database that holds anything already, the verbs build.
    """
    results: dict[Any, T] = {}

    @wraps(build)
    def filled(database: Database, *args: P.args, **facts: P.kwargs) -> T:
        if not is_empty(database):
            return build(database, *args, **facts)
        key = (build, args, tuple(sorted(facts.items())))
        if not fill(database, key):
            results[key] = build(database, *args, **facts)
            keep(database, key)
        return database if isinstance(results[key], Database) else results[key]

    return filled


def fill(database: Database, key: Any) -> bool:
    """Copy what is kept under a key into an empty database; say whether there was anything."""
    if key in _kept:
        _kept[key](database)
    return key in _kept


def keep(database: Database, key: Any) -> None:
    """Keep what is in a database under a key."""
    _kept[key] = _rows_of(database) if database.has_room else _file_of(database)


def is_empty(database: Database) -> bool:
    """Say whether no table holds a row."""
    with database.engine.connect() as connection:
        return not connection.execute(_anything()).scalar_one()


@cache
def _anything() -> Select[tuple[bool]]:
    return select(or_(*(exists(table.select()) for table in SQLModel.metadata.sorted_tables)))


@contextmanager
def _driver(database: Database) -> Iterator[Any]:
    connection = database.engine.raw_connection()
    try:
        yield connection.driver_connection
        connection.commit()
    finally:
        connection.close()


def _file_of(database: Database) -> Fill:
    """Keep a SQLite file in memory."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    with _driver(database) as connection:
        connection.backup(kept)

    def fill(target: Database) -> None:
        with _driver(target) as connection:
            kept.backup(connection)

    return fill


SEQUENCES = "SELECT format('SELECT setval(%L, %s)', sequencename, last_value) FROM pg_sequences WHERE last_value > 0"


def _rows_of(database: Database) -> Fill:
    """Keep the rows of a PostgreSQL, and how far its numbers have come."""
    with _driver(database) as connection:
        copies = [(table.name, _copied(connection, table.name)) for table in SQLModel.metadata.sorted_tables]
        rows = [(name, data) for name, data in copies if data]
        numbers = "; ".join(statement for (statement,) in connection.execute(SEQUENCES))

    def fill(target: Database) -> None:
        with _driver(target) as connection:
            for name, data in rows:
                with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(data)
            connection.execute(numbers)

    return fill


def _copied(connection: Any, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)
