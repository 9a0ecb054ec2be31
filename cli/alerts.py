"""Commands for alerts: what is amiss, and a person's answer."""

from __future__ import annotations

import typer

from actions import alerts as book
from cli.context import BY, open_house, say_json, say_table
from cli.pauses import AsJson, By, Reason, tell
from programme.wording import sentence
from runtime.language import _


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("alerts", help=_("What is amiss and not answered yet.\n\nExample: mourafaka alerts --json"))(alerts)
    group = typer.Typer(no_args_is_help=True, help=_("Answers to alerts."))
    group.command(
        "accept",
        help=_(
            'Carry out what an alert proposes.\n\nExample: mourafaka alert accept SM-2027/007 no_contact --reason "nobody answers" --by amal'
        ),
    )(accept)
    group.command(
        "dismiss",
        help=_(
            'Close an alert without doing what it proposes.\n\nExample: mourafaka alert dismiss SM-2027/007 no_contact --reason "we spoke" --by amal'
        ),
    )(dismiss)
    app.add_typer(group, name="alert")


def alerts(context: typer.Context, as_json: AsJson = False) -> None:
    """List the open alerts."""
    with open_house(context).database.reading() as session:
        rows = book.open_alerts(session)
    if as_json:
        say_json(rows)
        return
    shown = [
        (row["raised_on"], row["enrolment"], row["cooperative"], row["kind"], book.spoken(row).say(_)) for row in rows
    ]
    headers = (_("Since"), _("Code"), _("Cooperative"), _("Kind"), _("What is amiss"))
    say_table(_("Alerts"), headers, shown)


def accept(
    context: typer.Context, enrolment: str, kind: str, reason: Reason, by: By = BY, as_json: AsJson = False
) -> None:
    """Carry out what an alert proposes."""
    _answer(context, enrolment, kind, reason, by, as_json, accepted=True)


def dismiss(
    context: typer.Context, enrolment: str, kind: str, reason: Reason, by: By = BY, as_json: AsJson = False
) -> None:
    """Close an alert."""
    _answer(context, enrolment, kind, reason, by, as_json, accepted=False)


def _answer(
    context: typer.Context, code: str, kind: str, reason: str, by: str, as_json: bool, *, accepted: bool
) -> None:
    house = open_house(context)
    with house.database.transaction() as session:
        row = book.answer_alert(
            session, code=code, kind=kind, accept=accepted, by=by, reason=reason, now=house.clock.now()
        )
        done = {"enrolment": code, "kind": kind, "status": row.status, "proposal": row.proposal}
    accepted_words = sentence("The alert {kind} of {code} is accepted and carried out.", kind=kind, code=code)
    dismissed_words = sentence("The alert {kind} of {code} is dismissed.", kind=kind, code=code)
    tell(done, (accepted_words if accepted else dismissed_words).say(_), as_json)
