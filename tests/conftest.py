"""Fixtures that every room's tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import runtime  # noqa: F401 - first: it chooses the time zone data
from models.session import Database
from tests import databases, engines, postgres, prefects, startup

os.environ["MOURAFAKA_LANGUAGE"] = "en"  # the tests read English, whatever the machine speaks

# How long an example takes says something of the machine and who else works on it, nothing of the property.
settings.register_profile("mourafaka", deadline=None, print_blob=True)
settings.load_profile("mourafaka")


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL when the tests are to run on it: once, before the workers that share it."""
    startup.spare()
    engines.share()
    if (cache := getattr(config, "cache", None)) is not None:  # pytest can be told to keep nothing
        prefects.keep_in(cache.mkdir)
    if databases.IS_POSTGRESQL and not hasattr(config, "workerinput"):
        postgres.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it, whatever became of the tests."""
    if not hasattr(config, "workerinput"):
        postgres.stop()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which run the totals below are of."""
    terminalreporter.write_line(f"on {'PostgreSQL' if databases.IS_POSTGRESQL else 'SQLite'}:")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what touches a database, but not what is about SQLite's files; the rest was run already."""
    gc.freeze()  # what was imported stays: looking through it again and again took a fifth of the time
    gc.set_threshold(20_000, 20, 20)
    if hasattr(config, "workerinput"):
        items.sort(key=_begins_late)
        for item in items:
            _tell_its_group(item)
    if databases.IS_POSTGRESQL:
        config.hook.pytest_deselected(items=[item for item in items if not _runs_on_postgresql(item)])
        items[:] = [item for item in items if _runs_on_postgresql(item)]


def _begins_late(item: pytest.Item) -> int:
    """Put what takes long first, so that all workers end together; what a group shares is given out as one piece."""
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


def _tell_its_group(item: pytest.Item) -> None:
    """Put a test's group at the end of its id, where xdist looks who belongs together.

    It does so itself where pytest 9.2 no longer looks: each worker then started a Prefect server of its own.
    """
    mark = item.get_closest_marker("xdist_group")
    if mark is not None and hasattr(item, "_id") and "@" not in item.nodeid:
        item._id = item.id.parse(f"{item.nodeid}@{mark.args[0]}")


def _runs_on_postgresql(item: pytest.Item) -> bool:
    marks = {mark.name for mark in item.iter_markers()}
    touches_one = "database" in marks or "database_url" in getattr(item, "fixturenames", ())
    return touches_one and "sqlite" not in marks


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Prefect server with files of its own: one for all tests, it costs seconds to start."""
    home = prefects.home(tmp_path_factory.mktemp("prefect"))
    os.environ["PREFECT_HOME"] = str(home)
    from flows.server import prefect_server

    with prefect_server(home) as url:
        yield url


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder of a test's own."""
    return tmp_path


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a real, empty database of a test's own."""
    url = databases.empty(tmp_path / "mourafaka.sqlite3", used="database" in request.fixturenames)
    yield url
    databases.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A real database of its own for a test."""
    with databases.opened(database_url) as opened:
        yield opened
