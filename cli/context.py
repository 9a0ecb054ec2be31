"""What every command shares: the house it works in, and how it speaks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import typer

from programme.errors import DateFarOff, DateUnreadable
from programme.wording import sentence
from runtime import house, logs
from runtime.house import House
from runtime.language import _

BY = "command line"
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
PIPED_WIDTH = 160
"""Columns of a table that goes to a file or to another program."""


@dataclass(frozen=True)
class Chosen:
    """The global options of a command line."""

    as_of: str | None = None
    allow_real_mail: bool = False


def open_house(context: typer.Context, *, as_it_is: bool = False) -> House:
    """Return the house of this command, by the settings and the global options; its database made or migrated.

    ``as_it_is`` leaves the database alone.
    """
    chosen: Chosen = context.obj or Chosen()
    logs.begin()
    return house.use(house.build(as_of=chosen.as_of, allow_real_mail=chosen.allow_real_mail, as_it_is=as_it_is))


def read_day(text: str) -> date:
    """Read a date written year-month-day; one in another century is a slip, and plans from it could not be written."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise DateUnreadable(text=text) from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DateFarOff(text=text, first=FIRST_DAY, last=LAST_DAY)
    return day


def say(text: str) -> None:
    """Print a sentence."""
    print(text)  # noqa: T201 - a command's own voice


def say_json(value: Any) -> None:
    """Print one JSON document, and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def say_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, as wide as the terminal; piped, without colours and wide. Without rows, a sentence says so.

    What is too long for its column goes on in the next line: a key that is cut off helps nobody.
    """
    lines = [tuple(map(str, row)) for row in rows]
    if not lines:
        say(sentence("{title}: nothing to show.", title=title).say(_))
        return
    from rich.console import Console  # a command without a table starts sooner
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for header in headers:
        table.add_column(header, overflow="fold")
    for line in lines:
        table.add_row(*line)
    is_terminal = Console().is_terminal
    Console(width=None if is_terminal else PIPED_WIDTH).print(table)
