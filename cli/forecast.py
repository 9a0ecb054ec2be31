"""`mourafaka forecast`: what will leave, before anything is promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any

import typer

from actions.forecast import Expected, forecast
from cli.context import open_house, say, say_json, say_table
from cli.inspect import AsJson
from notifications.kind_words import KIND_WORDS, kind_said
from programme.wording import Sentence, counted, sentence
from runtime.language import _

NAMED = 3
"""How many cooperatives a line names before it counts them."""
CALL = "call."
"""What the key of a step that is a call begins with; the rest of it is for programs."""
CHANNEL_WORDS = {
    "email": sentence("by mail"),
    "digest": sentence("in the message of the day"),
    "call": sentence("by telephone"),
}


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
    each: Annotated[bool, typer.Option("--each", help=_("a line for each cooperative, not for all of them"))] = False,
    as_json: AsJson = False,
) -> None:
    """Print what will leave; cooperatives of which a person hears the same on a day share a line."""
    house = open_house(context)
    with house.database.reading() as session:
        rows = forecast(session, now=house.clock.now(), days=days, cohort=cohort)
    if as_json:
        say_json([_row(row) for row in rows])
        return
    headers = (_("Date"), _("Person"), _("Notice"), _("About"), _("Reason"))
    say_table(counted("The next {count} day", "The next {count} days", days).say(_), headers, _lines(rows, each=each))
    say(
        counted(
            "{count} notice, as things stand: what people do meanwhile changes it.",
            "{count} notices, as things stand: what people do meanwhile changes them.",
            len(rows),
        ).say(_)
    )


def _lines(rows: Sequence[Expected], *, each: bool) -> Iterator[tuple[str, ...]]:
    """Yield a line for what one person hears on a day of one kind and for one reason; each day is named once."""
    last = None
    for on, of_day in groupby(rows, key=lambda row: row.on):
        for group in _alike(of_day, each=each):
            first = group[0]
            kind = f"{_kind(first)} ({CHANNEL_WORDS[first.channel].say(_)})"
            yield (str(on) if on != last else "", _person(first), kind, _about(group), first.reason.say(_))
            last = on


def _person(row: Expected) -> str:
    """Return who hears; a cooperative's own people are those of what the line is about."""
    return _("the cooperative") if row.recipient == f"cooperative:{row.enrolment}" else row.recipient


def _alike(rows: Iterator[Expected], *, each: bool) -> Iterator[list[Expected]]:
    """Yield what differs in the cooperative alone together, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Expected]] = {}
    for row in rows:
        about = CALL if row.about.startswith(CALL) else row.about
        alike = (_person(row), row.kind, row.channel, about, row.reason.say(_), row.key if each else "")
        groups.setdefault(alike, []).append(row)
    yield from groups.values()


def _kind(row: Expected) -> str:
    said = kind_said(row.kind)
    return said.say(_) if isinstance(said, Sentence) else said


def _about(group: Sequence[Expected]) -> str:
    """Return the step and its cooperatives: a few by name, many as their number, the first and the last."""
    codes = [row.enrolment for row in group if row.enrolment is not None]
    named = ", ".join(codes)
    if len(codes) > NAMED:
        facts = {"first": codes[0], "last": codes[-1]}
        named = counted(
            "{count} cooperative, {first} to {last}", "{count} cooperatives, {first} to {last}", len(codes), **facts
        ).say(_)
    about = group[0].about
    step = KIND_WORDS["call"].say(_) if about.startswith(CALL) else about
    return f"{step}\n{named}".strip()


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
