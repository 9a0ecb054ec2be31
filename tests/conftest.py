"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

import runtime  # noqa: F401 - first: it chooses the time zone data
from models import migrate
from models.session import Database


@pytest.fixture(scope="session")
def empty_database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file: copied for each test, so that migrations run once a session."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def database(empty_database_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A real database of its own for a test."""
    path = tmp_path / "mourafaka.sqlite3"
    copyfile(empty_database_file, path)
    opened = Database(f"sqlite:///{path}", durable=False)
    yield opened
    opened.close()
