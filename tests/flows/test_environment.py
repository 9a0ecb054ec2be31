"""A worker's run never makes a database: it begins in an empty folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from programme.errors import WorkerWithoutDatabase


def test_a_worker_s_run_refuses_to_make_a_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from flows.environment import RUN, refuse_a_new_database

    monkeypatch.chdir(tmp_path)
    refuse_a_new_database("sqlite:///data/mourafaka.sqlite3")  # a person's command may
    monkeypatch.setenv(RUN, "0a1b2c3d-0000-4000-8000-000000000001")
    with pytest.raises(WorkerWithoutDatabase) as refused:
        refuse_a_new_database("sqlite:///data/mourafaka.sqlite3")
    assert refused.value.facts["path"] == tmp_path / "data" / "mourafaka.sqlite3"


def test_a_worker_s_run_works_in_a_file_that_is_there_or_in_postgresql(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from flows.environment import RUN, refuse_a_new_database

    monkeypatch.setenv(RUN, "0a1b2c3d-0000-4000-8000-000000000001")
    (tmp_path / "mourafaka.sqlite3").touch()
    refuse_a_new_database(f"sqlite:///{tmp_path}/mourafaka.sqlite3")
    refuse_a_new_database("postgresql+psycopg://mourafaka@db.example/mourafaka")
