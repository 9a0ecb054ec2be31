"""SIGTERM of `mourafaka run-day` in the middle of its sending: nothing is left under way, and nothing is sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice
from models.session import Database
from runtime.mailbox import LocalMailbox
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

SOME, PATIENCE = 3, 60


def begin(data: Path, database: str, url: str, smtp: str, rate: str) -> subprocess.Popen[bytes]:
    from prefect.settings import PREFECT_API_AUTH_STRING

    environment = {
        **os.environ,
        "MOURAFAKA_DATA_DIR": str(data),
        "MOURAFAKA_DATABASE_URL": database,
        "MOURAFAKA_SMTP_URL": smtp,
        "MOURAFAKA_SEND_RATE": rate,
        "PREFECT_API_URL": url,
        "PREFECT_API_AUTH_STRING": str(PREFECT_API_AUTH_STRING.value()),
    }
    program = "from cli import main; main()"
    command = [sys.executable, "-c", program, "--as-of", "2027-01-04T10:00", "run-day"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def arrived(folder: Path) -> int:
    return len(list((folder / "new").iterdir())) if (folder / "new").exists() else 0


def standing(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.exec(select(Notice.status).where(Notice.kind == "welcome")))


def test_run_day_told_to_stop_settles_what_is_in_hand(database: Database, tmp_path: Path, prefect: str) -> None:
    open_world(database, cooperatives=20)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    box = tmp_path / "mailbox"
    with LocalMailbox(box) as mailbox:
        process = begin(tmp_path, database.url, prefect, mailbox.url, "3")
        deadline = time.monotonic() + PATIENCE
        while arrived(box) < SOME and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) != 0
        left = arrived(box)
        assert SOME <= left < 20
        assert standing(database) == {"sent": left, "pending": 20 - left}
        assert begin(tmp_path, database.url, prefect, mailbox.url, "0").wait(PATIENCE) == 0
        assert standing(database) == {"sent": 20}
        assert arrived(box) == 21  # and the coordinator's message of the day
