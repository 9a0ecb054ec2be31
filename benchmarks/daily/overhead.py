"""What Prefect costs beside a morning's own work: the same morning without it, then through the flows and a server.

Processor seconds count, of this process and of the server that it started (Linux tells them in /proc), for several
processes share a machine's cores. What the flows' own process spends beyond the engine's work is Prefect's client.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.daily import ours
from benchmarks.daily.country import FILE, days_from
from benchmarks.markdown import figure, table
from benchmarks.processes import cpu_seconds, speak, spoken
from models.session import Database
from programme.civil import instant_of
from runtime import house
from runtime.clock import Clock
from runtime.settings import Settings

THIS = "benchmarks.daily.overhead"
ENGINE, FLOWS = 1, 3
"""The measured days, without Prefect and through it: before each, a day warms up."""


@dataclass(frozen=True)
class Overhead:
    """Processor seconds of one morning with so many due: the engine's alone, then of the flows and of the server."""

    due: int
    engine: float
    flows: float
    server: float

    @property
    def share(self) -> float:
        """Return what Prefect costs in parts of the engine's own work."""
        return (self.flows - self.engine + self.server) / self.engine


def measured(due: int, folder: Path | None = None) -> Overhead:
    """Measure a morning in which all of a cohort are due, in processes of their own."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        found = spoken(THIS, due, made)
    return Overhead(due, found["engine"], found["flows"], found["server"])


def told(overhead: Overhead) -> str:
    """Return it as a table."""
    beyond = overhead.flows - overhead.engine
    row = [f"{overhead.due:,}", figure(overhead.engine), figure(beyond), figure(overhead.server)]
    titles = ("due", "engine, CPU s", "Prefect's client, CPU s", "Prefect's server, CPU s", "Prefect to engine")
    return table(titles, [[*row, f"{overhead.share:.0%}"]])


def document(overhead: Overhead) -> dict[str, float]:
    """Return it for a file."""
    return {**asdict(overhead), "share": overhead.share}


def _child(due: int, folder: Path) -> None:
    ours.prepare((FLOWS + 1) * due, due, FLOWS + 1, folder)
    ours.tick(folder, ENGINE - 1)
    engine = _spent(lambda: ours.tick(folder, ENGINE))
    flows, server = _through_prefect(folder)
    speak({"engine": engine, "flows": flows, "server": server})


def _through_prefect(folder: Path) -> tuple[float, float]:
    """Do two mornings by the flows; return what the second one took here and in the server."""
    os.environ["PREFECT_HOME"] = str(folder / "prefect")
    from flows.server import prefect_server  # noqa: PLC0415 - not before its home is set

    database = Database(f"sqlite:///{folder / FILE}")
    house.use(house.House(Settings(data_dir=folder, _env_file=None), Clock(), database))
    nows = [instant_of(day, ours.MORNING) for day in days_from(FLOWS)]
    with prefect_server(folder / "prefect"):
        _lived(nows[FLOWS - 1])
        before = _of_children()
        flows = _spent(lambda: _lived(nows[FLOWS]))
    return flows, _of_children_ended() - before


def _lived(now: datetime) -> None:
    """Do a morning by the flows; one that fails is not measured."""
    from flows.run_day import run_mornings  # noqa: PLC0415 - as above

    failures = run_mornings(now).failures
    if failures:
        raise RuntimeError(f"the morning of the benchmark fails: {failures[0]}")


def _spent(work: Callable[[], object]) -> float:
    began = cpu_seconds()
    work()
    return cpu_seconds() - began


def _of_children() -> float:
    """Return the processor seconds of this process's children so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _of_children_ended() -> float:
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    _child(int(sys.argv[1]), Path(sys.argv[2]))
