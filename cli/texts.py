"""Commands on what people read: the texts checked, shown, changed for one cohort, tried and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from actions import texts as verbs
from actions.cohorts import cohort_of
from actions.history_words import moment
from actions.text_file import read_texts, written
from cli.context import BY, open_house, say, say_json, say_table
from cli.facts import By
from cli.inspect import AsJson
from models import CohortText
from notifications.kinds import KINDS, LANGUAGES, READINGS
from notifications.own_publication import offered
from notifications.own_words import FILTERS, OwnText
from notifications.publication import Finding, check_templates
from notifications.starting_point import starting_point
from programme.wording import sentence
from runtime.language import _

texts = typer.Typer(help=_("What people read: checked, shown, and changed for one cohort."), no_args_is_help=True)

Kind = Annotated[str, typer.Argument(help=_("the kind of notice, such as step_reminder"))]
Cohort = Annotated[str, typer.Option(help=_("the cohort's code"))]
AnyCohort = Annotated[str | None, typer.Option(help=_("the cohort's code"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands, and those that try a text, in `cli.text_trials`."""
    app.add_typer(texts, name="texts")


@texts.command(
    "check",
    help=_(
        "Check every text before anybody reads it: exit code 1 when one is wrong.\n\nExample: mourafaka texts check"
    ),
)
def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Check the programme's templates and the texts of the open cohorts."""
    house = open_house(context)
    with house.database.reading() as session:
        found = [*check_templates(), *verbs.all_faults(session, now=house.clock.now())]
    if as_json:
        say_json([_finding(one) for one in found])
    else:
        for one in found:
            say(one.says().say(_))
        if not found:
            good = sentence(
                "{kinds} kinds in {languages} languages: all good.", kinds=len(KINDS), languages=len(READINGS)
            )
            say(good.say(_))
    raise typer.Exit(1 if found else 0)


def _finding(one: Finding) -> dict[str, Any]:
    return {"kind": one.kind, "language": one.language, "where": one.where, "what": one.what.say(_)}


@texts.command(
    "show",
    help=_(
        "A kind's text as it stands, and the variables that it may say.\n\n"
        "Example: mourafaka texts show step_reminder --cohort SM-2027"
    ),
)
def show(context: typer.Context, kind: Kind, cohort: AnyCohort = None, as_json: AsJson = False) -> None:
    """Print a text: what is printed is also the file to change, and to give back with `set`."""
    verbs.own_kind(kind)
    with open_house(context).database.reading() as session:
        own = verbs.text_of(session, cohort=cohort, kind=kind) if cohort else None
    said = _said(kind, own)
    if as_json:
        version = own.version if own else None
        texts_said = {one: {"subject": subject, "body": body} for one, (subject, body) in said.items()}
        say_json(
            {
                "kind": kind,
                "cohort": cohort,
                "version": version,
                "texts": texts_said,
                "variables": offered(kind),
                "filters": list(FILTERS),
            }
        )
        return
    for line in _explained(kind, own):
        say(f"# {line}")
    say(f"\n{written(said)}")


def _said(kind: str, own: OwnText | None) -> dict[str, tuple[str, str]]:
    """Return a cohort's own text as it was written, or the programme's as one could begin from."""
    if own is not None:
        return {language: own.of(language) for language in LANGUAGES}
    return {language: starting_point(kind, language) for language in LANGUAGES}


def _explained(kind: str, own: OwnText | None) -> list[str]:
    title = (
        _("The cohort's own text.")
        if own
        else _("The programme's text, to begin from: its special cases are left out.")
    )
    lines = [
        title,
        _("Greeting, whom to call, signature and footer are added to every text."),
        _("Variables, each with an example:"),
    ]
    for name, example in offered(kind).items():
        shown = example["fr"] if isinstance(example, dict) else example
        lines.append(f"  {{{{ {name} }}}}  {shown}")
    filters = sentence(
        "Filters, such as {example}: {filters}", example="{{ due_on | date }}", filters=", ".join(FILTERS)
    )
    return [*lines, filters.say(_)]


@texts.command(
    "set",
    help=_(
        "Give a cohort its own text of a kind, in both languages, once it has passed every check.\n\n"
        "Example: mourafaka texts set step_reminder --cohort SM-2027 --file texte.txt --by amal"
    ),
)
def set_text(
    context: typer.Context,
    kind: Kind,
    cohort: Cohort,
    file: Annotated[
        Path, typer.Option(help=_("subject and body in both languages: .txt as `texts show` prints it, or .yaml"))
    ],
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Set a text; every fault is said, and nothing is stored when there is one."""
    house = open_house(context)
    said = read_texts(file)
    with house.database.transaction() as session:
        _say_faults(session, cohort, kind, said, house.clock.now())
        own = verbs.set_text(session, cohort=cohort, kind=kind, texts=said, by=by, now=house.clock.now())
    if as_json:
        say_json({"kind": kind, "cohort": cohort, "version": own.version})
        return
    done = sentence(
        "{cohort} reads its own text of {kind} from now on (version {version}); what was promised before stays as it was.",
        cohort=cohort,
        kind=kind,
        version=own.version,
    )
    say(done.say(_))


def _say_faults(session: Session, cohort: str, kind: str, said: dict[str, tuple[str, str]], now: Any) -> None:
    own = OwnText(verbs.own_kind(kind), tuple((one, *text) for one, text in sorted(said.items())))
    for one in verbs.faults(session, cohort_of(session, cohort), own, now=now):
        typer.echo(one.says().say(_), err=True)


@texts.command(
    "reset",
    help=_(
        "Have a cohort read the programme's text of a kind again.\n\n"
        "Example: mourafaka texts reset step_reminder --cohort SM-2027 --by amal"
    ),
)
def reset(context: typer.Context, kind: Kind, cohort: Cohort, by: By = BY) -> None:
    """Take a cohort's own text back."""
    house = open_house(context)
    with house.database.transaction() as session:
        verbs.reset_text(session, cohort=cohort, kind=kind, by=by, now=house.clock.now())
    say(sentence("{cohort} reads the programme's text of {kind} again.", cohort=cohort, kind=kind).say(_))


@texts.command(
    "history",
    help=_("Every text that a cohort ever had of its own.\n\nExample: mourafaka texts history --cohort SM-2027"),
)
def history(
    context: typer.Context,
    cohort: Cohort,
    kind: Annotated[str | None, typer.Option(help=_("only this kind"))] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a cohort read, the newest first."""
    with open_house(context).database.reading() as session:
        rows = verbs.history_of(session, cohort=cohort, kind=kind)
    if as_json:
        say_json([_row(row) for row in rows])
        return
    headers = (_("When"), _("Who"), _("Kind"), _("Language"), _("Version"), _("Until"), _("Subject"))
    shown = [
        (
            moment(one.at),
            one.by,
            one.kind,
            one.language,
            one.version,
            moment(one.replaced_at) if one.replaced_at else "",
            one.subject,
        )
        for one in rows
    ]
    say_table(cohort, headers, shown)


def _row(row: CohortText) -> dict[str, Any]:
    until = row.replaced_at.isoformat() if row.replaced_at else None
    parts = {
        name: getattr(row, name) for name in ("kind", "language", "subject", "body", "version", "by", "replaced_by")
    }
    return {**parts, "at": row.at.isoformat(), "replaced_at": until}
