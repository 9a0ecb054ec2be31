"""A scratch copy of a database, for futures that must not touch the real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import SQLModel

from models import Hold, migrate
from models.session import Database
from runtime.clock import Clock
from runtime.house import House

ROWS = 1000


@contextmanager
def scratch(house: House) -> Iterator[House]:
    """Give a house on a copy of the database, with a clock of its own; both are gone afterwards."""
    with TemporaryDirectory(prefix="mourafaka-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'scratch.sqlite3'}", durable=False)
        migrate.upgrade(database.engine)
        _copy(house.database, database)
        try:
            yield replace(house, database=database, clock=Clock(house.clock.now()))
        finally:
            database.close()


def _copy(source: Database, target: Database) -> None:
    """Copy every row as it is at one moment, table by table: the same whatever engine the source is on."""
    with source.reading() as session, target.engine.connect() as new:
        old = session.connection()
        new.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # a notice may stand before the message that tells it
        # A future is lived as if somebody had let the mail go: there nobody can.
        for table in (one for one in SQLModel.metadata.sorted_tables if one.name != Hold.__tablename__):
            rows = old.execution_options(stream_results=True).execute(table.select())
            for part in rows.mappings().partitions(ROWS):
                new.execute(table.insert(), [dict(row) for row in part])
        new.commit()
