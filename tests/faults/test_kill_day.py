"""kill -9 in the middle of a day's work, again and again: nothing is lost, only a doubtful message comes twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice
from models.session import Database
from notifications.ledger import ledger_hash
from tests import databases
from tests.faults import day_runner
from tests.world import CODE, NOW, open_world

pytestmark = pytest.mark.slow

DAYS = [date(2027, 1, 4) + timedelta(days=offset) for offset in (0, 1, 7, 14)]
KILLS_A_DAY, ENOUGH = (2, 3) if databases.IS_POSTGRESQL else (4, 6)
"""How often a day is killed at most, and how often all of them together, for the test to say anything."""


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[list[str]]:
    """The addresses of two empty databases."""
    made = [databases.empty(tmp_path / f"{name}.sqlite3") for name in ("calm", "storm")]
    yield made
    for url in made:
        databases.drop(url)


def _prepare(url: str) -> Database:
    database = Database(url)
    open_world(database, cooperatives=12, without_email=(3,))
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return database


def _run(url: str, record: Path, day: date, kill_after: float | None) -> float | None:
    """Run a day in a process of its own; return the seconds that its work took, None when it was killed first."""
    command = [sys.executable, "-m", "tests.faults.day_runner", url, str(record), day.isoformat()]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            process.send_signal(signal.SIGKILL)
        return time.monotonic() - begun if process.wait() == 0 else None


def _calm(url: str, record: Path) -> tuple[str, list[float]]:
    """Live the days undisturbed; return the ledger's hash and the seconds of each day."""
    database = _prepare(url)
    seconds = [_run(url, record, day, None) for day in DAYS]
    return _hash(database), [one for one in seconds if one is not None]


def _storm(url: str, record: Path, seconds: list[float], dice: random.Random) -> tuple[str, int]:
    """Live the days, each killed at random moments of its work; return the ledger's hash and the kills."""
    database = _prepare(url)
    kills = 0
    for day, whole in zip(DAYS, seconds, strict=True):
        moments = [dice.uniform(0.05, 0.7) * whole for _ in range(KILLS_A_DAY)]
        kills += sum(_run(url, record, day, moment) is None for moment in moments)
        while _run(url, record, day, None) is None:
            pass
    return _hash(database), kills


def _hash(database: Database) -> str:
    with database.reading() as session:
        return ledger_hash(session.exec(select(Notice)))


@pytest.mark.database
def test_a_day_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path, urls: list[str]) -> None:
    calm, seconds = _calm(urls[0], tmp_path / "calm.log")
    stormy, kills = _storm(urls[1], tmp_path / "storm.log", seconds, random.Random(20270104))
    expected = Counter((tmp_path / "calm.log").read_text().splitlines())
    record = Counter((tmp_path / "storm.log").read_text().splitlines())
    assert kills >= ENOUGH
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
