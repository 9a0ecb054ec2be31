"""How each kind of database is prepared: SQLite's settings and its lock, PostgreSQL's limits and its pen."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from programme.database_errors import DatabaseDriverMissing, DatabaseUnknown

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""
NAP_SECONDS = 0.0005
"""How long a writer sleeps before it looks again whether another one has finished."""
FROZEN_SECONDS = 300
"""How long a transaction may stand still before PostgreSQL ends it: its process froze, and others wait."""
GONE_SECONDS = 20
"""How long PostgreSQL waits for a machine that does not answer: it may have lost its current, the pen in its hand."""
LOG_PAGES = 10_000
"""Pages after which a commit moves the write-ahead log into the file: some 40 MB, unless somebody reads for long.

A morning or an evening's closings change the same pages of indexes again and again; by SQLite's own 1,000 pages each of
them would be written into the file every few commits (docs/adr/0020).
"""
CACHE_KIB = 16 * 1024
"""How much of the file a connection keeps in memory at most: it takes room only as pages are read."""
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA wal_autocheckpoint = {LOG_PAGES}",
    f"PRAGMA cache_size = -{CACHE_KIB}",
    # What a statement would put back if it failed stays in memory: a file of it would hold people's data too.
    "PRAGMA temp_store = MEMORY",
)
POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "mourafaka",
    # A server that vanished is noticed within a minute, not after the two hours of most systems.
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}
LIMITS = (
    f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout={FROZEN_SECONDS}s -c timezone=UTC "
    # Sooner than whoever waits for its lock gives up: a cable that is pulled closes no connection.
    f"-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_user_timeout={GONE_SECONDS}s"
)
PLAIN_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
"""A day or an object of ours is refused, as Python's own JSON refuses it: whoever writes it says how it is read."""
TAKE_THE_PEN = "SELECT pg_advisory_xact_lock(4661726001)"
"""Waits until no other writer of ours holds this lock; it is given back with the transaction's end."""


def as_json(value: Any) -> str:
    """Return JSON with Arabic as it is written: escaped, each of its letters takes six bytes instead of two."""
    return orjson.dumps(value, option=PLAIN_JSON).decode()


JSON: dict[str, Any] = {"json_serializer": as_json, "json_deserializer": orjson.loads}


def open_engine(text: str, *, durable: bool) -> Engine:
    """Return the engine of a database, prepared; refused when the address is of no kind that is known here."""
    url = _read(text)
    try:
        # A failed statement is told without its values: logs and Prefect keep what is said of it.
        engine = create_engine(url, hide_parameters=True, **JSON, **_options(url, durable=durable))
    except ModuleNotFoundError as problem:
        raise DatabaseDriverMissing(driver=problem.name) from problem
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, durable=durable)
    else:
        _prepare_postgresql(engine)
    return engine


def _read(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as problem:  # not its text: there may be a password in it
        raise DatabaseUnknown(kind="?") from problem
    if url.drivername in {"postgresql", "postgres"}:  # as most hosts hand addresses out
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite" and url.drivername != "postgresql+psycopg":
        raise DatabaseUnknown(kind=url.drivername)
    return url


def _options(url: URL, *, durable: bool) -> dict[str, Any]:
    """Return what PostgreSQL is opened with; what the address itself says stands."""
    if url.get_backend_name() == "sqlite":
        return {}
    limits = LIMITS if durable else f"{LIMITS} -c synchronous_commit=off"
    ours = {name: value for name, value in {**POSTGRESQL, "options": limits}.items() if name not in url.query}
    return {"connect_args": ours, "pool_pre_ping": True, "isolation_level": "READ COMMITTED"}


def _prepare_sqlite(engine: Engine, *, durable: bool) -> None:
    """Set each connection up, and let us (not the driver) say BEGIN."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        if not durable:
            connection.execute("PRAGMA synchronous = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            _take_the_pen(connection, connection.connection.driver_connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _take_the_pen(connection: Connection, driver: Any) -> None:
    """Begin to write as soon as nobody else does.

    SQLite itself would look again after ever longer naps, a tenth of a second in the end: of two senders
    that write every few milliseconds, one would sleep.
    """
    [(patience,)] = driver.execute("PRAGMA busy_timeout")
    until = time.monotonic() + patience / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while _is_kept_waiting(driver) and time.monotonic() < until:
            time.sleep(NAP_SECONDS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for the error as everyone knows it
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _is_kept_waiting(driver: Any) -> bool:
    """Begin to write; tell whether it is another writer that has to finish first."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as problem:
        return problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _prepare_postgresql(engine: Engine) -> None:
    """Have a writer take the pen when it begins, and an error be told without anybody's data."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes", False) and options.get("alone", True):
            connection.exec_driver_sql(TAKE_THE_PEN)

    @event.listens_for(engine, "handle_error")
    def tell_tersely(context: ExceptionContext) -> None:
        """Leave out the detail in which PostgreSQL repeats the row, names and addresses and all."""
        problem = context.original_exception
        primary = getattr(getattr(problem, "diag", None), "message_primary", None)
        if primary is None:
            return
        problem.args = (primary,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(problem).__name__}) {primary}",)
