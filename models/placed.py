"""Where a notice's key stands in the index of keys, and how a notice is found by its key."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import Dialect, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

PARTS = slice(2, 4)
"""The parts of a key that say what is told of which step and of which day, and not of whom and to whom."""
DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def place_of(key: str) -> int:
    """Return a number by which keys of one kind, step and day stand together, whosever they are; later days come last.

    A key begins with its enrolment: by itself each of a morning's keys would be written on another page of the
    index. Two keys may share a number; one key has always the same (docs/adr/0024).
    """
    return _numbered("/".join(key.split("/", PARTS.stop)[PARTS]))


@lru_cache(maxsize=4096)
def _numbered(text: str) -> int:
    """Return a number that grows with the first day in a text (none: before all), and parts most texts of a day."""
    found = DAY.search(text)
    year, month, day = map(int, found.groups()) if found else (0, 0, 0)
    return ((year * 12 + month) * 32 + day) << 8 | crc32(text.encode()) & 0xFF


class Keys(TypeDecorator[Any]):
    """A list of keys, each with its place, as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Hand the list over."""
        return orjson.dumps([[place_of(key), key] for key in value]).decode()


class Keyed(FunctionElement[bool]):
    """Holds of a notice, given by its id, whose key is one of the keys that are handed over."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> Keyed:  # noqa: ARG002
        """Stay a condition: compared with true, no index would serve it."""
        return self


def keyed(notice_id: Any, keys: Collection[str] | str) -> Keyed:
    """Return the condition that a notice has one of these keys; a text is the name under which they are handed over."""
    if isinstance(keys, str):
        return Keyed(notice_id, bindparam(keys, type_=Keys()))
    return Keyed(notice_id, bindparam(None, sorted(keys), type_=Keys(), unique=True))


@compiles(Keyed, "sqlite")
def _on_sqlite(element: Keyed, compiler: Any, **more: Any) -> str:
    """Begin with the keys, and look each up: CROSS JOIN keeps to this order."""
    column, keys = (compiler.process(one, **more) for one in element.clauses)
    return (
        f"{column} IN (SELECT placed.id FROM json_each({keys}) AS said CROSS JOIN notice AS placed "  # noqa: S608 - a column of ours, and a parameter
        "WHERE placed.place = json_extract(said.value, '$[0]') AND placed.\"key\" = json_extract(said.value, '$[1]'))"
    )


@compiles(Keyed, "postgresql")
def _on_postgresql(element: Keyed, compiler: Any, **more: Any) -> str:
    column, keys = (compiler.process(one, **more) for one in element.clauses)
    return (
        f"{column} IN (SELECT placed.id FROM jsonb_array_elements(CAST({keys} AS jsonb)) AS said(value) "  # noqa: S608 - a column of ours, and a parameter
        "JOIN notice AS placed ON placed.place = CAST(said.value ->> 0 AS integer) AND placed.key = said.value ->> 1)"
    )
