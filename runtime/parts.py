"""A part of the long-running whole as one process with a group of its own, so that whatever it starts ends with it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger("mourafaka.serve")


@dataclass(frozen=True)
class Pace:
    """The seconds after which a dead part is started again, doubled each time; and what is asked of it.

    A part that dies before it has lived ``quick`` seconds dies quickly; after ``most`` quick deaths in a row nobody
    tries any more. ``grace`` is what a part has to finish when it is told to stop.
    """

    first: float = 1.0
    longest: float = 30.0
    quick: float = 60.0
    most: int = 5
    grace: float = 30.0

    def wait(self, deaths: int) -> float:
        """Return the wait after so many quick deaths in a row."""
        return min(self.first * float(2 ** (deaths - 1)), self.longest)


@dataclass(frozen=True)
class Part:
    """What is started: with which environment beside ours, writing where, with which open sockets, after which part.

    ``is_ready`` tells when those that need it may start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    sockets: tuple[int, ...] = ()
    needs: str | None = None
    is_ready: Callable[[], bool] = lambda: True


class Kept:
    """A part as it lives: its process, its deaths, and when it may be started again."""

    def __init__(self, part: Part, pace: Pace) -> None:
        self.part, self._pace = part, pace
        self._process: subprocess.Popen[bytes] | None = None
        self._group = 0
        self._born = self._again_at = self._end_by = 0.0
        self.deaths = 0
        self.code = 0

    @property
    def is_up(self) -> bool:
        """Tell whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_given_up(self) -> bool:
        """Tell whether it died too often soon after its start."""
        return self.deaths >= self._pace.most

    @property
    def may_start(self) -> bool:
        """Tell whether it is down, its wait is over, and nothing of its last life is left."""
        return self._process is None and time.monotonic() >= self._again_at and not self._group

    def start(self) -> None:
        """Start it, as the leader of a group of its own."""
        environment = {**os.environ, **self.part.environment}
        out = self.part.log.open("ab") if self.part.log else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                self.part.command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                pass_fds=self.part.sockets, start_new_session=True,
            )  # fmt: skip
        finally:
            if out is not None:
                out.close()
        self._group, self._born = self._process.pid, time.monotonic()
        log.info("part started", extra={"facts": {"part": self.part.name, "pid": self._group}})

    def look(self) -> None:
        """See whether it has died; then its wait begins, and what it has started is told to end."""
        if self._process is None:
            self._clear()
        elif (code := self._process.poll()) is not None:
            self._bury(code)

    def _bury(self, code: int) -> None:
        lived, self._process, self.code = time.monotonic() - self._born, None, code
        self.deaths = self.deaths + 1 if lived < self._pace.quick else 1
        self._again_at = time.monotonic() + self._pace.wait(self.deaths)
        facts = {"part": self.part.name, "code": code, "lived": round(lived, 1), "deaths": self.deaths}
        log.warning("part ended by itself", extra={"facts": facts})
        self._end_by = time.monotonic() + self._pace.grace
        self._signal(signal.SIGTERM)

    def _clear(self) -> None:
        """Forget the group of its last life when it has ended; what does not end in time is killed."""
        if self._group and not self._signal(0):
            self._group = 0
        elif self._group and time.monotonic() >= self._end_by:
            self.kill()

    def tell_to_stop(self) -> None:
        """Tell its process to finish what is in hand and end; it tells those that it has started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    def kill(self) -> None:
        """End all that is left of it, at once."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process, self._group = None, 0

    def _signal(self, number: int) -> bool:
        """Signal its group; tell whether anybody is in it."""
        if not self._group:
            return False
        try:
            os.killpg(self._group, number)
        except (ProcessLookupError, PermissionError):  # nobody, or (on some systems) only those that nobody has buried
            return False
        return True


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs some lines in this interpreter."""
    return (sys.executable, "-c", code, *arguments)
