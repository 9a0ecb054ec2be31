"""Commands that take a cohort to another version, and a cooperative to another fiscal year-end: shown, then approved."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from functools import partial
from typing import Annotated

import typer

from actions.fiscal_year import change_fiscal_year
from actions.migrate import Turned, migrate_cohort, refuse_unapproved
from actions.migration_plan import CohortPlan, chosen_of, plan_cohort
from actions.migration_told import Told, told_by
from actions.migration_words import said_of
from cli.approval import Approve, AsJson, Yes, propose
from cli.context import BY, open_house, say, say_json
from notifications.kind_words import kind_said
from programme.wording import Sentence, counted, sentence
from runtime.language import _

SHOWN = 8
"""Codes that a line names; --json has them all."""


def add_to(app: typer.Typer) -> None:
    """Add the command that is not about a definition."""
    app.command(
        "fiscal-year",
        help=_(
            "Change the end of a cooperative's fiscal year; shown first, then approved.\n\nExample: mourafaka fiscal-year SM-2027/007 30/06"
        ),
    )(fiscal_year)


def add_to_definition(definition: typer.Typer) -> None:
    """Add `definition migrate`."""
    definition.command(
        "migrate",
        help=_(
            "Take a cohort to another version; shown first, then approved.\n\nExample: mourafaka definition migrate --cohort SM-2027 --skip M9"
        ),
    )(migrate)


def fiscal_year(
    context: typer.Context,
    enrolment: str,
    ends_on: Annotated[str, typer.Argument(help=_("day and month, such as 30/06"))],
    by: Annotated[str, typer.Option("--by", help=_("who says so: your code"))] = BY,
    reason: Annotated[str, typer.Option("--reason", help=_("why, in a sentence"))] = "",
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Change a fiscal year-end."""
    now = open_house(context).clock.now()
    verb = partial(change_fiscal_year, code=enrolment, ends_on=ends_on, by=by, reason=reason, now=now)
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


def migrate(
    context: typer.Context,
    cohort: Annotated[str, typer.Option("--cohort", help=_("the cohort's code"))],
    to: Annotated[int | None, typer.Option("--to", help=_("the version; the newest when not given"))] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", help=_("leave out what is past for some: M9"))] = None,
    schedule: Annotated[
        list[str] | None, typer.Option("--schedule", help=_("give what is past for some the next working day: M9"))
    ] = None,
    by: Annotated[str, typer.Option("--by", help=_("who says so: your code"))] = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Plan a migration, and carry it out once approved."""
    house = open_house(context)
    choices, now = chosen_of(skip or [], schedule or []), house.clock.now()
    with house.database.reading() as session:
        plan = plan_cohort(session, cohort=cohort, now=now, to=to, choices=choices)
    digest = approve or (plan.digest if yes else None)
    if digest is not None:
        refuse_unapproved(plan, digest)
    told = told_by(house.database, plan, by=by, now=now)
    if not as_json:
        _show(plan)
        if plan.plans:
            _show_told(told)
    turned = None
    if digest is not None:
        turned = migrate_cohort(house.database, cohort=cohort, approve=digest, by=by, now=now, to=to, choices=choices)
    _end(plan, turned, told, as_json=as_json)


def _end(plan: CohortPlan, turned: Turned | None, told: list[Told], *, as_json: bool) -> None:
    """Say what was done, or how to have it done; exit code 1 when somebody was held back."""
    failures = turned.failures if turned else []
    if as_json:
        done = {"applied": turned is not None, "migrated": turned.codes if turned else [], "failures": failures}
        say_json({**plan.to_json(), "messages": [one.to_json() for one in told], **done})
    elif turned is not None:
        say(
            counted(
                "{count} enrolment is on version {version} now.",
                "{count} enrolments are on version {version} now.",
                len(turned.codes),
                version=plan.version,
            ).say(_)
        )
    elif plan.undecided:
        say(_("Nothing is changed yet. Choose with --skip or --schedule, and look at the plan again."))
    elif not plan.is_done:
        command = shlex.join(["mourafaka", *sys.argv[1:], "--approve", plan.digest])
        say(sentence("Nothing is changed yet. To approve it: {command}", command=command).say(_))
    for code, why in failures:
        typer.echo(f"{code}: {why}", err=True)
    if failures:
        raise typer.Exit(1)


def _show(plan: CohortPlan) -> None:
    """Print the plan in sum, then for each group of enrolments to which the same happens."""
    heading = sentence(
        "{cohort} to version {version}: {count} to migrate, {done} on it already, {ended} ended and left alone, {waiting} not enrolled yet.",
        cohort=plan.cohort,
        version=plan.version,
        count=len(plan.plans),
        done=len(plan.done),
        ended=plan.ended,
        waiting=plan.waiting,
    )
    say(heading.say(_))
    for one in plan.sums():
        say(f"– {one.say(_)}")
    for words, codes in _groups(plan):
        say(f"{_named(codes)}:")
        for line in words:
            say(f"    {line}")


def _show_told(told: list[Told]) -> None:
    """Print the messages that it sends, to whom and of what; names and addresses are not in it."""
    say(counted("{count} message is sent", "{count} messages are sent", len(told)).say(_) + (":" if told else "."))
    for one in told:
        kind = kind_said(one.kind)
        line = sentence(
            "to {recipient}: {kind}, {step}, {on}",
            recipient=one.recipient,
            kind=kind.say(_) if isinstance(kind, Sentence) else kind,
            step=one.step,
            on=one.on,
        )
        say(f"    {line.say(_)}")


def _groups(plan: CohortPlan) -> Iterable[tuple[tuple[str, ...], list[str]]]:
    """Return what happens, each time with the enrolments to which it does."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for one in plan.plans:
        groups.setdefault(tuple(said.say(_) for said in said_of(one.change)), []).append(one.enrolment.code)
    return groups.items()


def _named(codes: list[str]) -> str:
    more = f" … (+{len(codes) - SHOWN})" if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + more
