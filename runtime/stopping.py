"""Lets a piece of work end where it may when its process is told to stop: what is in hand is settled first."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOK_SECONDS = 0.5


@contextmanager
def until_told() -> Iterator[Callable[[], bool]]:
    """Give what tells whether this process was told to stop meanwhile; it takes effect when the block has ended.

    Ctrl-C a second time stops at once. SIGTERM may come twice by itself (whoever keeps us up tells us, and so does the
    system's own): what takes too long is killed. Only the main thread is ever told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {one: signal.getsignal(one) for one in SIGNALS}
    told: list[int] = []

    def listen(number: int, _frame: object) -> None:
        again = bool(told) and number == signal.SIGINT
        told.append(number)
        if again:
            signal.signal(number, before[signal.SIGINT])
            signal.raise_signal(number)

    for one in SIGNALS:
        signal.signal(one, listen)
    try:
        yield lambda: bool(told)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        if told:
            signal.raise_signal(told[0])


def follow(parent: int, *, grace: float) -> None:
    """End this process's whole group when its parent is gone, even one that was killed.

    Whoever has something in hand gets ``grace`` seconds to finish it.
    """
    group = os.getpgrp()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.killpg(group, signal.SIGTERM)
        time.sleep(grace)
        os.killpg(group, signal.SIGKILL)

    threading.Thread(target=watch, name="follow", daemon=True).start()
