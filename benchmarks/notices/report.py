"""From runs to figures: medians with their spread, as a document, as a table and as sentences."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from benchmarks.notices.measure import EMAILS, Run

Summary = Mapping[str, Any]


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Return each way's median, lowest and highest figures, and how it compares with the first baseline."""
    by_way: dict[str, list[Run]] = {}
    for run in runs:
        by_way.setdefault(run.way, []).append(run)
    told = {way: _of_one(some) for way, some in by_way.items()}
    base = told[EMAILS]
    for one in told.values():
        one["to_first_baseline"] = round(one["a_second"]["median"] / base["a_second"]["median"], 2)
        one["to_first_baseline_cpu"] = round(base["cpu_ms"]["median"] / one["cpu_ms"]["median"], 2)
    return told


def _of_one(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "mails": runs[0].mails,
        "seconds": _spread([run.wall for run in runs], 2),
        "a_second": _spread([run.a_second for run in runs], 0),
        "cpu_ms": _spread([run.cpu / run.mails * 1000 for run in runs], 3),
        "phases_ms": {phase: _phase(runs, phase) for phase in runs[0].phases},
    }


def _phase(runs: Sequence[Run], phase: str) -> dict[str, float]:
    """Return a phase's milliseconds a mail: on the wall and of the processor, medians."""
    walls, cpus = zip(*(run.phases[phase] for run in runs), strict=True)
    mails = runs[0].mails
    return {
        "wall": round(statistics.median(walls) / mails * 1000, 3),
        "cpu": round(statistics.median(cpus) / mails * 1000, 3),
    }


def _spread(values: Sequence[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "lowest": round(min(values), digits),
        "highest": round(max(values), digits),
    }


def table(told: Summary) -> Table:
    """Return the figures as a table for a terminal."""
    found = Table(title="Mails a second: promised, rendered, built, sent, settled (baselines: rendered, built, sent)")
    for title in ("way", "mails", "seconds", "mails/s (lowest-highest)", "ratio", "CPU ms a mail", "CPU ratio"):
        found.add_column(title, justify="left" if title == "way" else "right")
    for way, one in told.items():
        rate = one["a_second"]
        found.add_row(
            way,
            str(one["mails"]),
            str(one["seconds"]["median"]),
            f"{rate['median']:.0f} ({rate['lowest']:.0f}-{rate['highest']:.0f})",
            str(one["to_first_baseline"]),
            str(one["cpu_ms"]["median"]),
            str(one["to_first_baseline_cpu"]),
        )
    return found


def phases_table(told: Summary) -> Table:
    """Return our own milliseconds a mail, phase by phase."""
    found = Table(title="Milliseconds a mail by phase: wall (processor)")
    measured = {way: one["phases_ms"] for way, one in told.items() if one["phases_ms"]}
    found.add_column("way")
    for phase in next(iter(measured.values()), {}):
        found.add_column(phase, justify="right")
    for way, phases in measured.items():
        found.add_row(way, *(f"{one['wall']} ({one['cpu']})" for one in phases.values()))
    return found
