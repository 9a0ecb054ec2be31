"""A process that brings forth others, each of which runs a day of a cohort or is killed: what the kill test kills."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import date, timedelta
from email import message_from_bytes
from pathlib import Path

from sqlmodel import and_, col, or_, select

import runtime  # noqa: F401 - first: it chooses the time zone data
from models import Notice
from models.session import Database
from notifications.answers import Answer
from notifications.delivery import deliver
from programme.civil import instant_of
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation.years import MORNING, SENDING, plain_morning

MOST_TRIES = 1_000
"""Sendings of a day, ten minutes apart: each earlier life of it may have held what it had claimed until the next."""


class Recorder:
    """A mail server's own record: a line for each message, on disk before the answer."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("ab", buffering=0)

    def send(self, address: str, body: bytes) -> Answer:
        """Write the message's key down, then accept it."""
        key = "".join(str(message_from_bytes(body)["X-Mourafaka-Key"]).split())  # a long header comes folded
        self._out.write(f"{key}\t{address}\n".encode())
        return Answer("accepted", 250, "OK")

    def close(self) -> None:
        """Keep the record open: the process ends soon."""


def main(url: str, record: str) -> None:
    """Bring forth a process for each day named on standard input, and say how it ended: the imports take longest."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_lived(url, record, date.fromisoformat(line.strip())))
        say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _lived(url: str, record: str, on: date) -> int:
    """Do one day in a process that was just born; return its exit code."""
    try:
        live(url, record, on)
    except BaseException:  # noqa: BLE001 - it must never come back to the loop that brings forth others
        traceback.print_exc()
        return 1
    return 0


def live(url: str, record: str, on: date) -> None:
    """Do one day: the morning's conclusions and reminders, then the sending."""
    database = Database(url)
    clock = Clock(instant_of(on, MORNING))
    settings = Settings(data_dir=Path(record).parent, lease_seconds=0.2, _env_file=None)
    house = House(settings, clock, database, mailer=Recorder(Path(record)))
    say(os.getpid())  # from here on it may be killed
    plain_morning(house, clock.now())
    clock.move_to(instant_of(on, SENDING))
    for _try in range(MOST_TRIES):
        deliver(house.post())
        clock.move_to(clock.now() + timedelta(minutes=10))
        if not _are_held(database):
            break


def _are_held(database: Database) -> bool:
    """Tell whether an earlier life of this day still holds messages, or left them in doubt and to be repeated."""
    repeated = and_(col(Notice.status) == "pending", col(Notice.doubts) > 0)
    with database.reading() as session:
        held = select(Notice.id).where(or_(col(Notice.status) == "sending", repeated)).limit(1)
        return session.exec(held).first() is not None


def say(number: int) -> None:
    """Tell whoever listens."""
    print(number, flush=True)  # noqa: T201 - it is a pipe


if __name__ == "__main__":
    main(*sys.argv[1:])
