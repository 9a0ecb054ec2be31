"""A PostgreSQL database as a whole: dumped by pg_dump, laid beside by pg_restore, and put in another one's place."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from models.placing import sync
from models.session import Database
from models.stores import Staged, has_any_row
from models.trouble import in_a_line
from programme.keeping_errors import (
    CopyDamaged,
    CopyOfAnotherKind,
    DatabaseInUse,
    NoCopy,
    NoRightToRestore,
    ToolFailed,
    ToolMissing,
)

MAGIC, SQLITE = b"PGDMP", b"SQLite format 3\0"
MAINTENANCE = ("postgres", "template1")
"""Databases to stand in while another one is renamed."""


@dataclass(frozen=True)
class PostgresqlStore:
    """A database on a PostgreSQL server; ``tools`` is the folder of its client programs, else they are on the path."""

    url: str
    tools: Path | None = None
    kind: str = "PostgreSQL"
    suffix: str = ".dump"

    @property
    def name(self) -> str:
        """Return the database's name on its server."""
        return str(self._address.database)

    @property
    def path(self) -> str:
        """Return its address without the password."""
        return self._address.render_as_string(hide_password=True)

    @property
    def _address(self) -> URL:
        return make_url(self.url)

    def save(self, part: Path) -> None:
        """Have pg_dump write all of one moment; others go on writing."""
        self._run("pg_dump", "--format=custom", "--no-owner", f"--file={part}", f"--dbname={self._told(self.name)}")
        sync(part)
        self._read_through(part, part)

    def has_rows(self) -> bool:
        """Tell whether anything is in it."""
        database = Database(self.url)
        try:
            with database.engine.connect() as connection:
                return has_any_row(connection)
        finally:
            database.close()

    @contextmanager
    def staged(self, source: Path, stamp: str) -> Iterator[Staged]:
        """Read the copy through, and load it into a database of its own on the same server."""
        _refuse_other_files(source)
        self._read_through(source, source)
        name = f"{self.name}_restored_{stamp}"
        with self._beside(self.name) as server:
            self._told_to(server, f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            self._run(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={self._told(name)}",
                str(source),
            )
            yield Staged(self._url(name), name)
        finally:
            with self._beside(self.name) as server:
                server.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def take_over(self, staged: Staged, stamp: str, *, keep: bool) -> str | None:
        """Rename both in one transaction; refused while somebody is connected to the old one."""
        old = f"{self.name}_before_{stamp}"
        with self._beside(*MAINTENANCE) as server:
            try:
                server.exec_driver_sql(
                    f'BEGIN; ALTER DATABASE "{self.name}" RENAME TO "{old}"; '
                    f'ALTER DATABASE "{staged.name}" RENAME TO "{self.name}"; COMMIT'
                )
            except OperationalError as problem:  # "is being accessed by other users"
                raise DatabaseInUse(path=self.path) from problem
            except ProgrammingError as problem:
                raise NoRightToRestore(problem=in_a_line(problem)) from problem
            if not keep:
                server.exec_driver_sql(f'DROP DATABASE "{old}"')
        return old if keep else None

    def _told_to(self, server: Connection, statement: str) -> None:
        try:
            server.exec_driver_sql(statement)
        except ProgrammingError as problem:
            raise NoRightToRestore(problem=in_a_line(problem)) from problem

    @contextmanager
    def _beside(self, *names: str) -> Iterator[Connection]:
        """Give a connection on which each statement is a transaction of its own, to the first that lets us in."""
        for name in names:
            database = Database(self._url(name))
            try:
                with database.engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
            except DBAPIError:
                database.close()
                if name == names[-1]:
                    raise
                continue
            try:
                with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    yield connection
            finally:
                database.close()
            return

    def _url(self, name: str) -> str:
        return self._address.set(database=name).render_as_string(hide_password=False)

    def _told(self, name: str) -> str:
        """Return an address for PostgreSQL's own programs; the password goes another way, where `ps` shows nothing."""
        plain = self._address.set(drivername="postgresql", database=name)
        return URL.create(
            "postgresql", plain.username, None, plain.host, plain.port, plain.database, plain.query
        ).render_as_string()

    def _read_through(self, file: Path, told_as: Path) -> None:
        """Have pg_restore read a whole dump, to nowhere; refused when it is broken or not one of ours."""
        try:
            self._run("pg_restore", f"--file={os.devnull}", str(file))
            listed = self._run("pg_restore", "--list", str(file))
        except ToolFailed as problem:
            raise CopyDamaged(path=told_as, problem=problem.facts["problem"]) from problem
        if " alembic_version " not in listed or " programme_version " not in listed:
            raise NoCopy(path=told_as)

    def _run(self, tool: str, *words: str) -> str:
        """Run one of PostgreSQL's programs, and return what it printed."""
        found = shutil.which(tool, path=str(self.tools) if self.tools else None)
        if found is None:
            raise ToolMissing(tool=tool)
        secret = {"PGPASSWORD": self._address.password} if self._address.password else {}
        ran = subprocess.run([found, *words], capture_output=True, text=True, env={**os.environ, **secret}, check=False)  # noqa: S603 - our words, no shell
        if ran.returncode != 0:
            lines = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
            raise ToolFailed(tool=tool, problem=lines[0].removeprefix(f"{tool}: error: "))
        return ran.stdout


def _refuse_other_files(source: Path) -> None:
    try:
        with source.open("rb") as file:
            start = file.read(len(SQLITE))
    except OSError as problem:
        raise NoCopy(path=source) from problem
    if start == SQLITE:
        raise CopyOfAnotherKind(path=source, made_on="SQLite", here="PostgreSQL")
    if not start.startswith(MAGIC):
        raise NoCopy(path=source)
