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
    config = _config()
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Create or migrate the schema, at one stroke or not at all; refused when a newer release made it."""
    current = revision_of(engine)
    if is_ahead(current):
        raise DatabaseTooNew(revision=current, ours=head())
    if current != head():
        command.upgrade(config_for(engine), "head")


def is_ahead(revision: str | None) -> bool:
    """Tell whether a newer release than this one made these tables."""
    return revision is not None and revision not in revisions()


def head() -> str | None:
    """Return the revision of this release's tables."""
    return next(iter(revisions()), None)


def revisions() -> list[str]:
    """Return every revision that this release knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def revision_of(engine: Engine) -> str | None:
    """Return the schema's revision; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
