"""What goes wrong with a database itself, whatever is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

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
