"""`mourafaka retention`: whose data are kept no longer, and their end, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from actions.retention import due, end_retention
from cli.context import open_house, say, say_json, say_table
from cli.inspect import AsJson
from models.scrubbing import scrub
from programme.wording import counted, sentence
from runtime.language import _

Limit = Annotated[int, typer.Option(min=1, max=10_000, help=_("cooperatives at the most"))]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "retention",
        help=_(
            "Whose data are kept no longer (MOURAFAKA_RETENTION_YEARS after closing); with --yes they become pseudonyms.\n\n"
            "The mornings do it by themselves; this also writes the database's file anew.\n\n"
            "Example: mourafaka retention"
        ),
    )(retention)


def retention(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help=_("do it now"))] = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """Show or end the retention of people's data."""
    house = open_house(context)
    years, now = house.settings.retention_years, house.clock.now()
    with house.database.reading() as session:
        found = due(session, today=house.clock.today(), years=years, limit=limit)
    ended = end_retention(house.database, now=now, years=years, limit=limit) if yes else None
    is_clean = scrub(house.database) if ended and ended.cooperatives + ended.staff else None
    codes = [list(one) for one in found.cooperatives.values()]
    if as_json:
        done = {"done": ended.cooperatives + ended.staff, "failures": ended.failures} if ended else None
        say_json(
            {"years": years, "cooperatives": codes, "staff": list(found.staff), "ended": done, "scrubbed": is_clean}
        )
        return
    title = counted("Closed for {count} year", "Closed for {count} years", years).say(_)
    say_table(
        title, (_("Enrolments or code"),), [(", ".join(one),) for one in [*codes, *([one] for one in found.staff)]]
    )
    if ended is None:
        if codes or found.staff:
            say(_("Nothing is changed yet: the next morning does it, or --yes now."))
        return
    say(
        sentence(
            "{done} became pseudonyms, {failures} could not.",
            done=ended.cooperatives + ended.staff,
            failures=ended.failures,
        ).say(_)
    )
    if is_clean is False:
        say(_("Its file still has traces of it, for it was in use: run `mourafaka person scrub` at a quiet hour."))
    raise typer.Exit(1 if ended.failures else 0)
