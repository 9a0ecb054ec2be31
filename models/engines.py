"""How each kind of database is prepared: SQLite's settings and its lock, PostgreSQL's limits and its pen."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from programme.database_errors import DatabaseDriverMissing, DatabaseUnknown

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""
FROZEN_SECONDS = 300
"""How long a transaction may stand still before PostgreSQL ends it: its process froze, and others wait."""
GONE_SECONDS = 20
"""How long PostgreSQL waits for a machine that does not answer: it may have lost its current, the pen in its hand."""
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
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
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
