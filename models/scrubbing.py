"""Takes what was overwritten or deleted out of a database's files, where its bytes would still be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy.exc import DBAPIError

from models.engines import BUSY_SECONDS
from models.session import Database


def scrub(database: Database) -> bool:
    """Write a database anew without what is no longer in its tables; False when others kept it from being done.

    SQLite leaves the bytes of what was deleted in free pages and in its write-ahead log: the file is
    written anew, which needs as much room again and keeps writers waiting meanwhile. PostgreSQL leaves
    them in dead rows, which are given free (docs/adr/0017). Done again, it does the same.
    """
    return _vacuum(database) if database.has_room else _write_anew(str(database.engine.url.database))


def _vacuum(database: Database) -> bool:
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
    except DBAPIError:
        return False
    return True


def _write_anew(file: str) -> bool:
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("VACUUM")
            [(busy, _pages, _moved)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError:  # another one writes for longer than we wait, or the disk is full
            return False
    return not busy
