"""kill -9 of `mourafaka run-day` itself, with Prefect and SMTP: run again, it loses and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice, Passage
from models.session import Database
from runtime.mailbox import LocalMailbox
from tests.world import CODE, NOW, open_world

pytestmark = [pytest.mark.slow, pytest.mark.database, pytest.mark.xdist_group("prefect")]

KILLS = 3
AS_OF = "2027-01-04T10:00"


def _run_day(data: Path, database: str, url: str, smtp: str, kill_after: float | None) -> int:
    environment = {
        **os.environ,
        "MOURAFAKA_DATA_DIR": str(data),
        "MOURAFAKA_DATABASE_URL": database,
        "MOURAFAKA_SMTP_URL": smtp,
        "PREFECT_API_URL": url,
        "PREFECT_API_AUTH_STRING": _password(),
    }
    program = "from cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", program, "--as-of", AS_OF, "run-day"], env=environment)
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    return process.wait()


def _password() -> str:
    from prefect.settings import PREFECT_API_AUTH_STRING

    secret = PREFECT_API_AUTH_STRING.value()
    assert secret is not None
    return str(secret)


def test_run_day_killed_and_run_again_tells_everyone_once(database: Database, tmp_path: Path, prefect: str) -> None:
    open_world(database, cooperatives=20)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    dice = random.Random(4)
    with LocalMailbox(tmp_path / "mailbox") as mailbox:
        for _kill in range(KILLS):
            _run_day(tmp_path, database.url, prefect, mailbox.url, dice.uniform(4.0, 8.0))
        assert _run_day(tmp_path, database.url, prefect, mailbox.url, None) == 0
        keys = Counter(
            "".join(str(message_from_bytes(path.read_bytes())["X-Mourafaka-Key"]).split())
            for path in (tmp_path / "mailbox" / "new").iterdir()
        )
    with database.reading() as session:
        mails = session.exec(select(Notice).where(Notice.channel == "email", Notice.due_on <= date(2027, 1, 4))).all()
        entered = session.exec(select(Passage.entered_on).where(Passage.stage == "start")).all()
    assert entered == [date(2027, 1, 4)] * 20
    assert {notice.status for notice in mails} == {"sent"}
    assert set(keys) == {notice.key for notice in mails}
    assert sum(keys.values()) - len(keys) <= KILLS
    assert max(keys.values()) <= 2
