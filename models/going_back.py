"""Takes a database's tables back to those of an earlier release, and says what that costs before it is done."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from alembic import command
from sqlalchemy import Connection, Engine, inspect, text

from models import migrate
from programme.errors import DatabaseTooNew
from programme.keeping_errors import NoWayBack

Shape = dict[str, tuple[int, frozenset[str]]]
"""Of each table how many rows it has, and its columns."""


@dataclass(frozen=True)
class Gone:
    """A table with its rows, or a column of a table that stays, which the earlier release does not have."""

    name: str
    rows: int


class _TakenBackError(Exception):
    """Ends a try, so that nothing of it stays."""


def go_back(engine: Engine, wanted: str, *, only_look: bool = False) -> list[Gone]:
    """Take the tables back, at one stroke or not at all; return what went with that.

    ``only_look`` does it too, to know what would go, and takes it back. Only the release that made
    the tables can do this: an earlier one does not know what came after it.
    """
    current, known = migrate.revision_of(engine), migrate.revisions()
    if migrate.is_ahead(current):
        raise DatabaseTooNew(revision=current, ours=migrate.head())
    earlier = known[known.index(current) + 1 :] if current else []
    if wanted not in earlier:
        raise NoWayBack(wanted=wanted, now=current or "–", known=", ".join(earlier) or "–")
    with engine.connect() as connection:
        before = _shape(connection)
    gone: list[Gone] = []

    def judge(connection: Connection) -> None:
        gone.extend(_missing(before, _shape(connection)))
        if only_look:
            raise _TakenBackError

    config = migrate.config_for(engine)
    config.attributes["judge"] = judge
    with suppress(_TakenBackError):
        command.downgrade(config, wanted)
    return gone


def _shape(connection: Connection) -> Shape:
    inspector, quoted = inspect(connection), connection.dialect.identifier_preparer.quote
    return {
        table: (
            connection.execute(text(f"SELECT COUNT(*) FROM {quoted(table)}")).scalar_one(),  # noqa: S608 - our own tables
            frozenset(one["name"] for one in inspector.get_columns(table)),
        )
        for table in inspector.get_table_names()
    }


def _missing(before: Shape, after: Shape) -> list[Gone]:
    found = []
    for table, (rows, columns) in sorted(before.items()):
        if table not in after:
            found.append(Gone(table, rows))
            continue
        found += [Gone(f"{table}.{name}", rows) for name in sorted(columns - after[table][1])]
    return found
