"""The database: how it is opened, and the only place where a transaction begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlmodel import Session

from models.engines import open_engine


class Database:
    """One database, opened by its URL: a SQLite file, or PostgreSQL (docs/adr/0010).

    Writers wait for each other from their first word on, so that what one has looked up is still
    so when it writes. ``durable=False`` is for scratch copies that nobody will miss: no waiting
    for the disk.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.url, self._durable = url, durable
        self.engine: Engine = open_engine(url, durable=durable)
        self.has_room = self.engine.dialect.name == "postgresql"
        """Whether several can write at once, each its own rows; SQLite has one pen for all."""
        self._sender = self.engine.execution_options(writes=True, alone=False)
        # On PostgreSQL a reader sees one moment from its first question to its last, as it does on SQLite.
        snapshot = {"isolation_level": "REPEATABLE READ"} if self.has_room else {}
        self._reader = self.engine.execution_options(**snapshot)

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Session]:
        """Give a session whose changes commit together, or not at all.

        ``alone`` keeps every other such writer waiting until the end. Without it nobody waits,
        where the database has room: only for who changes no row but those that it holds by a
        lock or by a condition of the change itself (the senders).
        """
        with Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"writes": True, "alone": alone})
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a bare connection whose changes commit together, or not at all: senders ask for one every few mails.

        No session keeps an eye on what is said, and nobody waits where the database has room, as with
        ``transaction(alone=False)``.
        """
        with self._sender.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that only reads; what is changed in it is dropped."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def again(self) -> Database:
        """Return the same database opened anew: what a process has to do that was forked, once this one is closed."""
        return Database(self.url, durable=self._durable)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
