"""Copies of the whole database: made while others write, and never found half-written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from models.placing import part_of, put_in_place
from models.postgresql_store import PostgresqlStore
from models.sqlite_store import SqliteStore
from models.stores import Store
from programme.civil import wall
from programme.keeping_errors import CopyThere, CopyUnwritable
from programme.system_words import system_words


@dataclass(frozen=True)
class Copied:
    """A copy that was made: where it lies, and how many bytes it has."""

    path: Path
    size: int


def store_of(url: str, tools: Path | None = None) -> Store:
    """Return the database of an address, as a whole."""
    return SqliteStore(url) if make_url(url).get_backend_name() == "sqlite" else PostgresqlStore(url, tools)


def back_up(store: Store, out: Path, *, now: datetime) -> Copied:
    """Copy a database as it is at one moment; into a folder, the copy's name says the moment.

    The schema is left as it is, so that a copy can be made before a new release brings it forward.
    Only its owner can read the copy: there are people in it.
    """
    path = (out / f"mourafaka-{stamp(now)}{store.suffix}" if out.is_dir() else out).absolute()
    if path.exists():
        raise CopyThere(path=path)
    try:
        with part_of(path) as part:
            store.save(part)
            size = part.stat().st_size
            put_in_place(part, path)
    except OSError as problem:
        raise CopyUnwritable(path=path, problem=system_words(problem)) from problem
    return Copied(path, size)


def stamp(now: datetime) -> str:
    """Return a moment as it stands in names: Casablanca's wall time, to the second."""
    return f"{wall(now):%Y%m%dT%H%M%S}"
