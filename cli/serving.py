"""The long-running whole: serve, which keeps its parts up, and the parts themselves."""

from __future__ import annotations

import logging
import os
import socket
from typing import Annotated, Literal

import typer

from cli.context import Chosen, open_house, say
from cli.web import LOOPBACK, WEB_PORT, say_where
from programme.errors import Refusal
from programme.wording import sentence
from runtime.house import House
from runtime.language import _
from runtime.logs import for_a_service, place_of
from runtime.parts import Pace, Part, python
from runtime.stopping import follow
from runtime.supervisor import Supervisor

log = logging.getLogger("mourafaka.serve")
PREFECT_PORT = 4200
PART = "from cli import main; main()"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "serve",
        help=_(
            "Run schedules, sender, pages and Prefect until stopped.\n\nExample: MOURAFAKA_SECRET_KEY=… mourafaka serve"
        ),
    )(serve)
    app.command("part", hidden=True)(part)


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help=_("the port of Prefect's pages, on this machine only"))] = PREFECT_PORT,
    web_host: Annotated[str, typer.Option(help=_("the address at which our own pages are served"))] = LOOPBACK,
    web_port: Annotated[int, typer.Option(help=_("the port of our own pages"))] = WEB_PORT,
) -> None:
    """Run until stopped."""
    for_a_service()
    house = open_house(context)
    house.settings.pages_secret()
    house.post()
    from flows.serving import parts
    from web.serving import listening

    bound = listening(web_host, web_port)
    listening(LOOPBACK, port).close()  # somebody else's would answer in the place of ours
    os.environ |= _as_of(context)
    home = house.settings.data_dir / "prefect"
    pages = Part("web", _part("web", "--socket", str(bound.fileno())), sockets=(bound.fileno(),))
    say(
        sentence(
            "Serving. Prefect's pages: http://127.0.0.1:{port} (set their password with PREFECT_SERVER_API_AUTH_STRING). Stop with Ctrl-C.",
            port=port,
        ).say(_)
    )
    say_where(web_host, bound.getsockname()[1], house.settings.base_url)
    house.database.close()
    Supervisor([pages, *parts(home, port=port, schedules=_part("schedules"))]).run()


def _part(name: str, *options: str) -> tuple[str, ...]:
    return python(PART, "part", name, "--parent", str(os.getpid()), *options)


def _as_of(context: typer.Context) -> dict[str, str]:
    """Return the virtual clock of this command for its parts, and for the processes that those start."""
    chosen: Chosen = context.obj or Chosen()
    return {"MOURAFAKA_AS_OF": chosen.as_of} if chosen.as_of else {}


def part(
    context: typer.Context,
    name: Annotated[Literal["schedules", "web"], typer.Argument()],
    parent: Annotated[int, typer.Option()],
    bound: Annotated[int, typer.Option("--socket")] = -1,
) -> None:
    """Be a part of what `serve` keeps up."""
    follow(parent, grace=Pace().grace)
    house = open_house(context)
    try:
        _be(name, house, bound)
    except Refusal:
        raise
    except Exception as failure:
        log.error("part failed", extra={"facts": {"part": name, "place": place_of(failure)}})  # noqa: TRY400 - its words may hold names
        raise typer.Exit(1) from failure


def _be(name: str, house: House, bound: int) -> None:
    if name == "web":
        from web.serving import serve as serve_pages

        serve_pages(house, socket.socket(fileno=bound))
        return
    from flows.serving import serve_schedules

    serve_schedules(house.settings.data_dir / "prefect")
