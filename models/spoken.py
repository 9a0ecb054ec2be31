"""Statements that are said for every message: turned into the database's own words once, and told of many rows at once.

To turn a statement and its values into a driver's words takes SQLAlchemy longer than the database takes to do
what is said. Errors come back as ever, for it is SQLAlchemy that hands the words over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class _Words:
    """A statement as one driver takes it: its text, and how each of its values is handed over."""

    text: str
    names: tuple[str, ...]
    by_place: bool
    constants: Mapping[str, Any]
    converts: Mapping[str, Convert]

    def shared(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.constants, **{name: self._converted(name, value) for name, value in values.items()}}

    def _converted(self, name: str, value: Any) -> Any:
        convert = self.converts.get(name)
        return value if convert is None else convert(value)

    def rows(self, each: Sequence[str], rows: Sequence[Sequence[Any]], shared: Mapping[str, Any]) -> list[Any]:
        """Return what the driver is handed for each row."""
        converts = [(place, self.converts[name]) for place, name in enumerate(each) if name in self.converts]
        if converts:
            rows = [_with(row, converts) for row in rows]
        if not self.by_place:
            return [{**shared, **dict(zip(each, row, strict=True))} for row in rows]
        frame = [shared.get(name) for name in self.names]
        filled = [(place, each.index(name)) for place, name in enumerate(self.names) if name in each]
        return [_filled(frame, filled, row) for row in rows]


def _with(row: Sequence[Any], converts: Sequence[tuple[int, Convert]]) -> list[Any]:
    changed = list(row)
    for place, convert in converts:
        changed[place] = convert(changed[place])
    return changed


def _filled(frame: list[Any], filled: Sequence[tuple[int, int]], row: Sequence[Any]) -> tuple[Any, ...]:
    values = frame.copy()
    for place, of_row in filled:
        values[place] = row[of_row]
    return tuple(values)


class Spoken:
    """A statement that is said of many rows; ``each`` names the values in which they differ, in a row's order."""

    def __init__(self, statement: Executable, each: Sequence[str]) -> None:
        self._statement, self._each = statement, tuple(each)
        self._words: dict[str, _Words] = {}

    def say(self, connection: Connection, rows: Sequence[Sequence[Any]], **shared: Any) -> int:
        """Say it of these rows, with ``shared`` values; return how many rows it changed in all."""
        if not rows:
            return 0
        words = self._in_words_of(connection.dialect)
        values = words.rows(self._each, rows, words.shared(shared))
        return connection.exec_driver_sql(words.text, values).rowcount

    def _in_words_of(self, dialect: Dialect) -> _Words:
        if dialect.name not in self._words:
            self._words[dialect.name] = _words(self._statement, dialect)
        return self._words[dialect.name]


def _words(statement: Any, dialect: Dialect) -> _Words:
    said = statement.compile(dialect=dialect)
    names = tuple(said.positiontup or said.binds)
    converts = {
        name: convert
        for name, bind in said.binds.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {name: bind.value for name, bind in said.binds.items() if not bind.required}
    constants = {name: converts[name](value) if name in converts else value for name, value in fixed.items()}
    return _Words(str(said), names, bool(said.positiontup), constants, converts)
