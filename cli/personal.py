"""`mourafaka person`: what is held about somebody, handed out, and erased (law 09-08)."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from actions import access_log, person_file
from actions.history_words import moment
from actions.person_erase import erase_person
from actions.person_export import export_person
from cli.approval import Approve, AsJson, Yes
from cli.context import BY, open_house, say, say_json, say_table
from cli.facts import By
from models.scrubbing import scrub
from programme import counts
from programme.personal import Erasing
from programme.wording import counted, sentence
from runtime.language import _

person = typer.Typer(
    help=_("Somebody's data: handed out, erased, and who asked for it (law 09-08)."), no_args_is_help=True
)
Address = Annotated[str, typer.Argument(help=_("an address that they have or had"))]

ACTIONS = {
    "export": sentence("handed out"),
    "erase": sentence("erased"),
    "correct": sentence("corrected"),
    "restore": sentence("erased again, in a copy made before"),
}
SUBJECTS = {"contact": sentence("cooperative's contact"), "person": sentence("colleague")}
"""What the access log's words are called."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(person, name="person")


@person.command(
    "export",
    help=_(
        "All that is held about the people with an address, into a file that only you can read.\n\n"
        "Example: mourafaka person export fatima@example.org fatima.json"
    ),
)
def person_export(
    context: typer.Context,
    email: Address,
    out: Annotated[Path, typer.Argument(help=_("the file, .json or .xlsx, which must not exist"))],
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Export what is held about somebody."""
    path, house = person_file.checked(out), open_house(context)
    with house.database.transaction() as session:  # the log of it and the file, or neither
        made = export_person(session, email=email, by=by, now=house.clock.now())
        person_file.write(path, made.document)
    people = len(made.document["people"])
    if as_json:
        say_json({"path": str(path), "people": people, "rows": made.rows})
        return
    say(
        sentence(
            "{path}: what is held about {people} in {rows}. Hand it to them alone, then delete it.",
            path=path,
            people=counts.people(people),
            rows=counts.rows(made.rows),
        ).say(_)
    )


@person.command(
    "erase",
    help=_(
        "Replace somebody's name, addresses and telephones by a pseudonym everywhere; shown first.\n\n"
        "Example: mourafaka person erase fatima@example.org --yes"
    ),
)
def person_erase(
    context: typer.Context,
    email: Address,
    name: Annotated[str | None, typer.Option(help=_("which of several who had the address"))] = None,
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase somebody's data."""
    house = open_house(context)
    with house.database.transaction() as session:
        erase = partial(erase_person, session, email=email, name=name, by=by, now=house.clock.now())
        erasing = erase(approve=approve)
        if yes and approve is None:
            erase(approve=erasing.digest)
    applied = yes or approve is not None
    is_clean = scrub(house.database) if applied else None
    if as_json:
        say_json({**erasing.to_json(), "applied": applied, "scrubbed": is_clean})
        return
    _show(erasing)
    if not applied:
        command = shlex.join(["mourafaka", *sys.argv[1:], "--approve", erasing.digest])
        say(sentence("Nothing is changed yet. To approve it: {command}", command=command).say(_))
        return
    say(_("Done. Copies of the database that were made before still hold their data: delete them when you can."))
    if not is_clean:
        say(_("Its file still has traces of it, for it was in use: run `mourafaka person scrub` at a quiet hour."))


def _show(erasing: Erasing) -> None:
    for one in erasing.people:
        what = _("a member of the staff") if one.kind == "person" else _("a contact")
        say(
            sentence(
                "{what} becomes {pseudonym} ({enrolments}).",
                what=what,
                pseudonym=one.pseudonym,
                enrolments=", ".join(one.enrolments) or "–",
            ).say(_)
        )
        say_table(_("Rows that name them"), (_("Where"), _("Rows")), list(one.rows.items()))
        if one.taken_back:
            say(
                counted(
                    "{count} message to them has not left and is taken back.",
                    "{count} messages to them have not left and are taken back.",
                    one.taken_back,
                ).say(_)
            )


@person.command(
    "scrub",
    help=_("Write the database's file anew, without the bytes of what was erased.\n\nExample: mourafaka person scrub"),
)
def person_scrub(context: typer.Context) -> None:
    """Scrub the database's file."""
    if not scrub(open_house(context).database):
        say(_("The database is in use: try again at a quiet hour, or stop `mourafaka serve` first."))
        raise typer.Exit(1)
    say(_("Done."))


@person.command(
    "log",
    help=_(
        "Who had somebody's data handed out, corrected or erased; no names in it.\n\nExample: mourafaka person log --json"
    ),
)
def person_log(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the access log."""
    with open_house(context).database.reading() as session:
        rows = access_log.entries(session)
    if as_json:
        say_json([{**row.model_dump(exclude={"id", "at"}), "at": row.at.isoformat(timespec="seconds")} for row in rows])
        return
    lines = [
        (
            moment(row.at),
            row.by,
            ACTIONS[row.action].say(_),
            f"{SUBJECTS[row.subject].say(_)} {row.subject_id}",
            row.rows,
        )
        for row in rows
    ]
    say_table(_("Access log"), (_("When"), _("Who"), _("What"), _("Whose"), _("Rows")), lines)
