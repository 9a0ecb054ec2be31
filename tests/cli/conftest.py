"""Runs commands as a person would, in a folder of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from models.session import Database
from runtime import house as houses
from tests import databases
from tests.moulds import fill, keep

AS_OF = "2026-12-14T10:00"


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the one JSON document on stdout."""
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """The address of the database that the commands find."""
    (tmp_path / "data").mkdir()
    url = databases.empty(tmp_path / "data" / "mourafaka.sqlite3")
    yield url
    databases.drop(url)


@cache
def _command_tree(app: typer.Typer) -> Any:
    """Put the commands together once a process, as a person's process does: a quarter of a command's time."""
    return _put_together(app)


_put_together = typer.main.get_command


@pytest.fixture
def mourafaka(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Give a function that runs `mourafaka` with these words, under the virtual clock of 2026-12-14."""
    from cli.app import run

    monkeypatch.setattr(typer.main, "get_command", _command_tree)
    monkeypatch.chdir(tmp_path)
    for name in ("MOURAFAKA_SMTP_URL", "MOURAFAKA_DATABASE_URL", "MOURAFAKA_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOURAFAKA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MOURAFAKA_LANGUAGE", "en")
    if databases.IS_POSTGRESQL:  # else it is the file that is the default
        monkeypatch.setenv("MOURAFAKA_DATABASE_URL", database_url)

    def command(*words: str, as_of: str = AS_OF) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mourafaka", "--as-of", as_of, *words])
        capsys.readouterr()
        try:
            run()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            house = houses._house
            if house is not None:
                house.database.close()
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture
def after(mourafaka: Command, database_url: str, request: pytest.FixtureRequest) -> Callable[..., Command]:
    """Give a function that has these commands run, and returns `mourafaka`; a module's next test copies what they left.

    A file that they read is the same each time, under a name in the test's folder or in the repository.
    """

    def run_once(*commands: tuple[str, ...]) -> Command:
        key = (request.module.__name__, commands)
        database = Database(database_url, durable=False)
        if not fill(database, key):
            for words in commands:
                ran = mourafaka(*words)
                assert ran.code == 0, ran.err
            keep(database, key)
        database.close()
        return mourafaka

    return run_once
