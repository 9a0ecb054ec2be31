"""`mourafaka forecast`: what will leave, before anything is promised."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actions.forecast import Expected, forecast
from cli.context import open_house, say, say_json, say_table
from cli.inspect import AsJson
from programme.wording import sentence
from runtime.language import _


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "forecast",
        help=_("Every notice that will leave: person, date, kind, reason.\n\nExample: mourafaka forecast --days 30"),
    )(show)


def show(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=0, max=800, help=_("how many days ahead"))] = 30,
    cohort: Annotated[str | None, typer.Option(help=_("the cohort's code"))] = None,
    as_json: AsJson = False,
) -> None:
    """Print what will leave."""
    house = open_house(context)
    with house.database.reading() as session:
        rows = forecast(session, now=house.clock.now(), days=days, cohort=cohort)
    if as_json:
        say_json([_row(row) for row in rows])
        return
    headers = (_("Date"), _("Person"), _("Kind"), _("Channel"), _("About"), _("Reason"))
    shown = [
        (row.on, row.recipient, row.kind, row.channel, f"{row.enrolment} {row.about}".strip(), row.reason.say(_))
        for row in rows
    ]
    say_table(sentence("The next {days} days", days=days).say(_), headers, shown)
    say(sentence("{count} notices, as things stand: what people do meanwhile changes them.", count=len(rows)).say(_))


def _row(row: Expected) -> dict[str, Any]:
    return {
        "date": row.on.isoformat(),
        "person": row.recipient,
        "name": row.name,
        "kind": row.kind,
        "language": row.language,
        "channel": row.channel,
        "enrolment": row.enrolment,
        "about": row.about,
        "reason": row.reason.say(_),
        "key": row.key,
    }
