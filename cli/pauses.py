"""Commands for what interrupts or ends an enrolment: pauses, ends, appeals."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

import typer

from actions import appeals, ends, pause
from actions.meetings import Invitation, standing_of
from actions.stored_words import OF_ENROLMENTS
from cli.context import BY, open_house, read_day, say, say_json, say_table
from programme.wording import counted, sentence
from runtime.house import House
from runtime.language import _

On = Annotated[str | None, typer.Option("--on", help=_("from which day on, year-month-day; today when not given"))]
By = Annotated[str, typer.Option("--by", help=_("who says so: your code"))]
Reason = Annotated[str, typer.Option("--reason", help=_("why: the history keeps it"))]
AsJson = Annotated[bool, typer.Option("--json", help=_("one JSON document"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "suspend",
        help=_(
            'Suspend an enrolment: nothing is sent, no step becomes late.\n\nExample: mourafaka suspend SM-2027/007 --reason "flood" --by amal'
        ),
    )(suspend)
    app.command(
        "resume",
        help=_(
            "Resume an enrolment: each step has its remaining working days again.\n\nExample: mourafaka resume SM-2027/007 --by amal"
        ),
    )(resume)
    app.command(
        "end",
        help=_(
            'End an enrolment for ever: dropped, excluded or dissolved.\n\nExample: mourafaka end SM-2027/007 dropped --reason "they gave up" --by amal'
        ),
    )(end)
    app.command(
        "decline",
        help=_(
            'Do not take a selected cooperative into its cohort.\n\nExample: mourafaka decline SM-2027/007 --reason "fewer than 5 members" --by amal'
        ),
    )(decline)
    _add_appeals(app)


def _add_appeals(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=_("Appeals against not being selected, or against an exclusion."))
    group.command(
        "file",
        help=_('File an appeal.\n\nExample: mourafaka appeal file SM-2027/007 --grounds "a flood" --by amal'),
    )(file_appeal)
    group.command(
        "close",
        help=_(
            'Answer an appeal.\n\nExample: mourafaka appeal close SM-2027/007 --upheld --reason "the commission agreed" --by amal'
        ),
    )(close_appeal)
    app.add_typer(group, name="appeal")


def _day(house: House, on: str | None) -> date:
    return read_day(on) if on else house.clock.today()


def suspend(
    context: typer.Context, enrolment: str, reason: Reason, by: By = BY, on: On = None, as_json: AsJson = False
) -> None:
    """Suspend an enrolment."""
    house = open_house(context)
    with house.database.transaction() as session:
        row = pause.suspend(session, code=enrolment, reason=reason, by=by, now=house.clock.now(), on=_day(house, on))
        invited = [_invited(one) for one in standing_of(session, enrolment, now=house.clock.now())]
        done = {"enrolment": enrolment, "from_on": str(row.from_on), "remaining": dict(row.remaining)}
    if as_json:
        say_json({**done, "invited": invited})
        return
    say(
        counted(
            "{code} is suspended from {on}; {count} open step keeps its remaining working days.",
            "{code} is suspended from {on}; {count} open steps keep their remaining working days.",
            len(done["remaining"]),
            code=enrolment,
            on=done["from_on"],
        ).say(_)
    )
    for one in invited:
        told = sentence(
            "Nobody writes during a pause. It was invited to {step} on {on} at {at}: tell it by telephone.", **one
        )
        say(told.say(_))


def _invited(one: Invitation) -> dict[str, str]:
    return {"step": one.step.key, "on": one.on.isoformat(), "at": one.at}


def resume(context: typer.Context, enrolment: str, by: By = BY, on: On = None, as_json: AsJson = False) -> None:
    """Resume an enrolment."""
    house = open_house(context)
    with house.database.transaction() as session:
        row = pause.resume(session, code=enrolment, by=by, now=house.clock.now(), on=_day(house, on))
        dates = pause.dates_of(session, row)
        done = {"enrolment": enrolment, "from_on": str(row.from_on), "until_on": str(row.until_on), "dates": dates}
    if as_json:
        say_json(done)
        return
    say(sentence("{code} goes on from {on}.", code=enrolment, on=done["until_on"]).say(_))
    say_table(_("Open steps"), (_("Step"), _("Due")), list(dates.items()))


def end(
    context: typer.Context,
    enrolment: str,
    how: Annotated[str, typer.Argument(help=_("dropped, excluded or dissolved"))],
    reason: Reason,
    by: By = BY,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """End an enrolment."""
    house = open_house(context)
    with house.database.transaction() as session:
        row = ends.end(
            session, code=enrolment, how=how, reason=reason, by=by, now=house.clock.now(), on=_day(house, on)
        )
        done = {"enrolment": enrolment, "status": row.status, "ended_on": str(row.ended_on)}
    said = sentence("{code} has ended on {on}: {how}.", code=enrolment, on=done["ended_on"], how=OF_ENROLMENTS[how])
    tell(done, said.say(_), as_json)


def decline(context: typer.Context, enrolment: str, reason: Reason, by: By = BY, as_json: AsJson = False) -> None:
    """Decline a selected cooperative."""
    house = open_house(context)
    with house.database.transaction() as session:
        row = ends.decline(session, code=enrolment, reason=reason, by=by, now=house.clock.now())
        done = {"enrolment": enrolment, "status": row.status, "outcome": row.outcome}
    tell(done, sentence("{code} is not selected; it may appeal.", code=enrolment).say(_), as_json)


def file_appeal(
    context: typer.Context,
    enrolment: str,
    grounds: Annotated[str, typer.Option(help=_("what the cooperative says"))],
    against: Annotated[str, typer.Option(help=_("exit or selection"))] = "exit",
    by: By = BY,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """File an appeal."""
    if against not in {"exit", "selection"}:
        raise typer.BadParameter(_("write exit or selection"))
    house = open_house(context)
    with house.database.transaction() as session:
        row = appeals.file_appeal(
            session,
            code=enrolment,
            against=cast("appeals.Against", against),
            grounds=grounds,
            by=by,
            now=house.clock.now(),
            on=_day(house, on),
        )
        done = {"enrolment": enrolment, "against": row.against, "filed_on": str(row.filed_on), "status": row.status}
    tell(done, sentence("The appeal of {code} is filed.", code=enrolment).say(_), as_json)


def close_appeal(
    context: typer.Context,
    enrolment: str,
    reason: Reason,
    upheld: Annotated[bool, typer.Option("--upheld/--rejected", help=_("what was decided on the appeal"))],
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Answer an appeal."""
    house = open_house(context)
    with house.database.transaction() as session:
        row = appeals.close_appeal(session, code=enrolment, upheld=upheld, reason=reason, by=by, now=house.clock.now())
        done = {"enrolment": enrolment, "against": row.against, "status": row.status}
    upheld_words = sentence("The appeal of {code} is upheld.", code=enrolment)
    rejected_words = sentence("The appeal of {code} is rejected.", code=enrolment)
    tell(done, (upheld_words if upheld else rejected_words).say(_), as_json)


def tell(done: dict[str, Any], text: str, as_json: bool) -> None:
    """Print what was done: the document, or the sentence."""
    if as_json:
        say_json(done)
    else:
        say(text)
