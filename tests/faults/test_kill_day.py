"""kill -9 in the middle of a day's work, again and again: nothing is lost, only a doubtful message comes twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice
from models.session import Database
from notifications.ledger import ledger_hash
from tests.faults import day_runner
from tests.world import CODE, NOW, open_world

pytestmark = pytest.mark.slow

DAYS = [date(2027, 1, 4) + timedelta(days=offset) for offset in (0, 1, 7, 14)]
KILLS = 10


def _prepare(path: Path) -> Database:
    from models import migrate

    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.engine)
    open_world(database, cooperatives=12, without_email=(3,))
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return database


def _run(path: Path, record: Path, day: date, kill_after: float | None) -> bool:
    """Run a day in a process of its own; return whether it came to its end."""
    command = [sys.executable, "-m", "tests.faults.day_runner", str(path), str(record), day.isoformat()]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    return process.wait() == 0


def _live(path: Path, record: Path, dice: random.Random | None) -> tuple[str, int]:
    """Live the days, killing at random moments where there are dice; return the ledger's hash and the kills."""
    database = _prepare(path)
    kills = 0
    for day in DAYS:
        while dice is not None and kills < KILLS and not _run(path, record, day, dice.uniform(0.9, 2.6)):
            kills += 1
        while not _run(path, record, day, None):
            pass
    with database.reading() as session:
        return ledger_hash(session.exec(select(Notice))), kills


def test_a_day_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path) -> None:
    calm, _none = _live(tmp_path / "calm.sqlite3", tmp_path / "calm.log", None)
    stormy, kills = _live(tmp_path / "storm.sqlite3", tmp_path / "storm.log", random.Random(20270104))
    expected = Counter((tmp_path / "calm.log").read_text().splitlines())
    record = Counter((tmp_path / "storm.log").read_text().splitlines())
    assert kills == KILLS
    assert stormy == calm
    assert set(record) == set(expected)
    assert set(expected.values()) == {1}
    # Only a message that had left without its answer being written may come again, once, at each kill.
    assert sum(record.values()) - len(record) <= kills
    assert max(record.values()) <= 2


def test_the_record_is_written_before_the_answer(tmp_path: Path) -> None:
    recorder = day_runner.Recorder(tmp_path / "record")
    assert recorder.send("a@b.example", b"X-Mourafaka-Key: k\r\n\r\nbody").verdict == "accepted"
    assert (tmp_path / "record").read_text() == "k\ta@b.example\n"
