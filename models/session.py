"""The database: how it is opened, and the only place where a transaction begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlmodel import Session

BUSY_SECONDS = 30
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """One database, opened by its URL.

    Writers take SQLite's write lock when they begin (BEGIN IMMEDIATE), so that two of them
    wait for each other instead of failing half-way. ``durable=False`` is for scratch copies
    that nobody will miss: no waiting for the disk.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.url = url
        # A failed statement is told without its values: logs and Prefect keep what is said of it.
        self.engine: Engine = create_engine(url, hide_parameters=True)
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine, durable=durable)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose changes commit together, or not at all."""
        with Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"writes": True})
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that only reads; what is changed in it is dropped."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine, *, durable: bool) -> None:
    """Set each connection up, and let us (not the driver) say BEGIN."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        if not durable:
            connection.execute("PRAGMA synchronous = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
