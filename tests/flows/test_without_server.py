"""`mourafaka run-day` when the Prefect server that it was given is down: everything due is done all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice, Passage
from models.session import Database
from runtime.mailbox import LocalMailbox
from tests import prefects
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow]

COOPERATIVES = 3


def _command(data: Path, database: str, smtp: str, *words: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MOURAFAKA_"))}
    environment = given | {
        "MOURAFAKA_DATA_DIR": str(data),
        "MOURAFAKA_DATABASE_URL": database,
        "MOURAFAKA_SMTP_URL": smtp,
        "MOURAFAKA_LANGUAGE": "en",
        # Nobody listens on port 9, and nothing of the absent server's own settings may stop ours from starting.
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://nobody@127.0.0.1:9/prefect",
        "PREFECT_MESSAGING_BROKER": "prefect_redis.messaging",
    }
    program = [sys.executable, "-c", "from cli import main; main()", *words]
    return subprocess.run(program, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_run_day_does_everything_due_when_prefect_is_down(database: Database, tmp_path: Path) -> None:
    open_world(database, cooperatives=COOPERATIVES)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    prefects.home(tmp_path / "prefect")
    with LocalMailbox(tmp_path / "mailbox") as mailbox:
        day = _command(tmp_path, database.url, mailbox.url, "--as-of", "2027-01-04T10:00", "run-day")
    assert day.returncode == 0, day.stderr
    assert day.stderr.splitlines() == [
        "Prefect's server at PREFECT_API_URL does not answer: the day is done without it."
    ]
    with database.reading() as session:
        mails = session.exec(select(Notice.status).where(Notice.channel == "email", Notice.due_on <= date(2027, 1, 4)))
        assert set(mails) == {"sent"}
        entered = session.exec(select(Passage.entered_on).where(Passage.stage == "start")).all()
    assert entered == [date(2027, 1, 4)] * COOPERATIVES


def test_watchdog_says_that_prefect_is_down(database: Database, tmp_path: Path) -> None:
    found = _command(tmp_path, database.url, "smtp://127.0.0.1:9", "watchdog")
    assert found.returncode == 1
    assert found.stdout == "Runs closed: 0; leases given free: 0; people told of a missed morning: 0.\n"
    assert found.stderr == "Prefect's server does not answer at PREFECT_API_URL: its runs are looked at next time.\n"
