"""`python -m benchmarks.workload`: runs W(N) with each implementation by turns and tells what it took.

With ``--crash N`` it is killed again and again instead, and told what was lost or done twice.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from benchmarks.curves import drawing
from benchmarks.notices.machine import basics, caption
from benchmarks.workload.crash import crash
from benchmarks.workload.measure import CONTESTANTS, Run, measured, present
from benchmarks.workload.reckoning import reckon
from benchmarks.workload.reckoning import told as told_of_crashes
from benchmarks.workload.report import document, figures, panels, told, wrong
from runtime.clock import Clock

MISSING = "There is no {name} here, so it is left out: {module} would be it."


def main(words: Sequence[str] | None = None) -> int:
    """Measure; a run whose totals are not the oracle's makes the whole void."""
    given = _options().parse_args(words)
    if given.crash is not None:
        return _crash(given)
    machine, screen, names = _machine(given.folder), Console(stderr=True), present(given.only)
    for name in sorted(set(given.only) - set(names)):
        screen.print(MISSING.format(name=name, module=CONTESTANTS[name]))
    turns = [(name, n) for n in given.n for _ in range(given.repeats) for name in names]
    runs = [measured(name, n, given.seed, given.folder) for name, n in track(turns, "measuring", console=screen)]
    _tell(runs, machine, given)
    for sentence in wrong(runs):
        screen.print(f"Void: {sentence}")
    return 1 if wrong(runs) else 0


def _crash(given: argparse.Namespace) -> int:
    """Run W(N) through crashes; 1 when anything was lost or done twice."""
    with TemporaryDirectory(dir=given.folder) as made:
        screen = Console(stderr=True)
        run = crash(given.crash, given.seed, given.kills, Path(made), said=screen.print)
        account = reckon(given.crash, given.seed, Path(made))
        sys.stdout.write(
            f"{told_of_crashes(run, account)}\n\n{caption(Clock().today().isoformat(), basics(Path(made)))}\n"
        )
    return 0 if account.is_right else 1


def _machine(folder: Path | None) -> dict[str, object]:
    with TemporaryDirectory(dir=folder) as made:
        return basics(Path(made))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workload", description="Measure W(N).")
    parser.add_argument("--n", type=int, nargs="+", default=[33, 330, 3300], help="cooperatives; several sizes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="who runs")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each; medians are told")
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is measured")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--picture", type=Path, help="draw them into this SVG file")
    parser.add_argument("--crash", type=int, metavar="N", help="run W(N) through crashes, its mails really sent")
    parser.add_argument("--kills", type=int, default=100, help="how often it is killed with SIGKILL")
    return parser


def _tell(runs: Sequence[Run], machine: dict[str, object], given: argparse.Namespace) -> None:
    found, when = figures(runs), Clock().today().isoformat()
    sys.stdout.write(f"{told(found)}\n\n{caption(when, machine)}\n")
    if given.json is not None:
        whole = {"on": when, "machine": machine, "repeats": given.repeats, "figures": document(found)}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    if given.picture is not None:
        title = "W(N): two years of N cooperatives"
        given.picture.write_text(drawing(title, panels(found), caption(when, machine)), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
