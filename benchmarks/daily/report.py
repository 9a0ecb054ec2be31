"""The daily ticks as figures: two tables, what they come to, and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.curves import Panel, Series
from benchmarks.daily.measure import Run
from benchmarks.markdown import figure, table

MIB = 1024 * 1024
TITLES = ("who", "enrolled", "due", "days", "ms a tick", "lowest-highest", "CPU ms", "peak MiB", "bytes each")
NAMES = {"ours": "Mourafaka", "sqlmodel": "SQLModel, scanning"}


def told(runs: Sequence[Run]) -> str:
    """Return the runs as a table."""
    return table(TITLES, [_row(run) for run in runs])


def _row(run: Run) -> list[str]:
    span = f"{figure(min(run.walls) * 1000)}-{figure(max(run.walls) * 1000)}"
    seconds = [figure(run.milliseconds), span, figure(run.cpu_milliseconds)]
    sizes = [f"{run.e:,}", f"{run.d:,}", str(len(run.walls))]
    return [NAMES[run.contestant], *sizes, *seconds, figure(run.peak / MIB), f"{run.kept / run.e:,.0f}"]


def flatness(runs: Sequence[Run]) -> list[str]:
    """Say for each contestant how a tick and its memory grow from the fewest enrolled to the most."""
    said = []
    for name, some in _by_contestant(runs).items():
        few, many = min(some, key=lambda run: run.e), max(some, key=lambda run: run.e)
        if few.e < many.e:
            ratio, memory = many.milliseconds / few.milliseconds, many.peak / few.peak
            grown = f"a tick takes {ratio:.2f} times as long, and {memory:.2f} times the memory"
            said.append(f"{NAMES[name]}: with {many.e:,} enrolled instead of {few.e:,}, {grown}.")
    return said


def slopes(runs: Sequence[Run]) -> list[str]:
    """Say for each contestant what one more due costs."""
    said = []
    for name, some in _by_contestant(runs).items():
        few, many = min(some, key=lambda run: run.d), max(some, key=lambda run: run.d)
        if few.d < many.d:
            each = (many.milliseconds - few.milliseconds) / (many.d - few.d) * 1000
            said.append(f"{NAMES[name]}: one more due costs {figure(each)} µs ({few.d:,} to {many.d:,} due).")
    return said


def _by_contestant(runs: Sequence[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.contestant, []).append(run)
    return found


def panels(by_enrolled: Sequence[Run], by_due: Sequence[Run]) -> list[Panel]:
    """Return the curves: a tick and its memory by who is enrolled, a tick by who is due.

    A tick is drawn by its processor time, which other work on the machine disturbs less than its time on the wall.
    """
    spent: Series = {}
    peak: Series = {}
    due: Series = {}
    for run in by_enrolled:
        spent.setdefault(NAMES[run.contestant], []).append((run.e, run.cpu_milliseconds))
        peak.setdefault(NAMES[run.contestant], []).append((run.e, run.peak / MIB))
    for run in by_due:
        due.setdefault(NAMES[run.contestant], []).append((run.d, run.cpu_milliseconds))
    drawn = (
        ("CPU milliseconds a tick", "enrolled", spent),
        ("Peak memory, MiB", "enrolled", peak),
        ("CPU milliseconds a tick", "due that day", due),
    )
    return [Panel(*one) for one in drawn if one[2]]


def document(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the runs for a file."""
    return [{**asdict(run), "milliseconds": run.milliseconds} for run in runs]
