"""Where a database is kept, as copies are made of it and brought back: a SQLite file, or PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

HOUSEKEEPING = frozenset({"alembic_version", "programme_version", "lease", "channel_state", "morning_run"})
"""Tables whose rows come by themselves: a database with no others is empty."""


@dataclass(frozen=True)
class Staged:
    """A copy that was laid beside the database it may replace; whole, but not looked into."""

    url: str
    name: str


class Store(Protocol):
    """One database as a whole."""

    @property
    def kind(self) -> str:
        """Return what it is kept in, as people know it."""

    @property
    def suffix(self) -> str:
        """Return what a copy's name ends with."""

    @property
    def url(self) -> str:
        """Return its whole address, the password too: not for people."""

    @property
    def path(self) -> str:
        """Return what it is called before people, without a password."""

    def save(self, part: Path) -> None:
        """Write all that is in it, as of one moment, into an empty file, while others go on writing."""

    def has_rows(self) -> bool:
        """Tell whether anything is in it that a person entered; one that cannot be read counts as full."""

    def staged(self, source: Path, stamp: str) -> AbstractContextManager[Staged]:
        """Lay a copy beside the database; it is gone at the end unless it took its place."""

    def take_over(self, staged: Staged, stamp: str, *, keep: bool) -> str | None:
        """Have a laid copy take the database's place at one stroke; return the name of the old one where it is kept."""


def has_any_row(connection: Connection) -> bool:
    """Tell whether a table has a row that did not come by itself, whatever release made the tables."""
    tables = set(inspect(connection).get_table_names()) - HOUSEKEEPING
    quoted = connection.dialect.identifier_preparer.quote
    return any(connection.execute(text(f"SELECT 1 FROM {quoted(one)} LIMIT 1")).first() for one in sorted(tables))  # noqa: S608 - names of our own tables
