"""Commands for cohorts: open, import, enrol, share out among coaches."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from actions.assign import assign_coach, assign_cohort
from actions.cohorts import close_cohort, open_cohort
from actions.enrol import enrol_cohort
from actions.intake import Report, take_in
from actions.spreadsheet import read_table, write_template
from cli.context import BY, open_house, read_day, say, say_json, say_table
from programme.errors import FileUnwritable, ListRejected, Refusal
from programme.wording import Sentence, counted, sentence
from runtime.language import _

cohort = typer.Typer(help=_("Cohorts: open one, close one."), no_args_is_help=True)
CohortOption = Annotated[str, typer.Option("--cohort", help=_("the cohort's code"))]
SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(cohort, name="cohort")
    app.command(
        "import",
        help=_(
            "Take a list of cooperatives (XLSX or CSV) into a cohort.\n\nExample: mourafaka import list.xlsx --cohort SM-2027"
        ),
    )(import_list)
    app.command("template", help=_("Write an empty list to fill in.\n\nExample: mourafaka template list.xlsx"))(
        template
    )
    app.command("enrol", help=_("Write each cooperative's dated plan.\n\nExample: mourafaka enrol --cohort SM-2027"))(
        enrol
    )
    app.command(
        "assign",
        help=_("Give a cooperative its coach, or share a cohort out.\n\nExample: mourafaka assign --cohort SM-2027"),
    )(assign)


@cohort.command(
    "open", help=_("Open a cohort.\n\nExample: mourafaka cohort open SM-2027 --start 2027-01-04 --region Souss-Massa")
)
def open_one(
    context: typer.Context,
    code: str,
    start: Annotated[str, typer.Option(help=_("its first day, year-month-day"))],
    programme: Annotated[str, typer.Option()] = "mourafaka",
    region: Annotated[str | None, typer.Option(help=_("a region's name or number"))] = None,
    title: Annotated[str, typer.Option(help=_("what notices call it"))] = "",
    called: Annotated[str | None, typer.Option(help=_("the day of the call, on which legal age is counted"))] = None,
) -> None:
    """Open a cohort."""
    house = open_house(context)
    with house.database.transaction() as session:
        opened = open_cohort(
            session,
            code=code,
            start_on=read_day(start),
            by=BY,
            now=house.clock.now(),
            title=title,
            programme=programme,
            region=region,
            called_on=read_day(called) if called else None,
        )
        text = sentence("Cohort {code} is open, from {start}.", code=opened.code, start=opened.start_on)
    say(text.say(_))


@cohort.command(
    "close",
    help=_(
        "Close a cohort: nothing is added any more, and no morning moves it.\n\nExample: mourafaka cohort close SM-2027"
    ),
)
def close_one(
    context: typer.Context,
    code: str,
    anyway: Annotated[bool, typer.Option("--anyway", help=_("even while enrolments are under way"))] = False,
) -> None:
    """Close a cohort."""
    with open_house(context).database.transaction() as session:
        close_cohort(session, code=code, anyway=anyway)
    say(sentence("Cohort {code} is closed.", code=code).say(_))


def import_list(
    context: typer.Context,
    file: Path,
    cohort: CohortOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("check everything, store nothing"))] = False,
    partial: Annotated[bool, typer.Option("--partial", help=_("store the good rows even when others are not"))] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    report: Annotated[Path | None, typer.Option(help=_("write the problems to this CSV file"))] = None,
) -> None:
    """Take a list into a cohort."""
    try:
        result = _taken(context, file, cohort, report, partial=partial, dry_run=dry_run)
    except Refusal as refusal:
        if as_json:  # the list as a whole: of no row, of no column
            say_json({**_NOTHING, "errors": [{"row": None, "column": None, "message": refusal.say(_)}]})
        raise
    errors = _errors(result)
    if as_json:
        say_json({name: getattr(result, name) for name in _NOTHING} | {"errors": errors})
    else:
        _tell(file, result, errors, dry_run=dry_run)
    if result.status == "rejected":
        raise ListRejected(file=file.name, wrong=len(errors))


_NOTHING = {"status": "rejected", "stored": 0, "known": 0, "accepted": 0}
"""What became of a list that could not even be read."""


def _taken(
    context: typer.Context, file: Path, cohort: str, report: Path | None, *, partial: bool, dry_run: bool
) -> Report:
    house = open_house(context)
    table = read_table(file)
    if report is not None:
        _write_report(report, [])  # a place that cannot be written to is found before anything is stored
    with house.database.transaction() as session:
        result = take_in(
            session, table=table, code=cohort, by=BY, now=house.clock.now(), partial=partial, dry_run=dry_run
        )
    if report is not None:
        _write_report(report, _errors(result))
    return result


def _errors(result: Report) -> list[dict[str, object]]:
    return [{"row": one.row, "column": one.column, "message": one.message.say(_)} for one in result.problems]


def _write_report(path: Path, errors: list[dict[str, object]]) -> None:
    try:
        out = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise FileUnwritable(path=path) from error
    with out:
        writer = csv.DictWriter(out, ("row", "column", "message"), delimiter=";")
        writer.writeheader()
        writer.writerows({**error, "message": _harmless(str(error["message"]))} for error in errors)


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _tell(file: Path, result: Report, errors: list[dict[str, object]], *, dry_run: bool) -> None:
    if errors:
        rows = [(error["row"], error["column"], error["message"]) for error in errors[:SHOWN]]
        say_table(file.name, (_("Row"), _("Column"), _("What to do")), rows)
    if len(errors) > SHOWN:
        say(sentence("… and {count} more: `--report problems.csv` writes them all.", count=len(errors) - SHOWN).say(_))
    if result.ignored:
        say(sentence("Columns left aside: {columns}.", columns=", ".join(result.ignored)).say(_))
    if result.status != "rejected":
        say(_verdict(result, file, wrong=len(errors), dry_run=dry_run).say(_))


def _verdict(result: Report, file: Path, *, wrong: int, dry_run: bool) -> Sentence:
    if dry_run:
        return counted(
            "{file}: {count} cooperative could be stored; this was a dry run, nothing is.",
            "{file}: {count} cooperatives could be stored; this was a dry run, nothing is.",
            result.accepted,
            file=file.name,
        )
    if result.status == "partial":
        return counted(
            "{file}: {count} cooperative stored, {known} known already; problems left out: {wrong}.",
            "{file}: {count} cooperatives stored, {known} known already; problems left out: {wrong}.",
            result.stored,
            file=file.name,
            known=result.known,
            wrong=wrong,
        )
    return counted(
        "{file}: {count} cooperative stored, {known} known already.",
        "{file}: {count} cooperatives stored, {known} known already.",
        result.stored,
        file=file.name,
        known=result.known,
    )


def template(file: Path) -> None:
    """Write an empty list."""
    write_template(file)
    say(sentence("{file} is ready to be filled in.", file=file).say(_))


def enrol(context: typer.Context, cohort: CohortOption) -> None:
    """Write the plans."""
    house = open_house(context)
    with house.database.transaction() as session:
        count = len(enrol_cohort(session, code=cohort, by=BY, now=house.clock.now()))
    say(
        counted(
            "{count} cooperative enrolled in {cohort}.",
            "{count} cooperatives enrolled in {cohort}.",
            count,
            cohort=cohort,
        ).say(_)
    )


def assign(
    context: typer.Context,
    enrolment: Annotated[str | None, typer.Argument(help=_("an enrolment's code, such as SM-2027/007"))] = None,
    coach: Annotated[str | None, typer.Argument(help=_("the coach's code"))] = None,
    cohort: Annotated[str | None, typer.Option(help=_("share out all of a cohort that have no coach"))] = None,
) -> None:
    """Assign coaches."""
    if (cohort is None) == (enrolment is None or coach is None):
        raise typer.BadParameter(_("name an enrolment and a coach, or --cohort"))
    house = open_house(context)
    with house.database.transaction() as session:
        if cohort is not None:
            count = assign_cohort(session, code=cohort, by=BY, now=house.clock.now())
        else:
            assign_coach(session, code=enrolment or "", coach=coach or "", by=BY, now=house.clock.now())
            count = 1
    say(counted("{count} cooperative has a coach now.", "{count} cooperatives have a coach now.", count).say(_))
