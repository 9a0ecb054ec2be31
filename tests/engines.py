"""Lets all the engines of a test process use the SQL that one of them has compiled: each test opens a database anew."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class _Shared:
    """Makes the dialects of one kind equal, and gives their engines one cache of compiled statements.

    SQLAlchemy keeps what it compiles for an engine and its dialect. A server lives with one engine for months; a
    test's lives for milliseconds, and compiling took a third of them.
    """

    compiled: ClassVar[dict[Any, Any]]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


class SharedSQLite(_Shared, SQLiteDialect_pysqlite):
    """SQLite as ever, but what is asked for in no order comes backwards: nothing may rest on the order of a file."""

    compiled: ClassVar[dict[Any, Any]] = {}
    supports_statement_cache = True

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        super().engine_created(engine)
        event.listen(engine, "connect", _read_backwards)


def _read_backwards(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA reverse_unordered_selects = ON")


class SharedPostgreSQL(_Shared, PGDialect_psycopg):
    """PostgreSQL as ever; what it can do is asked once, for there is one server."""

    compiled: ClassVar[dict[Any, Any]] = {}
    supports_statement_cache = True
    _known: ClassVar[dict[str, Any]] = {}

    def initialize(self, connection: Connection) -> None:
        if not self._known:
            before = dict(vars(self))
            super().initialize(connection)
            self._known.update({name: value for name, value in vars(self).items() if before.get(name) is not value})
        vars(self).update(self._known)


def share() -> None:
    """Have every engine from now on share."""
    registry.register("sqlite", __name__, "SharedSQLite")
    registry.register("postgresql.psycopg", __name__, "SharedPostgreSQL")
