"""Commands that look: state, ledger, history, why, health, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from sqlmodel import Session, col, or_, select

from actions.explain import find, why_quiet, why_silent, why_step
from actions.health import ailments
from actions.history_words import FIELDS, Line, lines_of, moment
from actions.reweigh import flagged
from actions.state import business_state
from actions.stored_words import OF_ENROLMENTS, OF_NOTICES, OF_OUTCOMES
from actions.stored_words import said as word
from cli.context import open_house, read_day, say, say_json, say_table
from models import Notice
from models.placed import keyed
from notifications import copies_told, erasures_told
from notifications import ledger as book
from notifications import why as reasons
from notifications.holds import open_holds
from notifications.kind_words import kind_said
from notifications.reasons import reason_said
from programme.civil import civil_day
from programme.errors import NothingKnown
from programme.wording import Sentence, sentence
from runtime.doctor import examine
from runtime.language import _

SHOWN = 6
"""Changes of one line of a history that a person reads."""
AsJson = Annotated[bool, typer.Option("--json", help=_("one JSON document"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("state", help=_("The business state, as stable text.\n\nExample: mourafaka state --json"))(state)
    app.command(
        "ledger", help=_("Every notice and what became of it.\n\nExample: mourafaka ledger --cooperative SM-2027/007")
    )(ledger)
    app.command(
        "history",
        help=_("Who changed what of an enrolment, when and why.\n\nExample: mourafaka history SM-2027/007"),
    )(history)
    app.command(
        "why",
        help=_(
            "Why a notice left or not, or why a step is on its date.\n\nExample: mourafaka why SM-2027/007/diagnosis.visit"
        ),
    )(why)
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
                word(OF_ENROLMENTS, one["status"], _),
                word(OF_OUTCOMES, one["outcome"] or "", _),
                ", ".join(s["stage"] for s in one["stages"] if s["entered_on"] and not s["completed_on"]),
            )
            for one in cohort["enrolments"]
        ]
        say_table(cohort["code"], (_("Code"), _("Cooperative"), _("Status"), _("Outcome"), _("Stage")), rows)


def ledger(
    context: typer.Context,
    cooperative: Annotated[str | None, typer.Option(help=_("an enrolment's code or a cooperative's name"))] = None,
    since: Annotated[str | None, typer.Option(help=_("from this day on, year-month-day"))] = None,
    status: Annotated[str | None, typer.Option(help=_("only what became this, such as failed"))] = None,
    as_json: AsJson = False,
) -> None:
    """Print the ledger."""
    day = read_day(since) if since else None
    with open_house(context).database.reading() as session:
        notices = book.entries(session, cooperative=cooperative, since=day, status=status)
        rows = [*map(book.row, notices), *copies_told.rows(session, notices)]
    if as_json:
        say_json(rows)
        return
    shown = [
        (
            row["due"],
            _said(kind_said(row["kind"])),
            row["recipient"],
            word(OF_NOTICES, row["status"], _),
            _said(reason_said(row["reason"])),
            row["key"],
        )
        for row in rows
    ]
    headers = (_("Due"), _("Kind"), _("Recipient"), _("Status"), _("Reason"), _("Key"))
    say_table(_("Ledger"), headers, shown)


def history(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help=_("an enrolment's code"))],
    as_json: AsJson = False,
) -> None:
    """Print an enrolment's history."""
    with open_house(context).database.reading() as session:
        lines = lines_of(session, code)
    if as_json:
        say_json([{**line.to_json(), "says": _said(line.says())} for line in lines])
        return
    rows = [
        (
            moment(line.at),
            line.by,
            f"{_said(line.says())}\n{line.subject}",
            _said(reason_said(line.why)),
            _changes(line),
        )
        for line in lines
    ]
    say_table(code, (_("When"), _("Who"), _("What"), _("Why"), _("Before and after")), rows)


def _said(words: Sentence | str) -> str:
    return words.say(_) if isinstance(words, Sentence) else words


def _changes(line: Line) -> str:
    """Return what changed, one a line; what a long list has more is counted."""
    pairs = line.changes()
    told = [
        f"{_said(FIELDS.get(what, what))}: {before or '–'} → {after or '–'}".removeprefix(": ")
        for what, before, after in pairs[:SHOWN]
    ]
    if len(pairs) > SHOWN:
        told.append(sentence("… and {count} more: --json shows them all.", count=len(pairs) - SHOWN).say(_))
    return "\n".join(told)


def why(
    context: typer.Context,
    about: Annotated[str, typer.Argument(help=_("a notice's key, a cooperative, or CODE/STEP"))],
    as_json: AsJson = False,
) -> None:
    """Print one sentence on a step's date, and one a notice."""
    house = open_house(context)
    with house.database.reading() as session:
        notices = session.exec(
            select(Notice).where(or_(keyed(col(Notice.id), [about]), Notice.message_id == about))
        ).all()
        told = [] if notices else _explained(session, about, house.clock.now())
        told += _became(session, notices, house.clock.now())
        told += copies_told.why(session, notices)
        told += erasures_told.why(session, notices)
    if not told:
        raise NothingKnown(what=about)
    lines = [_ended(line.say(_)) for line in told]
    if as_json:
        say_json(lines)
        return
    for line in lines:
        say(line)


def _ended(line: str) -> str:
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def _became(session: Session, notices: Sequence[Notice], now: datetime) -> list[Sentence]:
    return reasons.told(session, notices, held=next(iter(open_holds(session)), None), now=now)


def _explained(session: Session, about: str, now: datetime) -> list[Sentence]:
    """Return the sentences on an enrolment or on one of its steps; none when nothing of that name is known."""
    found = find(session, about)
    if found is None:
        return []
    if found.step is not None:
        notices = session.exec(select(Notice).where(Notice.step_id == found.step.id)).all()
        dated = why_step(session, found.enrolment, found.step)
    else:
        notices = book.entries(session, cooperative=found.enrolment.code)
        dated = why_quiet(found.enrolment) if notices else [why_silent(session, found.enrolment, civil_day(now))]
    dated += flagged(session, found.enrolment, found.step)
    return dated + _became(session, notices, now) + erasures_told.why(session, notices)


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
    findings = examine(open_house(context, as_it_is=True))
    for finding in findings:
        mark = "✓" if finding.good else "✗"
        say(f"{mark} {finding.what.say(_)}" + (f" — {finding.mend.say(_)}" if finding.mend else ""))
    if not all(finding.good for finding in findings):
        say(sentence("{count} to mend.", count=sum(not finding.good for finding in findings)).say(_))
        raise typer.Exit(1)
