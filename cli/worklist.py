"""Commands that list what waits: an enrolment's steps, and proposals without a signature."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actions.stored_words import OF_ROLES, OF_STEPS
from actions.stored_words import said as word
from actions.worklist import Proposed, Waiting, proposals, steps_of
from cli.context import open_house, say, say_json, say_table
from cli.inspect import AsJson
from programme.wording import sentence
from runtime.language import _, chosen


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "steps",
        help=_(
            "What an enrolment has to do, by date, with the key of each step.\n\nExample: mourafaka steps SM-2027/007"
        ),
    )(steps)
    app.command(
        "proposals", help=_("Decisions that wait for a signature, with their reasons.\n\nExample: mourafaka proposals")
    )(list_proposals)


def steps(
    context: typer.Context,
    enrolment: str,
    all_of_them: Annotated[bool, typer.Option("--all", help=_("closed steps too"))] = False,
    as_json: AsJson = False,
) -> None:
    """List an enrolment's steps."""
    house = open_house(context)
    with house.database.reading() as session:
        rows = steps_of(session, enrolment, house.clock.today(), all_of_them=all_of_them)
    if as_json:
        say_json([_step(row) for row in rows])
        return
    shown = [
        (
            row.due_on,
            row.at or "",
            row.key,
            row.title.of(chosen()),
            word(OF_ROLES, row.owner, _),
            row.days_late or "",
            word(OF_STEPS, row.status, _),
        )
        for row in rows
    ]
    headers = (_("Due"), _("Hour"), _("Step"), _("Title"), _("Owner"), _("Days late"), _("Status"))
    say_table(enrolment, headers, shown)


def _step(row: Waiting) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": {"fr": row.title.fr, "ar": row.title.ar},
        "owner": row.owner,
        "due_on": row.due_on.isoformat(),
        "at": row.at,
        "place": row.place,
        "status": row.status,
        "days_late": row.days_late,
        "pinned": row.pinned,
    }


def list_proposals(
    context: typer.Context,
    cohort: Annotated[str | None, typer.Option(help=_("the cohort's code"))] = None,
    as_json: AsJson = False,
) -> None:
    """List the decisions that nobody has signed."""
    with open_house(context).database.reading() as session:
        rows = proposals(session, cohort=cohort)
    if as_json:
        say_json([_proposal(row) for row in rows])
        return
    if not rows:
        say(_("No decision waits for a signature."))
    for row in rows:
        line = sentence(
            "{code} {cooperative}: {checkpoint}, proposed {proposal} since {on}",
            code=row.enrolment,
            cooperative=row.cooperative,
            checkpoint=row.checkpoint,
            proposal=row.proposal,
            on=row.proposed_on,
        )
        say(line.say(_))
        for reason in row.reasons:
            say(f"  – {reason.say(_)}")


def _proposal(row: Proposed) -> dict[str, Any]:
    return {
        "enrolment": row.enrolment,
        "cooperative": row.cooperative,
        "checkpoint": row.checkpoint,
        "proposal": row.proposal,
        "outcome": row.outcome,
        "status": row.status,
        "proposed_on": row.proposed_on.isoformat(),
        "reasons": [reason.say(_) for reason in row.reasons],
    }
