"""Spares a process that has started up from being searched for garbage again and again."""

from __future__ import annotations

import gc
import logging
from functools import cache

log = logging.getLogger("mourafaka.garbage")
RARELY = (10_000, 10, 10)
"""New objects, and rounds among the young and the middle-aged, after which Python looks for garbage."""


@cache
def settle(loaded: str = "the house") -> None:
    """Take what is loaded by now (the libraries, some hundred thousand objects) for good; once a process for each name.

    Otherwise Python looks through all of it several times a morning: 80 ms each time, a tenth of 10,000 reminders.
    What comes later is looked through after ten thousand new objects, not seven hundred: a chunk's rows are no garbage.
    Not even now is it looked through: that took 0.2 s of each command, for a thousand dead objects of 250,000.
    """
    gc.freeze()
    gc.set_threshold(*RARELY)
    log.debug("settled", extra={"facts": {"loaded": loaded}})
