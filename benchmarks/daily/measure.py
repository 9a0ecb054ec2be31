"""Prepares T(E, D) in one process and ticks in another one, so that what preparing took is nobody's memory."""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, cast

from benchmarks.processes import cpu_seconds, exists, kept_bytes, peak_bytes, speak, spoken

CONTESTANTS = {"ours": "benchmarks.daily.ours", "sqlmodel": "benchmarks.baselines.sqlmodel_scan"}
DAYS = 7
"""The first one warms up."""
THIS = "benchmarks.daily.measure"


class Contestant(Protocol):
    """What a contestant's module has."""

    def prepare(self, e: int, d: int, days: int, folder: Path) -> None:
        """Enrol ``e``, each with one open step, ``d`` of them due on each day from 0 on, the others much later."""

    def tick(self, folder: Path, day: int) -> int:
        """Write what is due durably, plan what follows, commit; return how many notices were written."""


@dataclass(frozen=True)
class Run:
    """A contestant at one size: seconds of each tick that counts, the most memory held, bytes kept."""

    contestant: str
    e: int
    d: int
    walls: Sequence[float]
    cpus: Sequence[float]
    peak: int
    kept: int

    @property
    def milliseconds(self) -> float:
        """Return a tick's milliseconds, on the wall: the median."""
        return statistics.median(self.walls) * 1000

    @property
    def cpu_milliseconds(self) -> float:
        """Return a tick's milliseconds of processor time: the mean, for the system counts it in steps."""
        return statistics.fmean(self.cpus) * 1000


def present(names: Sequence[str]) -> list[str]:
    """Return those whose implementation is there, in the order in which they are always told."""
    return [name for name in CONTESTANTS if name in names and exists(CONTESTANTS[name])]


def days_of(e: int, d: int) -> int:
    """Return how many days can be measured: nobody is due twice, so 60,000 give five days of 10,500."""
    days = min(DAYS, e // d)
    if days < 2:
        raise ValueError(f"{e} enrolments are too few for a warm-up and a day with {d} due each")
    return days


def measured(contestant: str, e: int, d: int, folder: Path | None = None) -> Run:
    """Measure one size, on the disk of the folder; a tick that does not tell all who are due makes it void."""
    module, days = CONTESTANTS[contestant], days_of(e, d)
    with TemporaryDirectory(dir=folder) as made:
        spoken(THIS, "prepare", module, made, days, e, d)
        found = spoken(THIS, "tick", module, made, days)
    if found["told"] != [d] * days:
        raise RuntimeError(f"{contestant}: {d} of {e} were due each day, and {found['told']} were told")
    return Run(contestant, e, d, found["walls"][1:], found["cpus"][1:], found["peak"], found["kept"])


def _prepare(contestant: Contestant, folder: Path, days: int, e: int, d: int) -> None:
    contestant.prepare(e, d, days, folder)
    speak("prepared")


def _tick(contestant: Contestant, folder: Path, days: int) -> None:
    """Live the days one after the other, and say what each took."""
    told, walls, cpus = [], [], []
    for day in range(days):
        cpu, wall = cpu_seconds(), time.perf_counter()
        told.append(contestant.tick(folder, day))
        walls.append(time.perf_counter() - wall)
        cpus.append(cpu_seconds() - cpu)
    speak({"told": told, "walls": walls, "cpus": cpus, "peak": peak_bytes(), "kept": kept_bytes(folder)})


def _child(word: str, module: str, folder: Path, figures: Sequence[int]) -> None:
    contestant = cast("Contestant", importlib.import_module(module))
    if word == "prepare":
        days, e, d = figures
        _prepare(contestant, folder, days, e, d)
    else:
        _tick(contestant, folder, *figures)


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2], Path(sys.argv[3]), [int(word) for word in sys.argv[4:]])
