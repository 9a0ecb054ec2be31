"""`mourafaka export`: the list of cooperatives, with where each one stands, into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from actions import list_file
from actions.listing import listing
from cli.context import BY, open_house, say, say_json
from cli.facts import By
from cli.inspect import AsJson
from programme.wording import counted
from runtime.language import _, chosen


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "export",
        help=_(
            "Write the list of cooperatives, with where each one stands, as XLSX, CSV or JSON.\n\n"
            "Example: mourafaka export list.xlsx --cohort SM-2027"
        ),
    )(export)


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help=_("the file, .xlsx, .csv or .json, which must not exist"))],
    cohort: Annotated[str | None, typer.Option(help=_("the cohort's code; all cohorts when not given"))] = None,
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Write the list of cooperatives."""
    path, house = list_file.checked(out), open_house(context)
    with house.database.transaction() as session:  # the log of it and the file, or neither
        rows = listing(session, cohort=cohort, by=by, now=house.clock.now(), language=chosen())
        list_file.write(path, rows, chosen(), _)
    if as_json:
        say_json({"path": str(path), "cooperatives": len(rows)})
        return
    say(
        counted(
            "{path}: {count} cooperative. It names people: keep it to yourself, and delete it when it has served.",
            "{path}: {count} cooperatives. It names people: keep it to yourself, and delete it when it has served.",
            len(rows),
            path=path,
        ).say(_)
    )
