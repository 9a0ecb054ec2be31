"""Puts the commands together, and turns every failure into one plain sentence."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli import (
    alerts,
    backup,
    bounces,
    channels,
    cohorts,
    corrections,
    dates,
    demo,
    facts,
    feeds,
    forecast,
    inspect,
    listing,
    pauses,
    people,
    personal,
    programme,
    retention,
    running,
    sending,
    serving,
    text_trials,
    texts,
    watchdog,
    web,
    worklist,
)
from cli.context import Chosen
from cli.stopped import interrupted
from models.trouble import is_trouble, trouble_words
from programme.errors import Refusal
from programme.wording import sentence
from runtime.language import _

INTERRUPTED = 130
"""What Typer makes of Ctrl-C, without a word."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=_("Mourafaka: two years of support for each new cooperative, moved on time and explained."),
)


@app.callback()
def options(
    context: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            help=_("A virtual clock: the ISO date and time, in Casablanca, e.g. 2027-01-04T09:00."),
            metavar="ISO-DATETIME",
        ),
    ] = None,
    allow_real_mail: Annotated[
        bool, typer.Option(help=_("With a virtual clock: send through a mail server that is not on this machine too."))
    ] = False,
) -> None:
    """Keep the global options for the command."""
    context.obj = Chosen(as_of, allow_real_mail)


for module in (
    programme,
    retention,
    cohorts,
    people,
    personal,
    facts,
    corrections,
    dates,
    running,
    serving,
    sending,
    inspect,
    listing,
    worklist,
    forecast,
    pauses,
    alerts,
    bounces,
    channels,
    feeds,
    texts,
    watchdog,
    text_trials,
    web,
    backup,
    demo,
):
    module.add_to(app)


def run() -> None:
    """Run the command line; exit codes: 0 done, 1 refused or failed, 2 wrong usage."""
    try:
        app()
    except Refusal as refusal:
        _stop(refusal.say(_))
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            interrupted()
        raise
    except KeyboardInterrupt:
        interrupted()
    except Exception as problem:
        if is_trouble(problem):
            _stop(
                sentence(
                    "The database cannot be used ({problem}): check its address, its disk and its rights, then run `mourafaka doctor`.",
                    problem=trouble_words(problem),
                ).say(_)
            )
        if os.environ.get("MOURAFAKA_DEBUG"):
            raise
        _stop(
            sentence(
                "Something unexpected happened ({kind}: {problem}): run it again with MOURAFAKA_DEBUG=1 and report what it shows.",
                kind=type(problem).__name__,
                problem=problem,
            ).say(_)
        )


def _stop(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's own voice
    sys.exit(1)
