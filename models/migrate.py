"""Brings a database's schema up to this release, or says that it is ahead of it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

import migrations
from programme.errors import DatabaseTooNew

FOLDER = Path(migrations.__file__).parent


def config_for(engine: Engine) -> Config:
    """Return Alembic's configuration for one database."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Create or migrate the schema, at one stroke or not at all; refused when a newer release made it."""
    config = config_for(engine)
    scripts, current = ScriptDirectory.from_config(config), revision_of(engine)
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseTooNew(revision=current)
    if current != scripts.get_current_head():
        command.upgrade(config, "head")


def head() -> str | None:
    """Return the revision of this release's tables."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()


def revision_of(engine: Engine) -> str | None:
    """Return the schema's revision; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
