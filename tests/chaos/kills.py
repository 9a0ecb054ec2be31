"""Real kills, with -9: of senders in the middle of an outbox, and of days in the middle of their work."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import extract_tb

from models.session import Database
from tests import databases
from tests.chaos.lives import be_quiet, server_of_its_own
from tests.faults.killing import DRAINED_SECONDS, kill_again_and_again
from tests.faults.killing_days import DAYS, calm_days, stormy_days
from tests.notifications.post_office import PostOffice

CONNECTIONS = 3
DAYS_SHARE = 10
"""One kill in ten is of a day's whole work; the others of senders, half of which have several connections."""


@dataclass(frozen=True)
class Killed:
    """What came of the kills that were reckoned; ``trouble`` names what went wrong, and is empty when nothing did."""

    kills: int
    drained_in: float
    doubled: int
    doubted: int
    trouble: str = ""


def killed_senders(kills: int, seed: int) -> Killed:
    """Kill senders: a third of the times one with one connection, one with several, one with several and a clerk."""
    be_quiet()
    third = max(1, kills // 3)
    with server_of_its_own():  # one for all: a process knows no second
        found = [
            _senders(third, 1, seed),
            _senders(third, CONNECTIONS, seed),
            _senders(max(1, kills - 2 * third), CONNECTIONS, seed, has_clerk=True),
        ]
    return Killed(
        sum(one.kills for one in found),
        max(one.drained_in for one in found),
        sum(one.doubled for one in found),
        sum(one.doubted for one in found),
        "; ".join(filter(None, (one.trouble for one in found))),
    )


def _senders(kills: int, connections: int, seed: int, *, has_clerk: bool = False) -> Killed:
    office = PostOffice(slowness=0.02)
    office.open()
    try:
        with _empty("senders") as url:
            database = Database(url, durable=False)
            try:
                told = kill_again_and_again(
                    database, office, kills=kills, connections=connections, seed=seed, has_clerk=has_clerk
                )
            except AssertionError as trouble:
                return Killed(0, 0, 0, 0, f"{connections} connections: not so: {_asserted(trouble)}")
            finally:
                database.close()
    finally:
        office.close()
    late = f"drained in {told.drained_in:.0f} s" if told.drained_in > DRAINED_SECONDS else ""
    return Killed(told.kills, told.drained_in, told.doubled, told.doubted, late)


def _asserted(trouble: AssertionError) -> str:
    """Return the line of the assertion that did not hold."""
    return extract_tb(trouble.__traceback__)[-1].line or str(trouble)


def killed_days(kills: int, seed: int) -> Killed:
    """Kill whole days in a process of their own, and hold what came of them against the same days undisturbed."""
    with TemporaryDirectory(prefix="mourafaka-chaos-") as made, _empty("calm") as one, _empty("storm") as two:
        calm, seconds = calm_days(one, Path(made) / "calm.log")
        a_day = max(1, kills // len(DAYS))
        stormy = stormy_days(two, Path(made) / "storm.log", seconds, random.Random(seed), a_day)
    doubled = stormy.record.total() - len(stormy.record)
    troubles = {
        "no day was killed": stormy.kills == 0,
        "another ledger than undisturbed": stormy.hash != calm.hash,
        "mails lost": set(stormy.record) != set(calm.record),
        "a mail came three times": max(stormy.record.values()) > 2,
        "more than one doubt a kill": doubled > stormy.kills,
        "left to a person after fewer than two kills": stormy.doubts * 2 > stormy.kills,
    }
    return Killed(stormy.kills, 0, doubled, 0, "; ".join(name for name, is_so in troubles.items() if is_so))


@contextmanager
def _empty(name: str) -> Iterator[str]:
    with server_of_its_own(), TemporaryDirectory(prefix="mourafaka-chaos-") as made:
        url = databases.empty(Path(made) / f"{name}.sqlite3")
        yield url
        databases.drop(url)
