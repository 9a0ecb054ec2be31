"""`mourafaka backup` and `mourafaka restore`: copies of the whole database, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from actions.backup import back_up, store_of
from actions.restore import Restored
from actions.restore import restore as take_back
from cli.context import BY, Chosen, say, say_json
from cli.facts import By
from cli.inspect import AsJson
from models.stores import Store
from programme.wording import counted, sentence
from runtime.clock import Clock, read_as_of
from runtime.language import _
from runtime.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        help=_(
            "Copy the whole database into a file, or under a dated name into a folder, while everything runs.\n\n"
            "There are people in it: only you can read the copy; keep it as safe as the database.\n\n"
            "Example: mourafaka backup /var/backups/mourafaka"
        )
    )(backup)
    app.command(
        help=_(
            "Put a copy in the database's place: checked first, with the mail on hold until somebody releases it.\n\n"
            "Example: mourafaka restore monday.sqlite3 --replace --settle-until 2027-03-02T14:00"
        )
    )(restore)


def _here(context: typer.Context) -> tuple[Store, Clock]:
    """Return the database as a whole, unopened: a copy is made of it as it is, and it may be broken or missing."""
    chosen, settings = context.obj or Chosen(), Settings()
    moment = chosen.as_of or settings.as_of
    return store_of(settings.url, settings.postgresql_bin), Clock(read_as_of(moment) if moment else None)


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help=_("the copy's file, which must not exist, or a folder"))],
    as_json: AsJson = False,
) -> None:
    """Copy the database."""
    store, clock = _here(context)
    copied = back_up(store, out, now=clock.now())
    if as_json:
        say_json({"path": str(copied.path), "bytes": copied.size})
        return
    say(sentence("{path}: the whole database, {size} bytes, read through.", path=copied.path, size=copied.size).say(_))


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help=_("a copy that `mourafaka backup` made"))],
    replace: Annotated[
        bool, typer.Option("--replace", help=_("take the place of a database that is not empty; it is kept beside"))
    ] = False,
    settle_until: Annotated[
        str | None,
        typer.Option(
            help=_("mails that wait in the copy up to this instant may have left already: they leave no more"),
            metavar="ISO-DATETIME",
        ),
    ] = None,
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Restore the database."""
    store, clock = _here(context)
    until = read_as_of(settle_until) if settle_until else None
    done = take_back(store, source, by=by, now=clock.now(), replace=replace, settle_until=until)
    if as_json:
        say_json(
            {
                "path": done.path,
                "kept": done.kept,
                "revision": done.revision,
                "waiting": done.waiting,
                "in_doubt": done.in_doubt,
                "on_hold": True,
                "erased_again": done.erased_again,
            }
        )
        return
    _say(done, source, settled=until is not None)


def _say(done: Restored, source: Path, *, settled: bool) -> None:
    say(sentence("{source} has taken the place of {path}.", source=source, path=done.path).say(_))
    if done.kept:
        say(sentence("The old database is kept as {kept}.", kept=done.kept).say(_))
    _say_erased(done)
    if settled:
        say(
            counted(
                "{count} mail may have left after this copy was made: it is in doubt and leaves no more.",
                "{count} mails may have left after this copy was made: they are in doubt and leave no more.",
                done.in_doubt,
            ).say(_)
        )
    say(
        sentence(
            "Mail is on hold, {waiting}. What left after this copy was made would leave again, and what was "
            "promised after it will be promised again: look with `mourafaka sending`, then let it go with `mourafaka sending release`.",
            waiting=counted("{count} waits", "{count} wait", done.waiting),
        ).say(_)
    )


def _say_erased(done: Restored) -> None:
    """Say whether people who were erased after the copy was made are in it again."""
    if done.erased_again is None:
        say(
            _(
                "If anybody's data were erased after this copy was made, they are in it again: "
                "erase them again with `mourafaka person erase`."
            )
        )
    elif done.erased_again:
        said = counted(
            "{count} person whose data were erased after this copy was made is erased in it too.",
            "{count} people whose data were erased after this copy was made are erased in it too.",
            done.erased_again,
        )
        say(said.say(_))
