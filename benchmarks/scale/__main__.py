"""`python -m benchmarks.scale`: measures at a country's size, and says which bounds of RELIABILITY hold."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.markdown import figure, table
from benchmarks.notices.machine import basics, caption
from benchmarks.processes import spoken
from runtime.clock import Clock

WORK = "benchmarks.scale.work"
MIB = 1024 * 1024
TITLES = ("figure", "bound", "found", "CPU s", "")
BUSY = (
    "The machine is busy (load {load:.0f} on {cores} cores): seconds are judged by the processor's, not by the wall's."
)


@dataclass(frozen=True)
class Bound:
    """A figure, its bound and what was found, and the processor's seconds that go with it."""

    name: str
    bound: float
    found: float
    unit: str
    cpu: float
    is_busy: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether what was found is within the bound; on a busy machine the wall's seconds are others' too."""
        return (self.cpu if self.is_busy and self.unit == "s" else self.found) <= self.bound

    def row(self) -> list[str]:
        """Return the line of the table."""
        said = [f"{figure(self.bound)} {self.unit}", f"{figure(self.found)} {self.unit}", figure(self.cpu)]
        return [self.name, *said, "pass" if self.holds else "FAIL"]


def main(words: Sequence[str] | None = None) -> int:
    """Measure; return 0 when every bound holds."""
    given = _options().parse_args(words)
    with TemporaryDirectory(dir=given.folder) as made:
        machine = basics(Path(made))
        found = [*_mails(Path(made), given), *_list(Path(made), given)]
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    found = [replace(one, is_busy=load > cores) for one in found]
    if load > cores:
        sys.stdout.write(f"{BUSY.format(load=load, cores=cores)}\n\n")
    sys.stdout.write(f"{table(TITLES, [one.row() for one in found])}\n\n")
    sys.stdout.write(f"{caption(Clock().today().isoformat(), machine)}\n")
    return 0 if all(one.holds for one in found) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Measure at a country's size.")
    parser.add_argument("--cooperatives", type=int, default=10_000, help="how many are enrolled")
    parser.add_argument("--due", type=int, default=2_000, help="mails due on the measured morning")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the list; 0 for no list")
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is measured")
    return parser


def _mails(folder: Path, given: argparse.Namespace) -> Iterator[Bound]:
    """Yield the figures of those enrolled: a morning with mails, one without, and the memory of the engine."""
    enrolled = spoken(WORK, "enrol", folder, given.cooperatives, given.due)["enrolled"]
    mail, idle = spoken(WORK, "mail", folder), spoken(WORK, "idle", folder)
    if mail["mails"] < given.due or idle["mails"] or idle["promised"]:
        raise RuntimeError(f"{given.due} mails were due, then none: {mail}, {idle}")
    among = f"among {enrolled:,}"
    yield Bound(f"idle run, {among}", 2, idle["wall"], "s", idle["cpu"])
    yield Bound(f"{mail['mails']:,} mails promised and sent, {among}", 120, mail["wall"], "s", mail["cpu"])
    yield Bound(f"engine's memory at that, {among}", 300, _most(mail, idle), "MiB", mail["cpu"])


def _list(folder: Path, given: argparse.Namespace) -> Iterator[Bound]:
    if not given.rows:
        return
    read = spoken(WORK, "read_list", folder, given.rows)
    if read["stored"] != given.rows:
        raise RuntimeError(f"of {given.rows} rows {read['stored']} were stored: {read['status']}")
    yield Bound(f"list of {given.rows:,} rows taken in", 120, read["wall"], "s", read["cpu"])
    yield Bound("memory at that", 512, _most(read), "MiB", read["cpu"])


def _most(*runs: Mapping[str, Any]) -> float:
    return max(float(run["peak"]) for run in runs) / MIB


if __name__ == "__main__":
    sys.exit(main())
