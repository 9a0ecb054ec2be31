"""`mourafaka watchdog`: one look round by a timer outside Prefect, for who guards the guard."""

from __future__ import annotations

import typer

from cli.context import open_house, say
from programme.wording import sentence
from runtime.language import _


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "watchdog",
        help=_(
            "Look round once, for a timer: close the runs of dead processes, give free what they held, "
            "and tell coordinators of a morning that did not happen.\n\nExample: mourafaka watchdog"
        ),
    )(watchdog)


def watchdog(context: typer.Context) -> None:
    """Look round once."""
    open_house(context)
    from flows.watchdog import watch

    found = watch()
    say(
        sentence(
            "Runs closed: {closed}; leases given free: {freed}; people told of a missed morning: {told}.",
            closed=len(found.closed),
            freed=found.freed,
            told=found.told,
        ).say(_)
    )
    for name in found.closed:
        say(f"  {name}")
    if found.away:
        typer.echo(
            _("Prefect's server does not answer at PREFECT_API_URL: its runs are looked at next time."), err=True
        )
        raise typer.Exit(1)
