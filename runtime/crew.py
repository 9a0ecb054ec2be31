"""Several processes empty one outbox: senders, each of which claims and settles its own messages (rule 6), and clerks.

A sender's clerk makes its messages, while it writes and hands over. Two processes are a sender and its clerk, three are
two senders of whom the first has a clerk, and so on. They are forked, so that what was read and compiled once serves
all. That is safe only where nothing else runs in the process, and no connection of the database is open: SQLite's
locks are not inherited, its memory of them is.
"""

from __future__ import annotations

import json
import logging
import os
import select as waiting
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from sqlalchemy import text
from sqlmodel import col, func, select

from models import Notice
from models.notice import IN_OUTBOX
from notifications import clerk, leases
from notifications.clerk import Clerk
from notifications.delivery import deliver
from notifications.post import Post
from notifications.tray import Tray
from runtime.house import House, Share
from runtime.liveness import is_dead
from runtime.logs import place_of

log = logging.getLogger("mourafaka.delivery")
LOOK_SECONDS = 0.2
CONNECTIONS_EACH, MESSAGES_EACH = 2, 1_000
Stops = Callable[[], bool]


class HelperBrokeOffError(RuntimeError):
    """A helping sender failed by itself; what it had claimed waits for its lease to end."""


@dataclass
class Helper:
    """A process that sends beside this one, and the pipe on which it tells what came of it."""

    number: int
    told: int
    is_told_to_stop: bool = False

    def stop(self) -> None:
        """Have it end after what it has in hand."""
        if not self.is_told_to_stop:
            self.is_told_to_stop = True
            with suppress(ProcessLookupError):
                os.kill(self.number, signal.SIGTERM)

    def hear(self, stops: Stops) -> bytes:
        """Return all that it tells until it ends, passing on that we are told to stop."""
        said = b""
        while True:
            if stops():
                self.stop()
            if waiting.select([self.told], [], [], LOOK_SECONDS)[0]:
                more = os.read(self.told, 65536)
                if not more:
                    return said
                said += more

    def end(self, stops: Stops) -> tuple[Counter[str], int]:
        """Wait for it; return what came of its messages, and how it ended."""
        said = self.hear(stops)
        os.close(self.told)
        _, status = os.waitpid(self.number, 0)
        return Counter(json.loads(said or "{}")), status


