"""A database that cannot be used is told in one sentence, with what to do."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import text

from models import migrate
from models.session import Database
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


def test_way_back_is_shown_before_it_is_gone(mourafaka: Command) -> None:
    ran = mourafaka("init", "--back-to", "0010")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "Schema 0010 does not have:",
        "- access_log (0 rows)",
        "- enrolment.pseudonymised_on (0 rows)",
        "- notice.place (0 rows)",
        "Nothing is changed yet: stop everything, make a copy with `mourafaka backup`, then repeat with --yes.",
    ]
    assert "Schema 0010 does not have:" in mourafaka("init", "--back-to", "0010").out  # it was not changed


def test_way_back_is_gone_and_the_next_command_of_this_release_comes_forward_again(mourafaka: Command) -> None:
    assert mourafaka("init", "--back-to", "0010", "--yes").out.splitlines()[-1] == (
        "The tables are those of schema 0010. Install that release now, before any other command: one of this release "
        "would bring them forward again."
    )
    assert mourafaka("init", "--back-to", "0010").err.strip() == (
        "The tables cannot go back to 0010: they are those of 0010; name one of 0009, 0008, 0007, 0006, 0005, 0004, "
        "0003, 0002, 0001; nothing was changed."
    )
    assert mourafaka("init").code == 0
    assert "Schema 0010 does not have:" in mourafaka("init", "--back-to", "0010").out


def test_database_of_a_newer_release_is_told_with_the_three_ways_on(mourafaka: Command, database_url: str) -> None:
    database = Database(database_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for words in (("health",), ("init",), ("web",), ("init", "--back-to", "0010")):
        [line] = mourafaka(*words).err.splitlines()
        assert line.startswith("The database was made by a newer release (9999) and was left as it is: install ")
        assert f"`mourafaka init --back-to {migrate.head()}`" in line
    examined = mourafaka("doctor").out
    assert "is ahead of this release." in examined
    assert f"`mourafaka init --back-to {migrate.head()}`" in " ".join(examined.split())
