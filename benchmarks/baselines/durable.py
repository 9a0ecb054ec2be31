"""A SQLite file whose every commit waits for the disk, as our own do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


def durable_engine(path: Path) -> Engine:
    """Open the file, new or not."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set)
    return engine


def _set(connection: Any, _record: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)
