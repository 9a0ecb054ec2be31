"""Days of a cohort that are killed with -9 wherever they are, and the same days undisturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice
from models.session import Database
from notifications.ledger import ledger_hash
from tests.world import CODE, NOW, open_world

DAYS = [date(2027, 1, 4) + timedelta(days=offset) for offset in (0, 1, 7, 14)]
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Days:
    """What came of the days: the ledger's hash, the mail server's record, and how often they were killed."""

    hash: str
    record: Counter[str]
    kills: int = 0
    doubts: int = 0
    """Messages that were killed twice while they were handed over, and so wait for a person (rule 4)."""


def calm_days(url: str, record: Path) -> tuple[Days, list[float]]:
    """Live the days undisturbed; return what came of them, and the seconds of each."""
    database = _prepare(url)
    with _nursery(url, record) as nursery:
        seconds = [_run(nursery, day, None) for day in DAYS]
    return _told(database, record, 0), [one for one in seconds if one is not None]


def stormy_days(url: str, record: Path, seconds: list[float], dice: random.Random, kills_a_day: int) -> Days:
    """Live the days, each killed at random moments of its work until it may end; return what came of them."""
    database = _prepare(url)
    kills = 0
    with _nursery(url, record) as nursery:
        for day, whole in zip(DAYS, seconds, strict=True):
            moments = [dice.uniform(0.05, 0.7) * whole for _ in range(kills_a_day)]
            kills += sum(_run(nursery, day, moment) is None for moment in moments)
            while _run(nursery, day, None) is None:
                pass
    return _told(database, record, kills)


def _prepare(url: str) -> Database:
    database = Database(url)
    open_world(database, cooperatives=12, without_email=(3,))
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return database


@contextmanager
def _nursery(url: str, record: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that brings forth one for each day: it has imported all that they need."""
    command = [sys.executable, "-m", "tests.faults.day_runner", url, str(record)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate()  # no more days: it ends


def _run(nursery: subprocess.Popen[str], day: date, kill_after: float | None) -> float | None:
    """Run a day in a process of its own; return the seconds that its work took, None when it was killed first."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{day}\n")
    nursery.stdin.flush()
    pid, begun = int(nursery.stdout.readline()), time.monotonic()
    if kill_after is not None:
        time.sleep(kill_after)
        with suppress(ProcessLookupError):  # it was faster
            os.kill(pid, signal.SIGKILL)
    code = int(nursery.stdout.readline())
    assert code in {0, -signal.SIGKILL}, "a day broke off by itself"
    return time.monotonic() - begun if code == 0 else None


def _told(database: Database, record: Path, kills: int) -> Days:
    told = Counter(record.read_text().splitlines())
    with database.reading() as session:
        notices = session.exec(select(Notice)).all()
        doubts = _answer_doubts(notices, told)
        found = ledger_hash(notices)
    database.close()
    return Days(found, told, kills, doubts)


def _answer_doubts(notices: Sequence[Notice], told: Counter[str]) -> int:
    """Answer what is in doubt as a person would; return how many messages that were.

    Who asks the recipients hears that it arrived, or passes it on: killed twice, it may never have left.
    """
    doubted = {one.id: one for one in notices if one.status == "in_doubt" and one.digest_id is None}
    for one in notices:
        whole = one if one.id in doubted else doubted.get(one.digest_id)
        if whole is not None:
            one.status, one.reason, one.sent_at = "sent", "", whole.settled_at
    for one in doubted.values():
        told.setdefault(f"{one.key}\t{one.address}", 1)
    return len(doubted)
