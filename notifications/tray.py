"""Memory that a sender and its clerk both see, where the clerk puts what it has made of each batch."""

from __future__ import annotations

import pickle
from mmap import mmap
from typing import Any

PLACES = 6
"""Batches that may lie there at once."""
ROOM = 8 * 1024 * 1024
"""Bytes for what is made of one: two hundred messages are some two million. Memory is used where it is written to."""


class Tray:
    """Places for what was made of a few batches; made before the clerk is forked, and on no disk."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._memory = mmap(-1, PLACES * room)

    def put(self, number: int, made: Any) -> int:
        """Put there what was made of a batch; return how many bytes it takes, 0 where there is no room for it."""
        said = pickle.dumps(made, protocol=pickle.HIGHEST_PROTOCOL)
        if len(said) > self._room:
            return 0
        at = self._place(number)
        self._memory[at : at + len(said)] = said
        return len(said)

    def take(self, number: int, size: int) -> Any:
        """Return what was put there."""
        at = self._place(number)
        with memoryview(self._memory) as memory:
            return pickle.loads(memory[at : at + size])  # noqa: S301 - our own process has put it there

    def _place(self, number: int) -> int:
        return number % PLACES * self._room
