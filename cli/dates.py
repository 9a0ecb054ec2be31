"""Commands that change dates: steps, starts, holidays, closed windows; each shows what it moves before it moves it."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

import typer

from actions import holidays, replan, windows
from actions.programmes import windows_of
from cli.approval import Approve, AsJson, Yes, propose
from cli.context import BY, open_house, read_day, say_json, say_table
from programme.holiday_words import holiday_said
from programme.wording import LANGUAGE
from runtime.language import _

By = Annotated[str, typer.Option("--by", help=_("who says so: your code"))]
Reason = Annotated[str, typer.Option("--reason", help=_("why, in a sentence"))]
Day = Annotated[str, typer.Argument(help=_("a day, year-month-day"))]

holiday = typer.Typer(help=_("Holidays: proclaim a feast, add or remove a day."), no_args_is_help=True)
window = typer.Typer(help=_("Closed windows: days on which no meeting is held."), no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "move",
        help=_(
            "Set a step's date; shown first, then approved.\n\nExample: mourafaka move SM-2027/007 diagnosis.visit 2027-03-19 --at 09:30"
        ),
    )(move)
    app.command(
        "restart",
        help=_(
            "Have an enrolment start on another day; shown first, then approved.\n\nExample: mourafaka restart SM-2027/007 2027-01-18"
        ),
    )(restart)
    app.command(
        "unpin",
        help=_(
            "Give a date that was set by hand back to its rule.\n\nExample: mourafaka unpin SM-2027/007 diagnosis.visit"
        ),
    )(unpin)
    app.add_typer(holiday, name="holiday")
    app.add_typer(window, name="window")


def move(
    context: typer.Context,
    enrolment: str,
    step: str,
    day: Day,
    at: Annotated[str | None, typer.Option("--at", help=_("a meeting's hour, such as 09:30"))] = None,
    place: Annotated[str | None, typer.Option("--place", help=_("a meeting's place"))] = None,
    by: By = BY,
    reason: Reason = "",
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set a step's date."""
    verb = partial(
        replan.move_step,
        code=enrolment,
        step=step,
        on=read_day(day),
        at=at,
        place=place,
        by=by,
        reason=reason,
        now=open_house(context).clock.now(),
    )
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


def restart(
    context: typer.Context,
    enrolment: str,
    day: Day,
    by: By = BY,
    reason: Reason = "",
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Change an enrolment's start."""
    now = open_house(context).clock.now()
    verb = partial(replan.change_start, code=enrolment, start_on=read_day(day), by=by, reason=reason, now=now)
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


def unpin(
    context: typer.Context,
    enrolment: str,
    step: str,
    by: By = BY,
    reason: Reason = "",
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give a date back to its rule."""
    now = open_house(context).clock.now()
    verb = partial(replan.unpin_step, code=enrolment, step=step, by=by, reason=reason, now=now)
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@holiday.command(
    "proclaim",
    help=_(
        "Enter the proclaimed days of a feast in the place of the estimated ones.\n\nExample: mourafaka holiday proclaim 2027-05-17 2027-05-18"
    ),
)
def proclaim(
    context: typer.Context,
    first: Day,
    last: Annotated[str | None, typer.Argument(help=_("the last day; the first one when not given"))] = None,
    name: Annotated[str | None, typer.Option("--name", help=_("the feast; the nearest estimated one's name"))] = None,
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Proclaim a feast."""
    now = open_house(context).clock.now()
    begins, ends = read_day(first), read_day(last or first)
    verb = partial(holidays.proclaim, first=begins, last=ends, name=name, by=by, now=now)
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@holiday.command("add", help=_("Add a holiday.\n\nExample: mourafaka holiday add 2027-03-15 --name 'Jour chômé'"))
def add(
    context: typer.Context,
    day: Day,
    name: Annotated[str, typer.Option("--name", help=_("its name"))],
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Add a holiday."""
    verb = partial(holidays.add_holiday, on=read_day(day), name=name, by=by, now=open_house(context).clock.now())
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@holiday.command("remove", help=_("Make a holiday an ordinary day.\n\nExample: mourafaka holiday remove 2027-03-15"))
def remove(
    context: typer.Context,
    day: Day,
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove a holiday."""
    verb = partial(holidays.remove_holiday, on=read_day(day), by=by, now=open_house(context).clock.now())
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@holiday.command("list", help=_("A year's holidays.\n\nExample: mourafaka holiday list --year 2027"))
def list_holidays(
    context: typer.Context,
    year: Annotated[
        int | None, typer.Option("--year", help=_("the year; this one when not given"), min=2000, max=2100)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a year's holidays."""
    house = open_house(context)
    with house.database.reading() as session:
        found = holidays.holidays_in(session, year or house.clock.today().year)
    if as_json:
        say_json([{"on": one.on.isoformat(), "name": one.name, "estimated": one.estimated} for one in found])
        return
    language = _(LANGUAGE.template)
    rows = [
        (one.on.isoformat(), holiday_said(one.name).of(language), _("estimated") if one.estimated else "")
        for one in found
    ]
    say_table(_("Holidays"), (_("Date"), _("Name"), ""), rows)


@window.command(
    "close",
    help=_(
        "Close days to the meetings of a sector or of a cooperative.\n\nExample: mourafaka window close 2027-10-04 2027-10-29 --sector Arganier --reason récolte"
    ),
)
def close(
    context: typer.Context,
    first: Day,
    last: Day,
    sector: Annotated[str | None, typer.Option("--sector", help=_("for all the cooperatives of a sector"))] = None,
    enrolment: Annotated[str | None, typer.Option("--enrolment", help=_("for one enrolment, by its code"))] = None,
    reason: Reason = "",
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Close a window."""
    if (sector is None) == (enrolment is None):
        raise typer.BadParameter(_("write either --sector or --enrolment"))
    if not reason.strip():
        raise typer.BadParameter(_("write --reason: the people who plan read it"))
    verb = partial(
        windows.close_window,
        scope="sector" if sector else "cooperative",
        target=sector or enrolment or "",
        first=read_day(first),
        last=read_day(last),
        reason=reason,
        by=by,
        now=open_house(context).clock.now(),
    )
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@window.command("open", help=_("Open a closed window again, by its number.\n\nExample: mourafaka window open 3"))
def reopen(
    context: typer.Context,
    number: int,
    by: By = BY,
    approve: Approve = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Open a window."""
    verb = partial(windows.open_window, number=number, by=by, now=open_house(context).clock.now())
    propose(context, lambda session, digest: verb(session, approve=digest), approve=approve, yes=yes, as_json=as_json)


@window.command("list", help=_("The closed windows, with their numbers.\n\nExample: mourafaka window list"))
def list_windows(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the closed windows."""
    with open_house(context).database.reading() as session:
        found = windows_of(session)
        rows = [(row.id, row.scope, row.target, _iso(row.first_on), _iso(row.last_on), row.reason) for row in found]
    if as_json:
        names = ("number", "scope", "target", "first_on", "last_on", "reason")
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    scopes = {"sector": _("sector"), "cooperative": _("cooperative")}
    titles = ("#", _("For"), _("Target"), _("From"), _("To"), _("Why"))
    say_table(_("Closed windows"), titles, [(number, scopes[scope], *rest) for number, scope, *rest in rows])


def _iso(day: date) -> str:
    return day.isoformat()
