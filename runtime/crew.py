"""Several sender processes on one outbox: each claims, makes, hands over and settles its own messages (rule 6).

They are forked, so that what was read and compiled once serves all. That is safe only where nothing else runs
in the process, and no connection of the database is open: SQLite's locks are not inherited, its memory of them is.
"""

from __future__ import annotations

import json
import os
import select
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from notifications import leases
from notifications.delivery import deliver
from runtime.house import House, Share
from runtime.liveness import is_dead, this_process

LOOK_SECONDS = 0.2
Stops = Callable[[], bool]


class HelperBrokeOffError(RuntimeError):
    """A helping sender failed by itself; what it had claimed waits for its lease to end."""


@dataclass
class Helper:
    """A process that sends beside this one, and the pipe on which it tells what came of it."""

    number: int
    name: str
    told: int
    is_told_to_stop: bool = False

    def stop(self) -> None:
        """Have it end after what it has in hand."""
        if not self.is_told_to_stop:
            self.is_told_to_stop = True
            os.kill(self.number, signal.SIGTERM)

    def end(self, stops: Stops) -> tuple[Counter[str], int]:
        """Wait for it, passing on that we are told to stop; return what came of its messages, and how it ended."""
        said = b""
        while True:
            if stops():
                self.stop()
            if not select.select([self.told], [], [], LOOK_SECONDS)[0]:
                continue
            more = os.read(self.told, 65536)
            if not more:
                break
            said += more
        os.close(self.told)
        _, status = os.waitpid(self.number, 0)
        return Counter(json.loads(said)) if said else Counter(), status


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
    helpers = [_start(house, Share(number, processes), stops) for number in range(1, processes)]
    try:
        tally = deliver(replace(house.post(Share(0, processes)), stops=stops))
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
        return Helper(number, this_process(), reading)
    status = 1
    try:
        os.close(reading)
        own = replace(house, database=house.database.again())
        tally = deliver(replace(own.post(share), stops=lambda: stops() or os.getppid() != parent))
        own.database.close()
        os.write(writing, json.dumps(tally).encode())
        status = 0
    finally:  # nothing of the parent's is to be tidied up here
        os._exit(status)
