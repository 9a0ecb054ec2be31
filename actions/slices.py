"""Cuts long lists of ids: a database takes only so many parameters in one question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
AT_ONCE = 1_000
"""Far below the 32,766 of SQLite since 3.32 and the 65,535 of PostgreSQL."""


def sliced(items: Sequence[Item], size: int = AT_ONCE) -> Iterator[Sequence[Item]]:
    """Yield a list in pieces of so many, in order."""
    for first in range(0, len(items), size):
        yield items[first : first + size]
