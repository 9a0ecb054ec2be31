"""Keeps the parts of the long-running whole up until it is told to stop, and leaves nothing behind."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from programme.keeping_errors import PartKeepsEnding
from runtime.parts import Kept, Pace, Part
from runtime.stopping import SIGNALS

log = logging.getLogger("mourafaka.serve")
LOOK_SECONDS = 0.1


@dataclass
class Supervisor:
    """Some parts and their pace; SIGTERM or SIGINT stops them in the reverse order, a second one at once."""

    parts: Sequence[Part]
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self._told = 0
        self._kept = {part.name: Kept(part, self.pace) for part in self.parts}

    def run(self) -> None:
        """Return when it was told to stop and everything has ended; refused when a part keeps ending."""
        before = {one: signal.signal(one, self._listen) for one in SIGNALS}
        try:
            while not self._told:
                self._look()
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop()
            for one, handler in before.items():
                signal.signal(one, handler)

    def _listen(self, _number: int, _frame: object) -> None:
        self._told += 1

    def _look(self) -> None:
        for kept in self._kept.values():
            kept.look()
            if kept.has_given_up:
                raise PartKeepsEnding(
                    part=kept.part.name, count=kept.deaths, code=kept.code, log=kept.part.log or "stderr"
                )
            if kept.may_start and not self._told and self._is_ready(kept.part.needs):
                kept.start()

    def _is_ready(self, name: str | None) -> bool:
        needed = self._kept.get(name) if name is not None else None
        return needed is None or (needed.is_up and needed.part.is_ready())

    def _stop(self) -> None:
        """Have each part finish what is in hand, the last one started first; kill what takes too long."""
        log.info("stopping", extra={"facts": {}})
        told, deadline = self._told, time.monotonic() + self.pace.grace
        for kept in reversed(self._kept.values()):
            kept.tell_to_stop()
            while kept.is_up and time.monotonic() < deadline and self._told <= max(told, 1):
                time.sleep(LOOK_SECONDS)
        for kept in self._kept.values():
            kept.kill()
        log.info("stopped", extra={"facts": {"told": self._told}})
