"""A database that cannot be used is told in one sentence, with what to do."""

from __future__ import annotations

import sys

import pytest

from tests.cli.conftest import Command


def said(mourafaka: Command, monkeypatch: pytest.MonkeyPatch, url: str) -> str:
    monkeypatch.setenv("MOURAFAKA_DATABASE_URL", url)
    ran = mourafaka("health")
    assert (ran.code, ran.out) == (1, "")
    [line] = ran.err.splitlines()
    return line


def test_server_that_does_not_answer_is_said_in_one_sentence(
    mourafaka: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = said(mourafaka, monkeypatch, "postgresql+psycopg://somebody:secret@127.0.0.1:1/nowhere")
    assert line.startswith("The database cannot be used (connection")
    assert line.endswith("check its address, its disk and its rights, then run `mourafaka doctor`.")
    assert "secret" not in line


def test_database_of_another_kind_is_refused(mourafaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(mourafaka, monkeypatch, "mysql://somebody:secret@127.0.0.1/nowhere") == (
        "MOURAFAKA_DATABASE_URL is no address of a database that is known here (mysql): "
        "write sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME."
    )


def test_missing_driver_is_named_with_what_installs_it(mourafaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert said(mourafaka, monkeypatch, "postgresql+psycopg://somebody@127.0.0.1/nowhere") == (
        "psycopg is missing, without which PostgreSQL cannot be used: run `pip install 'mourafaka[postgresql]'`."
    )
