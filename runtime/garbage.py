"""Spares a process that has started up from being searched for garbage again and again."""

from __future__ import annotations

import gc
from functools import cache


@cache
def settle() -> None:
    """Take what is loaded by now (the libraries, some hundred thousand objects) for good; once a process.

    Otherwise Python looks through all of it several times a morning: 80 ms each time, a tenth of 10,000 reminders.
    """
    gc.collect()
    gc.freeze()
