"""Writes rows by the hundred: the statement is built once, and a value that many of them share is made ready once.

Saying an INSERT through SQLAlchemy looks at every value of every row by itself: what becomes of an instant, a day or
a text costs as much as the database does for the whole row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, bindparam, insert
from sqlmodel import Session, SQLModel

from models.columns import columns

Ready = Callable[[Any], Any]
"""Makes a value ready for a database's driver."""


class _Once(dict[Any, Any]):
    """What values have become: each is made ready when it comes first."""

    def __init__(self, ready: Ready) -> None:
        super().__init__()
        self._ready = ready

    def __missing__(self, value: Any) -> Any:
        self[value] = made = self._ready(value)
        return made


@dataclass(frozen=True)
class _Said:
    """An INSERT as one kind of database takes it; ``named`` are its columns where a row goes by name."""

    text: str
    places: Sequence[int]
    """Where in a row each of the statement's values stands."""
    ready: Mapping[int, tuple[Ready, bool]]
    """By place, what makes a value ready, and whether equal values are made ready once."""
    named: Sequence[str]

    def laid_out(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the rows as the driver takes them."""
        by_column: list[Any] = [*zip(*rows, strict=True)]
        for place, (ready, alike) in self.ready.items():
            by_column[place] = map(_Once(ready).__getitem__ if alike else ready, by_column[place])
        laid = zip(*[by_column[place] for place in self.places], strict=True)
        return [dict(zip(self.named, row, strict=True)) for row in laid] if self.named else [*laid]


class Inserting:
    """An INSERT of rows of a table, whose values come in the order of ``names``; ``always`` is the same for each."""

    def __init__(self, table: type[SQLModel], names: Sequence[str], always: Mapping[str, Any]) -> None:
        self._columns = {name: columns(table)[name] for name in names}
        told = {name: bindparam(name, type_=one.type) for name, one in self._columns.items()}
        self._statement = insert(columns(table).id.table).values({**told, **always}).inline()

    def write(self, session: Session, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows in their order, after all that the session has still to write."""
        session.flush()
        if rows:
            connection = session.connection()
            said = self._said_on(connection)
            connection.exec_driver_sql(said.text, said.laid_out(rows))

    def _said_on(self, connection: Connection) -> _Said:
        """Return the statement as this connection's database takes it; the connection keeps it as long as it lives."""
        kept = connection.info
        if self not in kept:
            kept[self] = self._built(connection.dialect)
        said: _Said = kept[self]
        return said

    def _built(self, dialect: Dialect) -> _Said:
        compiled: Any = self._statement.compile(dialect=dialect)
        names = [*self._columns]
        said = compiled.positiontup or names
        ready = {
            place: (made, not isinstance(column.type, JSON))
            for place, column in enumerate(self._columns.values())
            if (made := column.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        return _Said(compiled.string, [names.index(name) for name in said], ready, () if compiled.positional else said)
