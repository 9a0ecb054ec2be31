"""Where the measured database is: a SQLite file, or a PostgreSQL server; each run starts with the same cohort."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from benchmarks.notices.scenario import prepare

TEMPLATE, RUN = "mourafaka_bench_template", "mourafaka_bench_run"


class File:
    """A SQLite file, durable as in real life (WAL, synchronous=FULL)."""

    def __init__(self, folder: Path) -> None:
        self._template, self._run = folder / "template.sqlite3", folder / "run.sqlite3"

    def prepare(self, mails: int) -> None:
        """Plan the cohort."""
        prepare(f"sqlite:///{self._template}", mails, self._template.parent)

    def fresh(self) -> str:
        """Return the URL of a database that nobody has touched since it was planned."""
        for suffix in ("", "-wal", "-shm"):
            self._run.with_name(self._run.name + suffix).unlink(missing_ok=True)
        copyfile(self._template, self._run)
        return f"sqlite:///{self._run}"


class Server:
    """A PostgreSQL server, given by the URL of a database on it; two databases are made beside that one."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = make_url(url), folder

    def prepare(self, mails: int) -> None:
        """Plan the cohort."""
        self._make(TEMPLATE)
        prepare(self._named(TEMPLATE), mails, self._folder)

    def fresh(self) -> str:
        """Return the URL of a database that nobody has touched since it was planned."""
        self._make(RUN, f" TEMPLATE {TEMPLATE}")
        return self._named(RUN)

    def _make(self, name: str, like: str = "") -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {name}{like}")
        engine.dispose()

    def _named(self, name: str) -> str:
        url: URL = self._url.set(database=name)
        return url.render_as_string(hide_password=False)


Place = File | Server


def place(url: str | None, folder: Path) -> Place:
    """Return the place of a PostgreSQL URL; without one, a file in the folder."""
    return Server(url, folder) if url else File(folder)
