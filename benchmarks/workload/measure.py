"""Runs each implementation of the workload in a process of its own, and compares its totals with the oracle's."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import cpu_seconds, exists, kept_bytes, peak_bytes, speak, spoken
from benchmarks.workload import oracle
from benchmarks.workload.totals import Totals

CONTESTANTS = {
    "oracle": "benchmarks.workload.oracle",
    "sqlmodel": "benchmarks.baselines.sqlmodel_loop",
    "ours": "benchmarks.workload.ours",
    "alone": "benchmarks.workload.alone",
}
"""Each module has ``run(n, seed, folder)``, which keeps its database in the folder as ``*.sqlite3``.

What it must have first, another process makes: ``prepare`` is not measured.
"""
Runner = Callable[[int, int, Path], Totals]


@dataclass(frozen=True)
class Run:
    """One implementation, measured once: seconds, bytes, and what it arrived at.

    ``cpu`` is the whole process's; ``starting`` is the part of it that was gone when the work began.
    """

    contestant: str
    n: int
    seed: int
    cpu: float
    starting: float
    wall: float
    peak: int
    kept: int
    differences: Sequence[str]


def present(names: Sequence[str]) -> list[str]:
    """Return those whose implementation is there, in the order in which they are always told."""
    return [name for name in CONTESTANTS if name in names and exists(CONTESTANTS[name])]


def measured(contestant: str, n: int, seed: int, folder: Path | None = None) -> Run:
    """Measure one run, on the disk of the folder; it leaves nothing behind."""
    with TemporaryDirectory(dir=folder) as made:
        told = spoken("benchmarks.workload.measure", CONTESTANTS[contestant], n, seed, made)
    differences = Totals(**told.pop("totals")).differences(oracle.run(n, seed))
    return Run(contestant, n, seed, differences=differences, **told)


def _child(module: str, n: int, seed: int, folder: Path) -> None:
    """Do the work, and say what it took."""
    contestant = importlib.import_module(module)
    run: Runner = contestant.run
    if hasattr(contestant, "prepare"):
        contestant.prepare(n, seed, folder)
    starting, begun = cpu_seconds(), time.perf_counter()
    totals = run(n, seed, folder)
    wall, cpu = time.perf_counter() - begun, cpu_seconds()
    figures = {"cpu": cpu, "starting": starting, "wall": wall, "peak": peak_bytes(), "kept": kept_bytes(folder)}
    speak({**figures, "totals": asdict(totals)})


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
