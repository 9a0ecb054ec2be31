"""Commands that look: state, ledger, why, health, doctor."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import or_, select

from actions.health import ailments
from actions.state import business_state
from cli.context import open_house, read_day, say, say_json, say_table
from models import Notice
from notifications import ledger as book
from programme.errors import NothingKnown
from programme.wording import sentence
from runtime.doctor import examine
from runtime.language import _

AsJson = Annotated[bool, typer.Option("--json", help=_("one JSON document"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("state", help=_("The business state, as stable text.\n\nExample: mourafaka state --json"))(state)
    app.command(
        "ledger", help=_("Every notice and what became of it.\n\nExample: mourafaka ledger --cooperative SM-2027/007")
    )(ledger)
    app.command("why", help=_("Why a notice left, or why not.\n\nExample: mourafaka why SM-2027/007"))(why)
    app.command("health", help=_("Exit code 0 when all is well, else the reasons.\n\nExample: mourafaka health"))(
        health
    )
    app.command("doctor", help=_("Check this installation, with the mend of each fault.\n\nExample: mourafaka doctor"))(
        doctor
    )


def state(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the business state."""
    with open_house(context).database.reading() as session:
        found = business_state(session)
    if as_json:
        say_json(found)
        return
    for cohort in found["cohorts"]:
        rows = [
            (
                one["code"],
                one["cooperative"],
                one["status"],
                one["outcome"] or "",
                ", ".join(s["stage"] for s in one["stages"] if s["entered_on"] and not s["completed_on"]),
            )
            for one in cohort["enrolments"]
        ]
        say_table(cohort["code"], (_("Code"), _("Cooperative"), _("Status"), _("Outcome"), _("Stage")), rows)


def ledger(
    context: typer.Context,
    cooperative: Annotated[str | None, typer.Option(help=_("an enrolment's code or a cooperative's name"))] = None,
    since: Annotated[str | None, typer.Option(help=_("from this day on, year-month-day"))] = None,
    as_json: AsJson = False,
) -> None:
    """Print the ledger."""
    with open_house(context).database.reading() as session:
        notices = book.entries(session, cooperative=cooperative, since=read_day(since) if since else None)
        rows = [book.row(notice) for notice in notices]
    if as_json:
        say_json(rows)
        return
    shown = [(row["due"], row["kind"], row["recipient"], row["status"], row["reason"], row["key"]) for row in rows]
    headers = (_("Due"), _("Kind"), _("Recipient"), _("Status"), _("Reason"), _("Key"))
    say_table(_("Ledger"), headers, shown)


def why(
    context: typer.Context, about: Annotated[str, typer.Argument(help=_("a notice's key, or a cooperative"))]
) -> None:
    """Print one sentence a notice."""
    with open_house(context).database.reading() as session:
        notices = session.exec(select(Notice).where(or_(Notice.key == about, Notice.message_id == about))).all()
        notices = notices or book.entries(session, cooperative=about)
        told = [book.why(notice).say(_) for notice in sorted(notices, key=lambda one: (one.due_on, one.key))]
    if not told:
        raise NothingKnown(what=about)
    for line in told:
        say(line)


def health(context: typer.Context) -> None:
    """Print what ails the system."""
    house = open_house(context)
    with house.database.reading() as session:
        found = ailments(session, house.clock.now())
    if not found:
        say(_("Healthy."))
        return
    for one in found:
        typer.echo(one.say(_), err=True)
    raise typer.Exit(1)


def doctor(context: typer.Context) -> None:
    """Check the installation."""
    findings = examine(open_house(context))
    for finding in findings:
        mark = "✓" if finding.good else "✗"
        say(f"{mark} {finding.what.say(_)}" + (f" — {finding.mend.say(_)}" if finding.mend else ""))
    if not all(finding.good for finding in findings):
        say(sentence("{count} to mend.", count=sum(not finding.good for finding in findings)).say(_))
        raise typer.Exit(1)
