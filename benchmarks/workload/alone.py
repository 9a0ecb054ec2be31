"""The least that the engine's workload costs in SQLite: its statements and their values, said by the driver alone.

Another process lives the workload with the engine and writes down whatever it says to the database, in order. Here it
is said again, to a new database of the same tables: what it takes is SQLite's own, with the driver's handing over.
"""

from __future__ import annotations

import marshal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, event

from benchmarks.workload import ours
from benchmarks.workload.counting import told
from benchmarks.workload.totals import Totals
from models.session import Database

SAID, FILE = "said.bin", "alone.sqlite3"
FROM_THE_ENGINE = ("journal_mode", "synchronous", "cache_size", "wal_autocheckpoint", "temp_store", "foreign_keys")
"""Settings of a connection that decide what a statement costs: as the engine has them."""


def prepare(n: int, seed: int, folder: Path) -> None:
    """Have the engine live the workload, and write down all that it says; its own database goes again."""
    subprocess.run([sys.executable, "-m", __name__, str(n), str(seed), str(folder)], check=True)  # noqa: S603 - our own words
    for path in folder.glob(f"{ours.FILE}*"):
        path.unlink()


def run(n: int, seed: int, folder: Path) -> Totals:
    """Say it all again; what comes of it are the same totals."""
    del n, seed
    database = ours.opened(folder / FILE)
    with database.engine.connect() as connection:
        settings = [(name, connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in FROM_THE_ENGINE]
    connecting = closing(sqlite3.connect(folder / FILE, isolation_level=None))
    with connecting as alone, (folder / SAID).open("rb") as file:
        for name, value in settings:
            alone.execute(f"PRAGMA {name} = {value}")
        for statement, values in _read(file):
            if isinstance(values, list):
                alone.executemany(statement, values)
            else:
                alone.execute(statement, values).fetchall()
    totals = told(database, ours.START)
    database.close()
    return totals


def record(n: int, seed: int, folder: Path) -> None:
    """Live the workload with the engine, and write down what it says to its database."""
    database = ours.opened(folder / ours.FILE)
    with (folder / SAID).open("wb") as file:
        _listen(database, file)
        ours.lived(database, n, seed)
        database.close()


def _listen(database: Database, file: IO[bytes]) -> None:
    numbers: dict[str, int] = {}

    def note(statement: str, values: Any = ()) -> None:
        new = statement not in numbers
        number = numbers.setdefault(statement, len(numbers))
        marshal.dump((statement if new else number, values), file)

    def say(_connection: object, _cursor: object, statement: str, values: Any, _context: object, _many: bool) -> None:
        if not statement.startswith("BEGIN"):  # it is told by the event of its own
            note(statement, [*map(tuple, values)] if _are_many(values) else tuple(values))

    def begin(_connection: Connection) -> None:
        note("BEGIN IMMEDIATE")

    event.listen(database.engine, "before_cursor_execute", say)
    event.listen(database.engine, "begin", begin)
    event.listen(database.engine, "commit", lambda _: note("COMMIT"))
    event.listen(database.engine, "rollback", lambda _: note("ROLLBACK"))


def _are_many(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and isinstance(values[0], tuple | list)


def _read(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    statements: list[str] = []
    while True:
        try:
            said, values = marshal.load(file)  # noqa: S302 - we wrote it
        except EOFError:
            return
        if isinstance(said, str):
            statements.append(said)
        yield said if isinstance(said, str) else statements[said], values


if __name__ == "__main__":
    record(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
