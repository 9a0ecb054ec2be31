"""Column types and checks that the tables share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, DateTime, Dialect, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.ext.mutable import MutableDict
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString


class Instant(TypeDecorator[datetime]):
    """An instant: stored in UTC, given back aware (SQLite keeps no zone); a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn an aware instant into naive UTC for the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


@compiles(AutoString, "postgresql")
def _sorted_as_on_sqlite(_type: AutoString, _compiler: Any, *, type_expression: object = None, **_more: Any) -> str:
    """Have PostgreSQL sort our texts by code point, as SQLite does, not by the language of its machine.

    What is done in the order of codes and keys (coaches are assigned so) is the same everywhere.
    """
    return 'VARCHAR COLLATE "C"' if isinstance(type_expression, Column) else "VARCHAR"


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Return a CHECK that keeps a text column to the words of the programme."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def json_column() -> Column[Any]:
    """Return a JSON object column that notices changes made inside it."""
    return Column(MutableDict.as_mutable(JSON()), nullable=False, default=dict)


def columns(table: type[SQLModel]) -> Any:
    """Return a table's columns, for questions whose answers are rows and no objects."""
    return table.__table__.c  # type: ignore[attr-defined] # SQLModel does not declare it
