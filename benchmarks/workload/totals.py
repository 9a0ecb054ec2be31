"""What an implementation of the workload must arrive at, and in words what differs when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

Line = tuple[int, int, str, int]
"""A notice: its cooperative, its step (900 and more: an evaluation), its kind and its day."""


def digest_of(notices: Iterable[Line]) -> str:
    """Return the fingerprint of all notices, in whatever order they come."""
    lines = sorted(f"{coop:07d} {k:03d} {kind} {day:03d}\n" for coop, k, kind, day in notices)
    return sha256("".join(lines).encode("ascii")).hexdigest()[:16]


@dataclass(frozen=True)
class Totals:
    """A whole run in figures; notices are counted by kind (R, D, X, E), enrolments by outcome."""

    opened: int
    done: int
    cancelled: int
    evaluations: int
    extra_steps: int
    notices: Mapping[str, int]
    outcomes: Mapping[str, int]
    digest: str

    @property
    def advanced(self) -> int:
        """Return how often an enrolment moved on."""
        return self.done + self.evaluations

    @property
    def operations(self) -> int:
        """Return how many openings, closings and notices there were."""
        return self.opened + self.done + sum(self.notices.values())

    def differences(self, expected: Totals) -> list[str]:
        """Say what is not as expected, a sentence each; nothing means that both are the same run."""
        found: list[str] = []
        for name in (field.name for field in fields(self)):
            found += _different(name.replace("_", " "), getattr(self, name), getattr(expected, name))
        return found


def _different(name: str, ours: Any, theirs: Any) -> list[str]:
    """Compare two figures, or two tables of figures in which what is missing is zero."""
    if not isinstance(ours, Mapping):
        return [] if ours == theirs else [f"{name}: {ours} instead of {theirs}"]
    found: list[str] = []
    for key in sorted({*ours, *theirs}):
        found += _different(f"{name} {key}", ours.get(key, 0), theirs.get(key, 0))
    return found
