"""The schema: from nothing to this release, back, and ahead of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, Inspector, inspect, text
from sqlmodel import SQLModel, select

from models import Person, migrate
from models.session import Database
from programme.errors import DatabaseTooNew
from tests import databases

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    url = databases.bare(tmp_path / "bare.sqlite3")
    opened = Database(url, durable=False)
    yield opened
    opened.close()
    databases.drop(url)


def schema(engine: Engine) -> dict[str, list[str]]:
    """Return what each table is made of, whatever the order in which it came to be.

    Without defaults: a column that joins a table with rows in it needs one, and the model does not.
    """
    inspector = inspect(engine)
    return {
        table: sorted(_columns_and_checks(inspector, table) + _keys(inspector, table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _columns_and_checks(inspector: Inspector, table: str) -> list[str]:
    return [
        *(f"column {one['name']} {one['type']} {one['nullable']}" for one in inspector.get_columns(table)),
        *(f"check {one['name']} {one['sqltext']}" for one in inspector.get_check_constraints(table)),
    ]


def _keys(inspector: Inspector, table: str) -> list[str]:
    return [
        f"primary {inspector.get_pk_constraint(table)['constrained_columns']}",
        *(f"foreign {one['constrained_columns']} {one['referred_table']}" for one in inspector.get_foreign_keys(table)),
        *(f"unique {one['column_names']}" for one in inspector.get_unique_constraints(table)),
        *(
            f"index {one['name']} {one['column_names']} {one['unique']} {_where(one)}"
            for one in inspector.get_indexes(table)
        ),
    ]


def _where(index: Any) -> list[str]:
    return [str(value) for name, value in index.get("dialect_options", {}).items() if name.endswith("_where")]


def test_upgrade_from_nothing_makes_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_upgrade_makes_the_columns_keys_indexes_and_checks_of_the_models(database: Database, bare: Database) -> None:
    SQLModel.metadata.create_all(bare.engine)
    assert schema(database.engine) == schema(bare.engine)
    inspector, tables = inspect(bare.engine), SQLModel.metadata.tables.values()
    found = sum(len(inspector.get_check_constraints(table.name)) for table in tables)
    assert found == sum(isinstance(one, CheckConstraint) for table in tables for one in table.constraints)
    assert sum(map(len, schema(bare.engine).values())) > 300


@pytest.mark.database
def test_revision_of_an_empty_database_is_none(bare: Database) -> None:
    assert migrate.revision_of(bare.engine) is None


def test_upgrade_twice_changes_nothing(database: Database) -> None:
    before = (migrate.revision_of(database.engine), schema(database.engine))
    migrate.upgrade(database.engine)
    assert (migrate.revision_of(database.engine), schema(database.engine)) == before


@pytest.mark.database
def test_two_processes_that_start_at_once_make_the_tables_once(bare: Database) -> None:
    program = "import sys; from models import migrate; from models.session import Database;"
    program += "migrate.upgrade(Database(sys.argv[1]).engine)"
    both = [subprocess.Popen([sys.executable, "-c", program, bare.url], cwd=ROOT) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    scripts = ScriptDirectory.from_config(migrate.config_for(bare.engine))
    assert migrate.revision_of(bare.engine) == scripts.get_current_head()
    assert len(inspect(bare.engine).get_table_names()) == len(SQLModel.metadata.tables) + 1


def test_texts_are_sorted_by_code_point(database: Database) -> None:
    """Whatever the language of the machine that PostgreSQL runs on: coaches are assigned in the order of codes."""
    codes = ["C-2", "c1", "C10", "É", "a", "B", "ب"]
    with database.transaction() as session:
        session.add_all([Person(code=code, name="X") for code in codes])
    with database.reading() as session:
        assert list(session.exec(select(Person.code).order_by(Person.code))) == sorted(codes)
    if database.has_room:
        ours = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = 'public'"
        with database.engine.connect() as connection:
            of_short_texts = f"{ours} AND data_type = 'character varying' AND table_name <> 'alembic_version'"
            assert connection.execute(text(of_short_texts)).scalars().all() == ["C"]


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
