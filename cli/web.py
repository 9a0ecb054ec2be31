"""The command that serves the pages alone: web."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import open_house, say
from programme.wording import sentence
from runtime.language import _

LOOPBACK = "127.0.0.1"
WEB_PORT = 8000


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        "web",
        help=_("Serve the pages and the calendars alone, until stopped.\n\nExample: mourafaka web --port 8000"),
    )(web)


def web(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Option(help=_("the address to listen at; this machine alone when not given, a proxy stands before it")),
    ] = LOOPBACK,
    port: Annotated[int, typer.Option(help=_("the port to listen at"))] = WEB_PORT,
) -> None:
    """Serve the pages until stopped."""
    house = open_house(context)
    house.settings.pages_secret()
    from web.serving import listening, serve

    bound = listening(host, port)
    say_where(host, bound.getsockname()[1], house.settings.base_url)
    serve(house, bound)


def say_where(host: str, port: int, base_url: str) -> None:
    """Say where the pages are served, and under which address links to them are written."""
    facts = {"host": host, "port": port, "base_url": base_url}
    said = sentence(
        "Pages at http://{host}:{port}; links to them are written {base_url} (MOURAFAKA_BASE_URL).", **facts
    )
    say(said.say(_))
