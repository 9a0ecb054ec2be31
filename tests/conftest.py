"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

import runtime  # noqa: F401 - first: it chooses the time zone data
from models import migrate
from models.session import Database

os.environ["MOURAFAKA_LANGUAGE"] = "en"  # the tests read English, whatever the machine speaks


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


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Prefect server with files of its own: one for all tests, it costs seconds to start."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_HOME"] = str(home)
    from flows.server import prefect_server

    with prefect_server(home) as url:
        yield url


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder of a test's own."""
    return tmp_path


@pytest.fixture
def database(empty_database_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A real database of its own for a test."""
    path = tmp_path / "mourafaka.sqlite3"
    copyfile(empty_database_file, path)
    opened = Database(f"sqlite:///{path}", durable=False)
    yield opened
    opened.close()
