"""`python -m benchmarks.daily`: ticks T(E, D) at many sizes and tells what a morning costs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from benchmarks.curves import drawing
from benchmarks.daily import overhead
from benchmarks.daily.measure import CONTESTANTS, Run, measured, present
from benchmarks.daily.report import document, flatness, panels, slopes, told
from benchmarks.notices.machine import basics, caption
from runtime.clock import Clock

MISSING = "There is no {name} here, so it is left out: {module} would be it."
SCAN = "sqlmodel"


def main(words: Sequence[str] | None = None) -> None:
    """Measure by who is enrolled, then by who is due."""
    given, screen = _options().parse_args(words), Console(stderr=True)
    names = present(given.only)
    for name in sorted(set(given.only) - set(names)):
        screen.print(MISSING.format(name=name, module=CONTESTANTS[name]))
    with TemporaryDirectory(dir=given.folder) as made:
        machine = basics(Path(made))
    if given.prefect is not None:
        _tell_overhead(overhead.measured(given.prefect, given.folder), machine, given)
        return
    enrolled = _measured(given, names, [(e, given.due_each) for e in given.enrolled], screen)
    due = _measured(given, names, [(given.among, d) for d in given.due], screen)
    _tell(enrolled, due, machine, given)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.daily", description="Measure T(E, D).")
    sizes = [1_000, 10_000, 100_000, 1_000_000]
    parser.add_argument("--enrolled", type=int, nargs="*", default=sizes, help="sizes of the first table")
    parser.add_argument("--due-each", type=int, default=100, help="due on each day, in the first table")
    parser.add_argument("--due", type=int, nargs="*", default=[100, 1_000, 10_500], help="sizes of the second table")
    parser.add_argument("--among", type=int, default=60_000, help="enrolled, in the second table")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="who ticks")
    parser.add_argument("--scan-up-to", type=int, default=100_000, help="the most that the scanning loop is asked")
    parser.add_argument("--prefect", type=int, metavar="DUE", help="measure what Prefect adds to such a day, instead")
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is measured")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--picture", type=Path, help="draw them into this SVG file")
    return parser


def _measured(
    given: argparse.Namespace, names: Sequence[str], sizes: Sequence[tuple[int, int]], screen: Console
) -> list[Run]:
    turns = [(name, e, d) for e, d in sizes for name in names if name != SCAN or e <= given.scan_up_to]
    shown = track(turns, "measuring", console=screen)
    return [measured(name, e, d, given.folder) for name, e, d in shown]


def _tell(enrolled: Sequence[Run], due: Sequence[Run], machine: dict[str, object], given: argparse.Namespace) -> None:
    when = Clock().today().isoformat()
    sys.stdout.write("\n".join(_said(enrolled, due)) + f"\n{caption(when, machine)}\n")
    if given.json is not None:
        whole = {"on": when, "machine": machine, "enrolled": document(enrolled), "due": document(due)}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    if given.picture is not None:
        title = "T(E, D): one morning, by who is enrolled and by who is due"
        given.picture.write_text(drawing(title, panels(enrolled, due), caption(when, machine)), "utf-8")


def _tell_overhead(found: list[overhead.Overhead], machine: dict[str, object], given: argparse.Namespace) -> None:
    when = Clock().today().isoformat()
    sys.stdout.write(f"{overhead.told(found)}\n{caption(when, machine)}\n")
    if given.json is not None:
        whole = {"on": when, "machine": machine, "prefect": overhead.document(found)}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


def _said(enrolled: Sequence[Run], due: Sequence[Run]) -> Iterator[str]:
    for runs, sentences in ((enrolled, flatness(enrolled)), (due, slopes(due))):
        if runs:
            yield from (told(runs), "", *(f"- {sentence}" for sentence in sentences), "")


if __name__ == "__main__":
    main()
