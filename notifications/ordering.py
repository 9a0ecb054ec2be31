"""The order in which claimed batches are made: what takes long to make is spread among what does not.

A message of the day takes ten times as long to make as any other, and a morning's are often claimed together. Made in
one go, they would keep whoever writes waiting; a few after each batch of others, they are made while those leave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from notifications import outbox
from notifications.making import Batch, Maker

A_FEW = 4
"""Messages of the day that are made at a time are this part of a batch."""


class InOrder:
    """Batches that were claimed and not asked for yet, the first of them begun; ``size`` is that of a batch."""

    def __init__(self, maker: Maker, size: int) -> None:
        self._maker, self._size = maker, size
        self._few = max(1, size // A_FEW) if maker.ahead else size
        self._begun = deque[Batch]()
        self._later = deque[Batch]()

    def __len__(self) -> int:
        return len(self._begun)

    @property
    def is_full(self) -> bool:
        """Tell whether what waits to be begun is as much as a batch, so that no more is to be claimed."""
        return sum(len(batch.notices) for batch in self._later) >= self._size

    def goes_on_with(self, claimed: Batch | None) -> bool:
        """Begin what was claimed, or what still waits where nothing was; False when there is neither."""
        if claimed is not None and not self._maker.ahead:
            self._begin(claimed)
            return True
        others = self._sorted(claimed) if claimed is not None else None
        if others is not None:
            self._begin(others)
        if self._later and (others is None or 2 * len(others.notices) >= self._size):
            self._begin(self._later.popleft())
            return True
        return others is not None

    def _sorted(self, claimed: Batch) -> Batch | None:
        """Have the messages of the day wait, a few at a time; return the others, if there are any."""
        of_the_day = [notice for notice in claimed.notices if outbox.is_digest(notice)]
        self._later += [claimed.of(of_the_day[at : at + self._few]) for at in range(0, len(of_the_day), self._few)]
        others = [notice for notice in claimed.notices if not outbox.is_digest(notice)]
        return claimed.of(others) if others else None

    def _begin(self, batch: Batch) -> None:
        self._maker.begin(batch)
        self._begun.append(batch)

    def next(self) -> Batch:
        """Return the batch that was begun first."""
        return self._begun.popleft()

    def left(self) -> Iterator[Batch]:
        """Return what nobody asked for."""
        yield from self._begun
        yield from self._later
