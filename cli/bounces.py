"""`mourafaka bounces`: reads what came back from mail servers."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from actions.bounces import take_bounces
from cli.context import BY, open_house, say, say_json
from cli.inspect import AsJson
from notifications.bounces import opened, read_report
from programme.wording import sentence
from runtime.language import _


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "bounces",
        help=_(
            "Read what came back: a file, an mbox, a Maildir, or imaps://user:password@host/folder.\n\nExample: mourafaka bounces returned.mbox"
        ),
    )(bounces)


def bounces(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help=_("where the returned messages lie"))],
    as_json: AsJson = False,
) -> None:
    """Take non-delivery reports in."""
    house = open_house(context)
    with opened(source) as messages:
        reports = [bounce for message in messages for bounce in read_report(message)]
    with house.database.transaction() as session:
        came = take_bounces(session, reports, by=BY, now=house.clock.now())
    if as_json:
        say_json([{"taken": one.taken, "status": one.status, "key": one.key} for one in came])
        return
    counts = Counter(one.taken for one in came)
    text = sentence(
        "Addresses marked: {marked}; reports known already: {known}; temporary: {temporary}; not about our messages: {others}.",
        marked=counts["marked"],
        known=counts["known"],
        temporary=counts["temporary"],
        others=counts["not ours"],
    )
    say(text.say(_))
