"""Commands for coaches' calendar feeds: feed new, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from actions.feeds import feeds, new_feed, revoke_feed
from cli.context import BY, open_house, say, say_json, say_table
from cli.facts import By
from cli.inspect import AsJson
from programme.civil import wall
from programme.wording import sentence
from runtime.language import _

feed = typer.Typer(help=_("The secret address under which a coach's calendar is read."), no_args_is_help=True)
STATUSES = {"in force": sentence("in force"), "expired": sentence("expired"), "revoked": sentence("revoked")}
Code = Annotated[str, typer.Argument(help=_("the coach's code"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(feed, name="feed")


@feed.command(
    "new",
    help=_(
        "Give a coach a calendar address, said this once; the one before it leads nowhere from now on.\n\n"
        "Example: mourafaka feed new amina --by amal"
    ),
)
def feed_new(context: typer.Context, code: Code, by: By = BY, as_json: AsJson = False) -> None:
    """Make a feed."""
    house = open_house(context)
    token = house.new_token()
    with house.database.transaction() as session:
        made = new_feed(session, code=code, token=token, by=by, now=house.clock.now())
    url = f"{house.settings.base_url.rstrip('/')}/calendar/{token}.ics"
    if as_json:
        say_json({"coach": code, "url": url, "expires_on": made.expires_on.isoformat()})
        return
    say(url)
    said = sentence(
        "Whoever has this address reads the calendar of {code}: hand it to nobody else. It is not shown again, and it holds until {on}; `mourafaka feed revoke {code}` ends it.",
        code=code,
        on=made.expires_on,
    )
    say(said.say(_))


@feed.command("list", help=_("Every calendar address there was, without its secret.\n\nExample: mourafaka feed list"))
def feed_list(context: typer.Context, as_json: AsJson = False) -> None:
    """List the feeds."""
    house = open_house(context)
    with house.database.reading() as session:
        rows = feeds(session, house.clock.today())
    if as_json:
        say_json(
            [
                {
                    "coach": row.code,
                    "made_at": row.made_at.isoformat(timespec="seconds"),
                    "made_by": row.made_by,
                    "expires_on": row.expires_on.isoformat(),
                    "status": row.status,
                }
                for row in rows
            ]
        )
        return
    shown = [
        (row.code, row.name, f"{wall(row.made_at):%Y-%m-%d}", row.made_by, row.expires_on, STATUSES[row.status].say(_))
        for row in rows
    ]
    headers = (_("Code"), _("Name"), _("Since"), _("By"), _("Until"), _("Status"))
    say_table(_("Calendar addresses"), headers, shown)


@feed.command(
    "revoke",
    help=_(
        "Have a coach's calendar address lead nowhere from now on.\n\nExample: mourafaka feed revoke amina --by amal"
    ),
)
def feed_revoke(context: typer.Context, code: Code, by: By = BY, as_json: AsJson = False) -> None:
    """Revoke a feed."""
    house = open_house(context)
    with house.database.transaction() as session:
        revoke_feed(session, code=code, by=by, now=house.clock.now())
    if as_json:
        say_json({"coach": code, "status": "revoked"})
        return
    say(sentence("The calendar address of {code} leads nowhere any more.", code=code).say(_))
