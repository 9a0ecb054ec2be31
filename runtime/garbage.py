"""Spares a process that has started up from being searched for garbage again and again."""

from __future__ import annotations

import gc
import logging
from functools import cache

log = logging.getLogger("mourafaka.garbage")


@cache
def settle(loaded: str = "the house") -> None:
    """Take what is loaded by now (the libraries, some hundred thousand objects) for good; once a process for each name.

    Otherwise Python looks through all of it several times a morning: 80 ms each time, a tenth of 10,000 reminders.
    """
    gc.collect()
    gc.freeze()
    log.debug("settled", extra={"facts": {"loaded": loaded}})
