"""Counts wrong addresses by where they come from: whoever tries many is told to wait, a right one always opens."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ALLOWED = 20
SPAN = timedelta(minutes=10)
REMEMBERED = 10_000
"""Places that are remembered at once: a flood from many costs no more memory than this."""


@dataclass
class Guesses:
    """Wrong addresses of the last minutes, by place; kept in memory, and gone with the process."""

    seen: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)

    def are_too_many(self, place: str, now: datetime) -> bool:
        """Count one more; tell whether a place has tried too often."""
        began, count = self.seen.pop(place, (now, 0))
        if not began <= now < began + SPAN:
            began, count = now, 0
        self.seen[place] = (began, count + 1)
        if len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        return count + 1 > ALLOWED
