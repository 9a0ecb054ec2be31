"""The file of a newer Prefect is put aside before ours starts; one that ours knows is left as it is."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import prefect
import pytest

from flows.left_behind import ASIDE, FILE, MIGRATIONS, put_aside_what_is_newer


def lay(home: Path, revision: str) -> None:
    with closing(sqlite3.connect(home / FILE)) as file:
        file.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        file.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        file.commit()


def revisions() -> list[str]:
    texts = [one.read_text() for one in (prefect.__module_path__ / MIGRATIONS).glob("*.py")]
    return [found[1] for text in texts if (found := re.search(r"""^revision.*?["'](\w+)["']""", text, re.MULTILINE))]


def test_what_a_newer_prefect_made_is_put_aside_with_all_that_belongs_to_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for once in ("ffffffffffff", "eeeeeeeeeeee"):  # a second way back too
        lay(tmp_path, once)
        (tmp_path / f"{FILE}-wal").write_bytes(b"")
        assert put_aside_what_is_newer(tmp_path) is True
        assert sorted(one.name for one in tmp_path.iterdir()) == [ASIDE, f"{ASIDE}-wal"]
    assert [one.getMessage() for one in caplog.records] == [
        "Prefect's database is of a newer Prefect, and was put aside"
    ] * 2


def test_every_revision_of_this_prefect_is_left_as_it_is(tmp_path: Path) -> None:
    assert len(revisions()) > 100
    for number, revision in enumerate(revisions()):
        home = tmp_path / str(number)
        home.mkdir()
        lay(home, revision)
        assert put_aside_what_is_newer(home) is False
        assert [one.name for one in home.iterdir()] == [FILE]


def test_no_file_or_none_of_prefects_is_left_as_it_is(tmp_path: Path) -> None:
    assert put_aside_what_is_newer(tmp_path) is False
    (tmp_path / FILE).write_bytes(b"no database at all, for sure")
    assert put_aside_what_is_newer(tmp_path) is False
    assert [one.name for one in tmp_path.iterdir()] == [FILE]
