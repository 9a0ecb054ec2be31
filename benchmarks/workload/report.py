"""The workload's runs as figures: the median of each size, as a table and as curves."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.curves import Panel, Series
from benchmarks.markdown import figure, table
from benchmarks.workload.measure import Run

MIB = 1024 * 1024
TITLES = ("who", "N", "seed", "CPU s", "of it starting", "wall s", "CPU ms a cooperative", "peak MiB", "bytes each")
NAMES = {
    "oracle": "plain Python, no database",
    "sqlmodel": "SQLModel loop",
    "ours": "Mourafaka",
    "alone": "its statements alone",
}


@dataclass(frozen=True)
class Figure:
    """One implementation at one size: medians of seconds, the highest memory, bytes kept a cooperative."""

    contestant: str
    n: int
    seed: int
    cpu: float
    starting: float
    wall: float
    peak: int
    kept_each: float


def figures(runs: Sequence[Run]) -> list[Figure]:
    """Return a figure for each implementation and size, in the order in which they ran."""
    together: dict[tuple[str, int, int], list[Run]] = {}
    for run in runs:
        together.setdefault((run.contestant, run.n, run.seed), []).append(run)
    return [_figure(some) for some in together.values()]


def _figure(runs: Sequence[Run]) -> Figure:
    first = runs[0]
    cpu, starting, wall = (
        statistics.median(getattr(run, name) for run in runs) for name in ("cpu", "starting", "wall")
    )
    peak, kept_each = max(run.peak for run in runs), first.kept / first.n
    return Figure(first.contestant, first.n, first.seed, cpu, starting, wall, peak, kept_each)


def told(found: Sequence[Figure]) -> str:
    """Return the figures as a table."""
    return table(TITLES, [_row(one) for one in sorted(found, key=lambda one: one.n)])


def _row(one: Figure) -> list[str]:
    work = (one.cpu - one.starting) / one.n * 1000
    kept = f"{one.kept_each:,.0f}" if one.kept_each else "none"
    seconds = [figure(value) for value in (one.cpu, one.starting, one.wall, work)]
    return [NAMES[one.contestant], f"{one.n:,}", str(one.seed), *seconds, figure(one.peak / MIB), kept]


def panels(found: Sequence[Figure]) -> list[Panel]:
    """Return the curves: processor time and memory by size."""
    cpu: Series = {}
    peak: Series = {}
    for one in found:
        cpu.setdefault(NAMES[one.contestant], []).append((one.n, one.cpu))
        peak.setdefault(NAMES[one.contestant], []).append((one.n, one.peak / MIB))
    return [Panel("CPU seconds", "cooperatives", cpu), Panel("Peak memory, MiB", "cooperatives", peak)]


def document(found: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return the figures for a file."""
    return [asdict(one) for one in found]


def wrong(runs: Sequence[Run]) -> list[str]:
    """Say what differs from the oracle, a sentence for each run that is void."""
    return [f"{NAMES[run.contestant]}, N={run.n}: {'; '.join(run.differences)}" for run in runs if run.differences]
