"""A question about many rows whose list is one value: it is put in the same words however many there are.

`IN (?, ?, …)` is written anew, compiled and bound value by value each time, which costs more than the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import ARRAY, Boolean, Dialect, Integer, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Many(TypeDecorator[Any]):
    """A list of numbers or of texts: an array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, item: type[Integer] | type[String]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how a database takes a list."""
        return dialect.type_descriptor(ARRAY(self.item()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Hand the list over."""
        return value if dialect.name == "postgresql" else orjson.dumps(value).decode()


class Among(FunctionElement[bool]):
    """Holds of a row whose column is one of the values."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> Among:  # noqa: ARG002
        """Stay a condition: compared with true (`… = 1`), as SQLite has other functions, no index would serve it."""
        return self


def among(column: Any, values: Collection[Any]) -> Among:
    """Return the condition that a column of numbers or texts is one of these values."""
    item = Integer if isinstance(column.type, Integer) else String
    return Among(column, bindparam(None, sorted(values), type_=Many(item), unique=True))


@compiles(Among, "sqlite")
def _on_sqlite(element: Among, compiler: Any, **more: Any) -> str:
    column, values = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a column of ours, and a parameter


@compiles(Among, "postgresql")
def _on_postgresql(element: Among, compiler: Any, **more: Any) -> str:
    column, values = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY({values})"
