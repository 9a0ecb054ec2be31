"""A clerk who works in a thread of the test, so that what it meets can be steered; a process of its own is as good."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from threading import Thread
from typing import Any

from notifications.clerk import Clerk, serve
from notifications.delivery import deliver
from notifications.post import Post
from notifications.tray import Tray

PATIENCE = 20


@contextmanager
def a_process() -> Iterator[int]:
    """Give the number of a process that may be killed."""
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def deliver_by_clerk(post: Post, **more: Any) -> Counter[str]:
    """Send as `deliver` does, with a clerk."""
    line, its_end = Pipe()
    tray = Tray()

    def work() -> None:
        with its_end:
            serve(post, its_end, tray)

    with a_process() as number:
        thread = Thread(target=work, daemon=True)
        thread.start()
        tally = deliver(post, clerk=Clerk(number, line, tray), **more)
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return tally