def worthwhile(house: House) -> int:
    """Return how many processes are to send now: as the settings say, else one for each processor.

    Each has at least two connections and a thousand messages to send: fewer are sent sooner than another process has
    begun. A rate is kept by one.
    """
    wanted = house.settings.send_processes
    if wanted is None:
        wanted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if wanted == 1 or house.mailer is not None or house.settings.send_rate or not house.settings.smtp_url:
        return 1
    most = min(wanted, house.connections(wanted) // CONNECTIONS_EACH)
    return max(1, min(most, _waiting(house) // MESSAGES_EACH)) if most > 1 else 1


def _waiting(house: House) -> int:
    with house.database.reading() as session:
        waits = (text(IN_OUTBOX), col(Notice.send_at) <= house.clock.now())
        return session.exec(select(func.count()).select_from(Notice).where(*waits)).one()


def send_elsewhere(house: House, processes: int, *, stops: Stops = lambda: False) -> Counter[str]:
    """Have a process of its own do `send_together`: for one that does other things as well, and may not fork."""
    order = {
        "settings": house.settings.model_dump(mode="json"),
        "as_of": house.clock.now().isoformat() if house.clock.is_virtual else None,
        "allow_real_mail": house.allow_real_mail,
        "processes": processes,
    }
    command = [sys.executable, "-m", "runtime.senders"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order).encode())
        process.stdin.close()
        helper = Helper(process.pid, process.stdout.fileno())
        said = helper.hear(stops)
    if not said:
        raise HelperBrokeOffError
    log.info("delivery ended", extra={"facts": {"stopped": stops(), "processes": processes, **json.loads(said)}})
    return Counter(json.loads(said))


def send_together(house: House, processes: int, *, stops: Stops = lambda: False) -> Counter[str]:
    """Empty the outbox with so many processes, this one among them; return how many notices came to each verdict.

    What a helper had claimed that was killed is freed at once, and sent as its rules have it: what had begun to
    leave is in doubt.
    """
    if processes == 1:
        return deliver(replace(house.post(), stops=stops))
    if threading.active_count() > 1:
        raise RuntimeError("only a process that does nothing else may fork senders")
    house.database.close()
    shares = _shares(processes)
    helpers = [_start(house, share, stops) for share in shares[1:]]
    try:
        tally = _send(house, shares[0], stops)
    except BaseException:
        _end_all(helpers)
        raise
    ended = [helper.end(stops) for helper in helpers]
    for some, _ in ended:
        tally += some
    if any(os.WIFSIGNALED(status) for _, status in ended):
        tally += _after_a_death(house, stops)
    if any(os.WIFEXITED(status) and os.WEXITSTATUS(status) for _, status in ended):
        raise HelperBrokeOffError
    return tally


def _shares(processes: int) -> list[Share]:
    """Return the senders' shares: every second process is a clerk."""
    senders = (processes + 1) // 2
    return [Share(number, senders, processes) for number in range(senders)]


def _send(house: House, share: Share, stops: Stops) -> Counter[str]:
    """Empty the outbox as one sender, with a clerk if there is one for it. The database has no connection open yet."""
    post = replace(house.post(share), stops=stops)
    if 2 * share.number + 1 >= share.processes:
        return deliver(post)
    with clerk_for(post) as its_clerk:
        return deliver(post, clerk=its_clerk)


@contextmanager
def clerk_for(post: Post) -> Iterator[Clerk]:
    """Give a sender a clerk: a fork of this process, which has one thread, and no connection of the database open."""
    tray = Tray()
    number, line = _hire(post, tray)
    try:
        yield Clerk(number, line, tray)
    finally:
        line.close()  # with this it ends, if it has not
        _, status = os.waitpid(number, 0)
    if status:
        log.warning("a clerk broke off", extra={"facts": {"status": status}})


def _hire(post: Post, tray: Tray) -> tuple[int, Connection]:
    """Start a clerk; return the number of its process, and the line to it."""
    line, its_end = Pipe()
    number = os.fork()
    if number:
        its_end.close()
        return number, line
    status = 1
    try:
        line.close()
        clerk.serve(post, its_end, tray)
        status = 0
    except Exception as problem:  # noqa: BLE001 - its sender sees to what it had in hand; its words may hold an address
        log.error("a clerk broke off", extra={"facts": {"at": place_of(problem)}})  # noqa: TRY400
    finally:  # nothing of the parent's is to be tidied up here
        os._exit(status)


def _end_all(helpers: list[Helper]) -> None:
    for helper in helpers:
        helper.stop()
    for helper in helpers:
        helper.end(lambda: True)


def _after_a_death(house: House, stops: Stops) -> Counter[str]:
    """Free what a killed helper had claimed, and send what may leave again."""
    with house.database.transaction() as session:
        leases.release_dead(session, is_dead=is_dead, now=house.clock.now())
    return deliver(replace(house.post(), stops=stops))


def _start(house: House, share: Share, stops: Stops) -> Helper:
    reading, writing = os.pipe()
    parent = os.getpid()
    number = os.fork()
    if number:
        os.close(writing)
        return Helper(number, reading)
    status = 1
    try:
        os.close(reading)
        own = replace(house, database=house.database.again())
        tally = _send(own, share, lambda: stops() or os.getppid() != parent)
        own.database.close()
        os.write(writing, json.dumps(tally).encode())
        status = 0
    finally:  # nothing of the parent's is to be tidied up here
        os._exit(status)
