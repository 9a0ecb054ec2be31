"""Senders that are killed with -9 while they send, and the reckoning afterwards with the server's own record."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import func, select

from models import Notice
from models.session import Database
from notifications.delivery import deliver
from tests.notifications.post_office import PostOffice, bodies, notice, post_of, put

ROOT = Path(__file__).resolve().parents[2]
MAILS_A_KILL, AND_MORE = 20, 100
"""What leaves between the kills; more is promised where all has left before there were enough of them."""
DRAINED_SECONDS = 120
LOOKS = 10
LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)

SENDER = """
import runtime, os, sys, time
from datetime import timedelta
from models.session import Database
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender, SmtpMailer, read_smtp_url
from runtime.clock import Clock
from runtime.crew import clerk_for
from tests import engines

url, smtp, connections, has_clerk = sys.argv[1:]
short = timedelta(seconds=0.3)
sender = Sender("programme@odco.example")
mailers = [SmtpMailer(read_smtp_url(smtp), sender, reply_seconds=5) for _ in range(int(connections))]


def post_to(database):
    return Post(database, mailers[0], sender, Pace(short, short, short), Clock().now, beside=tuple(mailers[1:]))


def send_for_ever():
    database = Database(url)
    post = post_to(database)
    while True:
        if has_clerk == "True":
            database.close()
            with clerk_for(post) as clerk:
                deliver(post, clerk=clerk)
        else:
            deliver(post)
        time.sleep(0.05)


engines.share()
database = Database(url)
deliver(post_to(database), limit=1)  # in practice: what is compiled for it, those who come after need not compile
database.close()
for _ in sys.stdin:  # a sender for each line: forked, for the imports take longer than the sending
    pid = os.fork()
    if pid == 0:
        send_for_ever()
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


@dataclass(frozen=True)
class Account:
    """What came of it: kills, seconds from the last one until all was settled, and what came twice or may have."""

    kills: int
    drained_in: float
    doubled: int
    doubted: int


@contextmanager
def open_nursery(
    url: str, office: PostOffice, connections: int, *, has_clerk: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Give a process that brings forth senders, one after the other, each with a clerk of its own if so wanted."""
    smtp = f"smtp://127.0.0.1:{office.port}"
    command = [sys.executable, "-c", SENDER, url, smtp, str(connections), str(has_clerk)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def kill_again_and_again(
    database: Database, office: PostOffice, *, kills: int, connections: int, seed: int, has_clerk: bool = False
) -> Account:
    """Kill a sender so many times while it empties an outbox; let the last one finish, and reckon.

    If it has a clerk, that one is killed a moment before it every other time.
    """
    put(database, MAILS_A_KILL * kills + AND_MORE, send_at=LONG_AGO)
    with open_nursery(database.url, office, connections, has_clerk=has_clerk) as nursery:
        killed, last_kill = _kill_until_drained(database, office, nursery, kills, seed)
        drained_in = time.monotonic() - last_kill
    assert killed == kills, "it was drained before it was killed often enough to say anything"
    doubled, doubted = reconcile(database, office, _promised(database))
    assert doubled + doubted <= kills * connections, "more than one message a connection was in doubt"
    return Account(killed, drained_in, doubled, doubted)


def _kill_until_drained(
    database: Database, office: PostOffice, nursery: subprocess.Popen[str], kills: int, seed: int
) -> tuple[int, float]:
    chance, deadline, killed, last_kill = random.Random(seed), time.monotonic() + 40 + 3 * kills, 0, 0.0
    while (killed < kills or not is_drained(database)) and time.monotonic() < deadline:
        if is_drained(database):
            put(database, AND_MORE, beyond=_promised(database), send_at=LONG_AGO)
        sender = _start(nursery)
        wait = _moment(chance, office) if killed < kills else lambda: False
        while not (_comes(wait) or is_drained(database)) and time.monotonic() < deadline:
            pass
        if not is_drained(database):
            killed, last_kill = killed + 1, time.monotonic()
        if killed % 2:
            _kill_clerk(sender)
            time.sleep(chance.uniform(0, 0.02))
        _kill(nursery, sender)
    return killed, last_kill


def _comes(wait: Callable[[], bool]) -> bool:
    """Look for the moment some ten times, more often than a database can well be asked; tell whether it has come."""
    for _look in range(LOOKS):
        if wait():
            return True
        time.sleep(0.005)
    return False


def _promised(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Notice)).one()


def _start(nursery: subprocess.Popen[str]) -> int:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write("\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def _kill_clerk(sender: int) -> None:
    """Kill whoever works for a sender; its database has no process of its own."""
    with suppress(OSError):
        for child in Path(f"/proc/{sender}/task/{sender}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)


def _kill(nursery: subprocess.Popen[str], sender: int) -> None:
    assert nursery.stdout is not None
    os.kill(sender, signal.SIGKILL)
    assert nursery.stdout.readline() == "dead\n"


def is_drained(database: Database) -> bool:
    """Tell whether nothing is left to send."""
    left = "SELECT count(*) FROM notice WHERE status IN ('pending', 'sending')"
    with database.reading() as session:
        count: int = session.connection().exec_driver_sql(left).scalar_one()
    return count == 0


def _moment(chance: random.Random, office: PostOffice) -> Callable[[], bool]:
    """Choose when to kill: early by the clock, or a moment after so many more mails."""
    if chance.random() < 0.3:
        at = time.monotonic() + chance.uniform(0.02, 0.15)
        return lambda: time.monotonic() > at
    arrived, pause = len(office.kept) + chance.randint(1, 6), chance.uniform(0, 0.03)
    seen: list[float] = []

    def is_come() -> bool:
        if len(office.kept) >= arrived and not seen:
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() > seen[0] + pause

    return is_come


def reconcile(database: Database, office: PostOffice, mails: int) -> tuple[int, int]:
    """Compare what the outbox says with what the server has; return how many came twice, and how many are in doubt.

    What came twice is, byte for byte, one message; and of each the outbox knows that it was in doubt. The next delivery
    has nothing to send, and takes away the frozen bytes that killed senders left of what had been settled.
    """
    assert deliver(post_of(database, office)) == Counter()
    copies = Counter(office.addresses())
    bytes_of = {address: {one.body for one in office.kept if one.address == address} for address in copies}
    with database.reading() as session:
        told = {one.address: (one.status, one.reason) for one in session.exec(select(Notice))}
    assert len(told) == mails
    sent = {address for address, (status, _) in told.items() if status == "sent"}
    doubted = {address for address, (status, _) in told.items() if status == "in_doubt"}
    assert sent | doubted == set(told)
    assert sent - set(copies) == set()
    assert all(told[address][1] for address in doubted)
    assert max(copies.values()) <= 2
    doubled = [number for number in range(1, mails + 1) if copies[f"coop{number}@coop.example"] == 2]
    assert [number for number in doubled if notice(database, f"SM/{number:03d}/welcome").doubts == 0] == []
    assert {address for address, bodies_ in bytes_of.items() if len(bodies_) != 1} == set()
    assert bodies(database) == []
    return len(doubled), len(doubted)
