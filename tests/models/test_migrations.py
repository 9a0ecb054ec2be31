"""The schema: from nothing to this release, back, and ahead of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from models import migrate
from models.session import Database
from programme.errors import DatabaseTooNew


def opened(path: Path) -> Database:
    return Database(f"sqlite:///{path}", durable=False)


def checks(engine: Engine) -> dict[str, list[tuple[Any, str]]]:
    inspector = inspect(engine)
    return {
        table: sorted((check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_upgrade_from_nothing_makes_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_upgrade_makes_the_checks_of_the_models(database: Database, tmp_path: Path) -> None:
    direct = opened(tmp_path / "direct.sqlite3")
    SQLModel.metadata.create_all(direct.engine)
    assert checks(database.engine) == checks(direct.engine)
    assert sum(map(len, checks(direct.engine).values())) == 14
    direct.close()


def test_revision_of_an_empty_database_is_none(tmp_path: Path) -> None:
    empty = opened(tmp_path / "new.sqlite3")
    assert migrate.revision_of(empty.engine) is None
    empty.close()


def test_upgrade_twice_changes_nothing(database: Database) -> None:
    def schema() -> list[object]:
        with database.engine.connect() as connection:
            return list(connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name")).all())

    before = (migrate.revision_of(database.engine), schema())
    migrate.upgrade(database.engine)
    assert (migrate.revision_of(database.engine), schema()) == before


def test_downgrade_leaves_no_table(database: Database) -> None:
    command.downgrade(migrate.config_for(database.engine), "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    assert migrate.revision_of(database.engine) is None


def test_upgrade_after_a_downgrade_makes_the_tables_again(database: Database) -> None:
    command.downgrade(migrate.config_for(database.engine), "base")
    migrate.upgrade(database.engine)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_database_of_a_newer_release_is_refused_and_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"made by a newer release \(9999\)"):
        migrate.upgrade(database.engine)
    assert migrate.revision_of(database.engine) == "9999"
