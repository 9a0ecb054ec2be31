"""The workload in plain Python, cooperative by cooperative: no database, no days, only what must come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.workload import rules
from benchmarks.workload.chance import drawn, stream
from benchmarks.workload.totals import Totals, digest_of

OPENING, CLOSING = "O", "C"


class Operation(NamedTuple):
    """An opening (O), a closing (C) or a notice (its kind), of a step or, from 900 on, of an evaluation."""

    coop: int
    k: int
    kind: str
    day: int


@dataclass
class Life:
    """Two years of one cooperative; nothing that belongs to a step happens on the day it ``left``, or later."""

    coop: int
    operations: list[Operation] = field(default_factory=list)
    extra: list[tuple[int, int]] = field(default_factory=list)
    outcome: str = ""
    left: int = 0

    def add(self, k: int, kind: str, day: int) -> None:
        """Note one operation."""
        self.operations.append(Operation(self.coop, k, kind, day))


def run(n: int, seed: int, _folder: Path | None = None) -> Totals:
    """Live all cooperatives and count; there is nothing to keep, so the folder stays empty."""
    counted, outcomes, extra, notices = Counter[str](), Counter[str](), 0, list[Operation]()
    for life in lives(n, seed):
        counted.update(operation.kind for operation in life.operations)
        outcomes[life.outcome] += 1
        extra += len(life.extra)
        notices += (operation for operation in life.operations if operation.kind not in {OPENING, CLOSING})
    opened, done = counted.pop(OPENING), counted.pop(CLOSING)
    digest = digest_of(notices)
    return Totals(opened, done, opened - done, counted["E"], extra, dict(counted), dict(outcomes), digest)


def operations(n: int, seed: int) -> Iterator[Operation]:
    """Yield every operation that must take effect, once."""
    for life in lives(n, seed):
        yield from life.operations


def lives(n: int, seed: int) -> Iterator[Life]:
    """Yield the cooperatives one after the other: none has to do with another."""
    for coop in range(n):
        yield _lived(seed, coop)


def _lived(seed: int, coop: int) -> Life:
    life, chance = Life(coop), stream(seed, coop)
    _evaluate(life, chance)
    for k, due in [*rules.STEPS, *life.extra]:
        if due - rules.OPENS_BEFORE < life.left:
            _step(life, k, due, rules.closing_day(due, drawn(chance, rules.CLOSING_KEY + k)))
    return life


def _evaluate(life: Life, chance: int) -> None:
    """Decide all evaluations up to the one that ends the enrolment."""
    for number, day in enumerate(rules.EVALUATION_DAYS):
        decided = rules.decision(number, drawn(chance, rules.EVALUATION_KEY + number))
        life.add(rules.EVALUATION_STEP + number, "E", day)
        if decided == "extra":
            life.extra += rules.extra_steps(number)
        if rules.ends(decided):
            life.outcome, life.left = decided, day
            return


def _step(life: Life, k: int, due: int, closes: int) -> None:
    """Open a step, say what is said while it is open, and close it, unless the enrolment ends before."""
    life.add(k, OPENING, due - rules.OPENS_BEFORE)
    for after, kind in rules.KINDS.items():
        if due + after <= closes and due + after < life.left:
            life.add(k, kind, due + after)
    if closes < life.left:
        life.add(k, CLOSING, closes)
