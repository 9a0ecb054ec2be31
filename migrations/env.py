"""Alembic's environment: one engine, handed over by models.migrate."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401 - its tables are the target

engine = context.config.attributes["engine"]
is_sqlite = engine.dialect.name == "sqlite"


def keep_foreign_keys(connection, *, on):
    """Switch SQLite's own check, outside any transaction: a table that is made anew is dropped in between."""
    if is_sqlite:
        connection.connection.dbapi_connection.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


# A writer from its first word on: of two processes that start at once, the second one finds nothing left to do.
with engine.connect().execution_options(writes=True) as connection:
    keep_foreign_keys(connection, on=False)
    # All migrations or none of them, on SQLite too: we say BEGIN there ourselves (models/engines.py).
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, transactional_ddl=True
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite and (orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"the migration would leave rows without what they belong to: {orphans[:5]}")
            if judge := context.config.attributes.get("judge"):
                judge(connection)  # may refuse what it sees: then nothing is changed
        connection.commit()
    finally:
        connection.rollback()
        keep_foreign_keys(connection, on=True)
