"""Alembic's environment: one engine, handed over by models.migrate."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401 - its tables are the target

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
