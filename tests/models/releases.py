"""Databases as earlier releases left them: rows that their own commands wrote, laid into their own tables.

`previous/<revision>/rows.sql` and `state.json` come from a run of that release (import, enrol, assign, three
`run-day`, a change of contact; `state --json`). To add a release, run it so and then, in its own checkout:
`python -m tests.models.releases DATABASE.sqlite3 > rows.sql`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import inspect, text

from models import migrate
from models.session import Database

FOLDER = Path(__file__).parent / "previous"
RELEASES = ("0001", "0006")
Rows = dict[str, list[dict[str, Any]]]


def lay(database: Database, revision: str) -> None:
    """Make a release's tables in an empty database, and its rows."""
    go_to(database, revision)
    script = (FOLDER / revision / "rows.sql").read_text(encoding="utf-8")
    with database.engine.connect() as connection:
        if not database.has_room:
            connection.connection.dbapi_connection.executescript(script)  # type: ignore[union-attr] # sqlite3's own
            return
        connection.exec_driver_sql(script)
        for table in inspect(connection).get_table_names():
            if "id" in {column["name"] for column in inspect(connection).get_columns(table)}:
                last = f"(SELECT COALESCE(MAX(id), 0) + 1 FROM {table})"
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last}, false)"))
        connection.commit()


def go_to(database: Database, revision: str) -> None:
    """Bring a database to the tables of a release, forward or back."""
    config, now = migrate.config_for(database.engine), migrate.revision_of(database.engine) or ""
    (command.upgrade if now < revision else command.downgrade)(config, revision)


def said(revision: str) -> Any:
    """Return what that release said of its state."""
    return json.loads((FOLDER / revision / "state.json").read_text(encoding="utf-8"))


def rows(database: Database) -> Rows:
    """Return all that is in the tables, whatever they are; each table's rows in the order of their keys."""
    with database.engine.connect() as connection:
        tables = [one for one in inspect(connection).get_table_names() if one != "alembic_version"]
        found = {one: connection.execute(text(f'SELECT * FROM "{one}"')).mappings().all() for one in tables}
    return {table: sorted((dict(row) for row in some), key=str) for table, some in found.items()}


def kept(before: Rows, after: Rows) -> Rows:
    """Return of the rows of later the tables and columns that were there before."""
    columns = {table: set(some[0]) for table, some in before.items() if some}
    return {
        table: sorted(
            ({name: value for name, value in row.items() if name in columns.get(table, ())} for row in after[table]),
            key=str,
        )
        for table in before
    }


def written(file: str) -> Iterator[str]:
    """Yield the statements that write a SQLite database's rows, parents first, for either kind of database."""
    from sqlmodel import SQLModel

    import models  # noqa: F401 - its tables

    connection = sqlite3.connect(file)
    for table in SQLModel.metadata.sorted_tables:
        described = connection.execute(f'PRAGMA table_info("{table.name}")').fetchall()
        names = ", ".join(f'"{column[1]}"' for column in described)
        first = "digest_id IS NOT NULL, " if table.name == "notice" else ""
        order = first + ", ".join(f'"{column.name}"' for column in table.primary_key)
        for row in connection.execute(f'SELECT {names} FROM "{table.name}" ORDER BY {order}'):
            values = (_literal(value, column[2]) for value, column in zip(row, described, strict=True))
            yield f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(values)});'


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return "NULL"
    if kind.upper() == "BOOLEAN":
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in written(sys.argv[1]))
