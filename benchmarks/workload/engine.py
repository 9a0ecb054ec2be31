"""`python -m benchmarks.workload.engine`: brings forth engines that run W(N), one after the other, to be killed.

Each is a fork of this process, for the imports take longer than most of their lives. A line on standard input is a
start: the day and the hour that the wall shows. On standard output: ``born`` with the process, each piece of work
before it begins, and ``dead`` with the way it ended (0: the two years are over).
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.workload.resumed import live_on


def main(folder: str, n: str, seed: str, smtp_url: str) -> None:
    """Start an engine for each line, until there are no more."""
    for line in sys.stdin:
        day, since = line.split()
        pid = os.fork()
        if pid == 0:
            _live(Path(folder), int(n), int(seed), int(day), datetime.fromisoformat(since), smtp_url)
        _say("born", pid)
        _, status = os.waitpid(pid, 0)
        _say("dead", os.waitstatus_to_exitcode(status))


def _live(folder: Path, n: int, seed: int, day: int, since: datetime, smtp_url: str) -> None:
    """Be an engine, and never come back."""
    code = 1
    try:
        live_on(folder, n, seed, day=day, since=since, smtp_url=smtp_url, say=lambda *words: _say("at", *words))
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)


def _say(word: str, *more: object) -> None:
    """Write a line in one piece: an engine may die at any moment, but not within it."""
    told = (one.isoformat() if isinstance(one, datetime) else str(one) for one in more)
    os.write(1, (" ".join((word, *told)) + "\n").encode("ascii"))


if __name__ == "__main__":
    main(*sys.argv[1:])
