"""`python -m benchmarks.notices`: measures, prints two tables, and writes the figures where it is told to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.notices.machine import facts
from benchmarks.notices.measure import Run, rounds
from benchmarks.notices.picture import picture
from benchmarks.notices.places import place
from benchmarks.notices.report import phases_table, summary, table
from notifications import compiled
from runtime import garbage
from runtime.clock import Clock


def main(
    mails: Annotated[int, typer.Option(help="mails to cooperatives; those to the staff come on top")] = 2_000,
    repeats: Annotated[int, typer.Option(help="rounds that count, after one that warms up")] = 5,
    connections: Annotated[list[int], typer.Option(help="connections of our own way; may be repeated")] = [1, 8],  # noqa: B006
    processes: Annotated[list[int], typer.Option(help="processes that send at once; may be repeated")] = [2],  # noqa: B006
    database: Annotated[str | None, typer.Option(help="a PostgreSQL server; without it, a SQLite file")] = None,
    away: Annotated[float, typer.Option(help="milliseconds to the server and back: 0 is this machine")] = 0,
    folder: Annotated[Path | None, typer.Option(help="where the SQLite file is: the disk that is measured")] = None,
    json_to: Annotated[Path | None, typer.Option("--json", help="write the figures to this file")] = None,
    picture_to: Annotated[Path | None, typer.Option("--picture", help="draw them into this SVG file")] = None,
) -> None:
    """Measure notices a second beside two simple baselines."""
    with TemporaryDirectory(dir=folder) as made:
        where = Path(made)
        machine, runs = facts(where), list[Run]()
        measured = place(database, where)
        measured.prepare(mails)
        compiled.keep_in(where / "compiled")  # as whoever sends does when the house is built
        garbage.settle("the benchmark")
        ways = {"connections": connections, "processes": processes}
        for number, some in enumerate(rounds(measured, where, repeats=repeats, **ways, away=away / 1000)):
            runs += some if number else []
            # No bar: it would be drawn by a thread, beside which no sender may be forked.
            sys.stderr.write(f"round {number} of {repeats}\n")
    told, when = summary(runs), Clock().today().isoformat()
    console = Console()
    console.print(table(told), phases_table(told), machine)
    kind = "PostgreSQL" if database else "SQLite, synchronous=FULL"
    if json_to is not None:
        document = {"on": when, "database": kind, "repeats": repeats, "away_ms": away, "machine": machine, "ways": told}
        json_to.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if picture_to is not None:
        far = f" · server {away:g} ms away" if away else ""
        caption = (
            f"{when} · {kind}{far} · {machine['processor']}, {machine['cores']} cores · fsync {machine['fsync_ms']} ms"
        )
        picture_to.write_text(picture(told, caption), "utf-8")


if __name__ == "__main__":
    typer.run(main)
