"""The crash run: the engine that runs W(N) is killed with SIGKILL in the middle, again and again, and started again.

Who kills it, who copies what took effect (`journal`) and who takes the mails (`receipts`) are processes of their own
that live on, as the disk and the hour on the wall do. The moments are drawn: after so many lines of the two files, and
a moment more; or while a new engine begins. What comes of it is reckoned by `reckoning`.
"""

from __future__ import annotations

import os
import random
import selectors
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlmodel import SQLModel

from benchmarks.workload import oracle
from benchmarks.workload.journal import Clerk, keep_journal
from benchmarks.workload.ours import ENROLLED, FILE, at
from benchmarks.workload.receipts import open_server
from models.session import Database

OPERATIONS, MAILS = "operations.txt", "mails.txt"
LOOKS_EVERY = 0.005
MOMENT_MORE = 0.04
"""Seconds at most from a line to the kill that it draws."""
EARLY, BEGINS = 0.25, 0.5
"""Of all kills, those that meet an engine that just began, and how many seconds after its birth at most."""
OWN_MAIL = frozenset({"R", "D", "E"})
"""Notices with a mail of their own: the others share their coach's message of the day."""
HANGS = 300
"""Seconds without a word from an engine after which something is wrong."""


@dataclass
class Run:
    """What happened: the kills by the work they fell into, and how often an engine was started."""

    kills: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    seconds: float = 0


def crash(n: int, seed: int, kills: int, folder: Path, said: Callable[[str], None] = lambda _: None) -> Run:
    """Run W(N) in an empty folder, killed so many times; it leaves the database and the two files of lines there."""
    database = Database(f"sqlite:///{folder / FILE}")
    SQLModel.metadata.create_all(database.engine)
    with database.transaction() as session:
        keep_journal(session)
    begun = time.monotonic()
    with Clerk(database, folder / OPERATIONS) as clerk, open_server(folder / MAILS) as url:
        with open_nursery(folder, n, seed, url) as nursery:
            watch = Watch(nursery, clerk, folder / MAILS, _moments(n, seed, kills), said)
            watch.until_over()
        clerk.look()
    database.close()
    watch.run.seconds = time.monotonic() - begun
    return watch.run


def _moments(n: int, seed: int, kills: int) -> list[tuple[int, float]]:
    """Draw when to kill: after so many lines in all, which are fewer than will come, and so many seconds more."""
    chance, listed = random.Random(seed), list(oracle.operations(n, seed))  # noqa: S311 - no secret
    lines = len(listed) + sum(one.kind in OWN_MAIL for one in listed)
    drawn = sorted(chance.randrange(lines) for _ in range(kills))
    early = [chance.random() < EARLY for _ in drawn]
    return [
        (0, chance.uniform(0, BEGINS)) if soon else (one, chance.uniform(0, MOMENT_MORE))
        for one, soon in zip(drawn, early, strict=True)
    ]


@contextmanager
def open_nursery(folder: Path, n: int, seed: int, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that brings forth engines."""
    words = [str(word) for word in (folder, n, seed, url)]
    command = [sys.executable, "-m", "benchmarks.workload.engine", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        yield process
        assert process.stdin is not None
        process.stdin.close()


class Watch:
    """Starts engines, follows what they say, and kills them at their moments."""

    def __init__(
        self,
        nursery: subprocess.Popen[bytes],
        clerk: Clerk,
        mails: Path,
        moments: list[tuple[int, float]],
        said: Callable[[str], None],
    ) -> None:
        self._nursery, self._clerk, self._moments, self._said = nursery, clerk, moments, said
        self._mails, self._mailed, self._read = mails, 0, 0
        self._words, self._heard_at = b"", time.monotonic()
        self._pid, self._fires_at = 0, 0.0
        self._day, self._since, self._work = 0, at(0, ENROLLED), "enrolment"
        self.run = Run()

    def until_over(self) -> None:
        """Follow engine after engine until one of them has lived the two years to their end."""
        assert self._nursery.stdout is not None
        self._start()
        with selectors.DefaultSelector() as selector:
            selector.register(self._nursery.stdout, selectors.EVENT_READ)
            while True:
                heard = selector.select(LOOKS_EVERY)
                if heard and self._is_over(os.read(self._nursery.stdout.fileno(), 65536)):
                    return
                self._clerk.look()
                self._kill_if_it_is_time()

    def _start(self) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{self._day} {self._since.isoformat()}\n".encode("ascii"))
        self._nursery.stdin.flush()
        self.run.starts += 1

    def _is_over(self, said: bytes) -> bool:
        *lines, self._words = (self._words + said).split(b"\n")
        self._heard_at = time.monotonic()
        if not said:
            raise RuntimeError("the nursery is gone")
        over = [self._hear(*line.decode("ascii").split()) for line in lines]  # all of them are heard
        return any(over)

    def _hear(self, word: str, *more: str) -> bool:
        """Follow an engine; return whether the two years are over."""
        if word == "born":
            self._pid = int(more[0])
        elif word == "at":
            self._at(int(more[0]), more[1], datetime.fromisoformat(more[2]))
        elif int(more[0]) == 0:
            return True
        elif int(more[0]) != -signal.SIGKILL:
            raise RuntimeError(f"an engine ended by itself in the {self._work} of day {self._day}, with {more[0]}")
        else:
            self._start()
        return False

    def _at(self, day: int, work: str, moment: datetime) -> None:
        if work == "morning":  # the evaluations are done: the day's steps open
            self._clerk.begins(day)
        self._day, self._work, self._since = day, work, moment

    def _kill_if_it_is_time(self) -> None:
        now = time.monotonic()
        if now - self._heard_at > HANGS:
            raise RuntimeError(f"nothing was heard in the {self._work} of day {self._day}")
        if not (self._pid and self._moments):
            return
        lines, more = self._moments[0]
        if not self._fires_at and self._lines() >= lines:
            self._fires_at = now + more
        if self._fires_at and now >= self._fires_at:
            self._kill()

    def _kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._pid, self._fires_at = 0, 0.0
        self._moments.pop(0)
        self.run.kills[self._work] += 1
        self._said(f"kill {self.run.kills.total()} in the {self._work} of day {self._day}")

    def _lines(self) -> int:
        """Return how many lines there are by now, in both files."""
        if self._mails.stat().st_size > self._read:
            told = self._mails.read_bytes()
            self._mailed, self._read = told.count(b"\n"), len(told)
        return self._clerk.lines + self._mailed
