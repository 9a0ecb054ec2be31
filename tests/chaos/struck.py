"""A database that is struck at its commits: the work dies there, or the database itself fails, before it or after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.engines import TAKE_THE_PEN
from models.session import Database

SHORT_MS = 50
"""How long a writer waits for another one here; thirty seconds in life."""
APPLICATION = "mourafaka"


class Killed(BaseException):
    """The process is gone: nothing of it catches this, and what it had not committed is lost."""


class StruckDatabase(Database):
    """The database of one engine; ``blow`` falls once, at the commit that it was aimed at."""

    def __init__(self, url: str) -> None:
        super().__init__(_impatient(url), durable=False)
        self.commits = 0
        self._aimed: tuple[int, bool, Callable[[], None]] | None = None
        if not self.has_room:
            event.listen(self.engine, "connect", _shorten)

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Session]:
        """Give a session as ever; the blow may fall just before it is committed, or just after."""
        with super().transaction(alone=alone) as session:
            yield session
            session.flush()
            self._strike(before=True)
        self.commits += 1
        self._strike(before=False)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a bare connection as ever; the blow falls as on any other commit."""
        with super().writing() as connection:
            yield connection
            self._strike(before=True)
        self.commits += 1
        self._strike(before=False)

    @contextmanager
    def aimed(self, at: int, blow: Callable[[], None], *, before: bool) -> Iterator[None]:
        """Have a blow fall at the ``at``-th commit from now on, if the work has so many."""
        self._aimed = (self.commits + at, before, blow)
        try:
            yield
        finally:
            self._aimed = None

    def _strike(self, *, before: bool) -> None:
        if self._aimed is None or self._aimed[1] is not before:
            return
        if self.commits + before == self._aimed[0]:
            blow, self._aimed = self._aimed[2], None
            blow()


def _impatient(url: str) -> str:
    """Return the address of the same database, for writers that do not wait long, and whose word is kept.

    The tests' PostgreSQL is told to answer before it has written a commit down: when it dies, such an answer was a lie.
    """
    made = make_url(url)
    if made.get_backend_name() != "postgresql":
        return url
    options = f"-c lock_timeout={SHORT_MS} -c synchronous_commit=on -c timezone=UTC"
    return made.update_query_dict({"options": options}).render_as_string(hide_password=False)


def _shorten(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {SHORT_MS}")


class Troubles:
    """What can happen to the database itself, from outside; ``end`` makes it good again."""

    def __init__(self, database: StruckDatabase, *, may_crash: bool = False) -> None:
        self.database, self._may_crash = database, may_crash
        self._ends: list[Callable[[], None]] = []

    def end(self) -> None:
        """Have the database work again."""
        while self._ends:
            self._ends.pop()()

    def blow(self, what: str) -> Callable[[], None]:
        """Return what happens when the blow falls."""
        blows: dict[str, Callable[[], None]] = {
            "kill": _die,
            "busy": self._busy,
            "read-only": self._read_only,
            "full": self._full,
            "lost before": self._lost,
            "lost after": _no_answer,
            "down": self._down,
        }
        return blows[what]

    def _busy(self) -> None:
        """Have another program hold the pen: it lets go when the work has given up."""
        engine = create_engine(self.database.url)
        connection = engine.connect()
        if self.database.has_room:
            connection.execute(text(TAKE_THE_PEN))
        else:
            raw: Any = connection.connection.dbapi_connection
            raw.isolation_level = None
            raw.execute("BEGIN IMMEDIATE")

        def let_go() -> None:
            connection.invalidate()
            connection.close()
            engine.dispose()

        self._ends.append(let_go)

    def _read_only(self) -> None:
        """Have every connection from now on be of a database that takes nothing in."""
        if self.database.has_room:
            self._tell_all("ALTER DATABASE {name} SET default_transaction_read_only = on")
            self._ends.append(self._open_for_writing_again)
        else:
            event.listen(self.database.engine, "connect", _close_for_writing)
            self._ends.append(self._open_for_writing)
        self.database.engine.dispose()

    def _full(self) -> None:
        """Have every connection from now on find no room for another page (SQLite)."""
        event.listen(self.database.engine, "connect", _give_no_room)
        self._ends.append(self._give_room)
        self.database.engine.dispose()

    def _give_room(self) -> None:
        event.remove(self.database.engine, "connect", _give_no_room)
        self.database.engine.dispose()

    def _open_for_writing(self) -> None:
        event.remove(self.database.engine, "connect", _close_for_writing)
        self.database.engine.dispose()

    def _open_for_writing_again(self) -> None:
        self._tell_all("ALTER DATABASE {name} RESET default_transaction_read_only")
        self.database.engine.dispose()

    def _lost(self) -> None:
        """Have every connection break; whoever was about to commit has not."""
        if self.database.has_room:
            self._tell_all("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        else:
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

    def _down(self) -> None:
        """Have the server die and recover (PostgreSQL); a file has no server, and loses its connections."""
        if not (self.database.has_room and self._may_crash):
            return self._lost()
        import os
        import signal
        import time

        [(pid,)] = self._tell_all("SELECT pid FROM pg_stat_activity WHERE {others} LIMIT 1") or [(0,)]
        if pid:
            os.kill(pid, signal.SIGKILL)  # the server ends every connection and reads its log again
        for _ in range(200):
            time.sleep(0.05)
            try:
                self._tell_all("SELECT 1")
            except OperationalError:
                continue
            return None
        raise RuntimeError("PostgreSQL did not come back")

    def _tell_all(self, statement: str) -> list[Any]:
        url = make_url(self.database.url).update_query_dict({"options": "-c default_transaction_read_only=off"})
        others = f"datname = '{url.database}' AND pid <> pg_backend_pid() AND application_name = '{APPLICATION}'"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                found = connection.execute(text(statement.format(name=url.database, others=others)))
                return list(found.all()) if found.returns_rows else []
        finally:
            engine.dispose()


def _close_for_writing(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _give_no_room(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # never below what there is: it cannot grow


def _die() -> None:
    raise Killed


def _no_answer() -> None:
    """Break off when the commit was done, and nobody was told so."""
    raise OperationalError("COMMIT", None, sqlite3.OperationalError("the answer to the commit was lost"))
