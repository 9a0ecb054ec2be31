"""Questions and changes about many rows, said once: a list goes as one parameter, so the statement is always the same.

A statement that is built anew for each list costs more than what it does: its text, its parameters and the database's
own reading of it all grow with the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, CursorResult, Executable, Integer, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import class_mapper
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, SQLModel


class _Listed(FunctionElement[Any]):
    """The values of a list that is handed over as JSON."""

    inherit_cache = True


class _ListedWhole(_Listed):
    """The same, of whole numbers."""

    inherit_cache = True


@compiles(_Listed, "sqlite")
def _on_sqlite(element: _Listed, compiler: Any, **more: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **more)}))"


@compiles(_Listed, "postgresql")
def _on_postgresql(element: _Listed, compiler: Any, **more: Any) -> str:
    value = "value::integer" if isinstance(element, _ListedWhole) else "value"
    return f"(SELECT {value} FROM json_array_elements_text(CAST({compiler.process(element.clauses, **more)} AS json)))"


def among(column: Any, name: str) -> ColumnElement[bool]:
    """Tell, in the database, whether a column's value is in the list that is handed over as ``name``."""
    listed = _ListedWhole if isinstance(column.type, Integer) else _Listed
    return column.op("IN", return_type=Boolean())(listed(bindparam(name, type_=Text())))  # type: ignore[no-any-return] # a column's operator


def given(values: Iterable[object]) -> str:
    """Return a list as `among` takes it."""
    return json.dumps([*values])


def do(session: Session, statement: Executable, **parameters: Any) -> CursorResult[Any]:
    """Say a statement that was built once, after all that the session has still to write.

    Objects of the session do not follow a change: see `renew`.
    """
    session.flush()
    return session.connection().execute(statement, parameters)


def renew(session: Session, of: type[SQLModel], ids: Iterable[int]) -> None:
    """Read the objects of these rows again that the session has at hand: a statement has changed them."""
    mapper = class_mapper(of)
    for one in ids:
        known = session.identity_map.get(mapper.identity_key_from_primary_key((one,)))
        if known is not None:
            session.refresh(known)
