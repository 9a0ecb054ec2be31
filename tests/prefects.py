"""Folders for Prefect servers of tests: their tables are made once, not at each start, which costs it seven seconds."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

DATABASE, MEMO = "prefect.db", "memo_store.toml"
"""What a server has written when it has started: its database, and that its kinds of blocks are in it."""
START = """
import sys
from pathlib import Path
import runtime, flows
from flows.server import prefect_server

with prefect_server(Path(sys.argv[1])):
    pass
"""
_own = TemporaryDirectory(prefix="mourafaka-test-", ignore_cleanup_errors=True)
_kept: list[Callable[[str], Path]] = []


def keep_in(folder: Callable[[str], Path]) -> None:
    """Say where what is made is kept for later sessions, by a function that gives a folder; else it goes with us."""
    _kept[:] = [folder]


def home(path: Path) -> Path:
    """Make the folder of a server that has been started before, by this release of Prefect; return it."""
    path.mkdir(parents=True, exist_ok=True)
    folder = _kept[0](f"prefect-{version('prefect')}") if _kept else Path(_own.name)
    with _alone(folder):
        if not (folder / MEMO).exists():
            _make(folder)
    for name in (DATABASE, MEMO):
        copyfile(folder / name, path / name)
    return path


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process after the other in: whoever comes second finds it made."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """Start a server in an empty folder, end it, and keep what it has written, the memo last."""
    with TemporaryDirectory(prefix="mourafaka-prefect-", ignore_cleanup_errors=True) as made:
        given = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MOURAFAKA_"))}
        environment = given | {"PREFECT_HOME": made, "PYTHONTZPATH": ""}
        root = Path(__file__).resolve().parents[1]
        subprocess.run([sys.executable, "-c", START, made], cwd=root, env=environment, check=True)
        written = Path(made)
        (folder / DATABASE).unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(written / DATABASE)) as source,
            closing(sqlite3.connect(folder / DATABASE)) as target,
        ):
            source.backup(target)
        copyfile(written / MEMO, folder / MEMO)
