"""One Prefect server for all the tests of flows: it costs seconds to start, and nothing to share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import runtime  # noqa: F401 - first: it chooses the time zone data


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Prefect server, with files of its own."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_HOME"] = str(home)
    from flows.server import prefect_server

    with prefect_server(home) as url:
        yield url


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder of a test's own."""
    return tmp_path
