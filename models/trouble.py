"""What goes wrong with a database itself, whatever is asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

from programme.system_words import system_words
from programme.wording import Sentence, sentence

T = TypeVar("T")

CROSSED = frozenset({"40P01", "40001"})
"""PostgreSQL's codes for a transaction that it ended to let another one pass."""
TRIES = 3
NOBODYS = ("08", "25", "42", "53", "57", "58", "XX")
"""PostgreSQL's classes of codes: lost, read-only, without its tables or our rights, full, stopped, broken."""


def is_trouble(problem: BaseException) -> bool:
    """Tell whether it is the database that fails (away, busy, full, not ready), and not what was to be written."""
    if not isinstance(problem, DBAPIError):
        return False
    code: str = getattr(problem.orig, "sqlstate", None) or ""
    return isinstance(problem, OperationalError) or problem.connection_invalidated or code.startswith(NOBODYS)


SQLITE_SAID: Mapping[int, Sentence] = {
    sqlite3.SQLITE_BUSY: sentence("another program holds it"),
    sqlite3.SQLITE_LOCKED: sentence("another program holds it"),
    sqlite3.SQLITE_FULL: sentence("the disk is full"),
    sqlite3.SQLITE_READONLY: sentence("it can only be read"),
    sqlite3.SQLITE_CANTOPEN: sentence("it cannot be opened"),
    sqlite3.SQLITE_IOERR: sentence("the disk answers with an error"),
    sqlite3.SQLITE_CORRUPT: sentence("its content is damaged"),
    sqlite3.SQLITE_NOTADB: sentence("it is not a database"),
    sqlite3.SQLITE_ERROR: sentence("its tables are not those of this release"),
}
"""What is said of SQLite's codes that people meet; PostgreSQL speaks the language that its server is set to."""


def trouble_words(problem: BaseException) -> Sentence | str:
    """Return what is wrong with a database, in the reader's language wherever it is known."""
    said = problem.orig if isinstance(problem, DBAPIError) else problem
    if isinstance(said, sqlite3.Error):
        known = SQLITE_SAID.get((getattr(said, "sqlite_errorcode", None) or 0) & 0xFF)
        return known or in_a_line(problem)
    return system_words(said) if isinstance(said, OSError) else in_a_line(problem)


def in_a_line(problem: BaseException) -> str:
    """Return what a database's driver says of its trouble, without the advice that it adds in lines of its own."""
    said = str(problem.orig if isinstance(problem, DBAPIError) else problem)
    return (said.strip().splitlines() or [type(problem).__name__])[0]


def again_if_crossed(work: Callable[[], T]) -> T:
    """Do some work that is one transaction of its own; once more when each of two waited for the other one's rows."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except OperationalError as problem:
            if getattr(problem.orig, "sqlstate", None) not in CROSSED:
                raise
    return work()
