"""Commands for when people change: coaches who leave, contacts, staff, territories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from actions.coaches import Share, leave
from actions.contacts import change_contact, correct_contact, end_contact
from actions.people import correct_person, end_role
from actions.transfer import transfer
from cli.context import BY, open_house, read_day, say, say_json
from cli.facts import By
from cli.inspect import AsJson
from models import Contact
from programme.wording import sentence
from runtime.house import House
from runtime.language import _

coach = typer.Typer(help=_("Coaches who leave, and who takes over."), no_args_is_help=True)
contact = typer.Typer(help=_("Who answers for a cooperative, from a day on."), no_args_is_help=True)
staff = typer.Typer(help=_("Staff: the end of a role, and what is known of them set right."), no_args_is_help=True)

From = Annotated[str | None, typer.Option("--on", help=_("from which day on, year-month-day; today when not given"))]
Last = Annotated[str | None, typer.Option("--on", help=_("the last day, year-month-day; today when not given"))]
Why = Annotated[str, typer.Option("--reason", help=_("why, in a sentence that stays in the history"))]
Name = Annotated[str | None, typer.Option(help=_("the name"))]
Email = Annotated[str | None, typer.Option(help=_('the address of electronic mail; "" takes it away'))]
Phone = Annotated[str | None, typer.Option(help=_('the telephone; "" takes it away'))]
Language = Annotated[str | None, typer.Option(help=_("fr or ar"))]
Reading = Annotated[str | None, typer.Option(help=_("fr, ar or both"))]
FIELDS = ("name", "email", "phone", "language")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(coach, name="coach")
    app.add_typer(contact, name="contact")
    app.add_typer(staff, name="staff")
    app.command(
        "transfer",
        help=_(
            "Have another delegation follow an enrolment from a day on.\n\n"
            "Example: mourafaka transfer SM-2027/007 meknes --reason 'new seat'"
        ),
    )(transfer_to)


def _day(house: House, on: str | None) -> Any:
    return read_day(on) if on else house.clock.today()


@coach.command(
    "leave",
    help=_(
        "A coach leaves: others follow their cooperatives, and hear of it once.\n\n"
        "Example: mourafaka coach leave amina --on 2027-04-15 --to brahim=7 --to chama=5"
    ),
)
def coach_leave(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help=_("the coach's code"))],
    to: Annotated[
        list[str] | None,
        typer.Option(help=_("who takes over: CODE for an even part, CODE=7, or CODE=SM-2027/001,SM-2027/004")),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(help=_("their last day, and the first of those who take over; today when not given")),
    ] = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Have a coach leave."""
    house = open_house(context)
    shares, day = _shares(to or []), _day(house, on)
    with house.database.transaction() as session:
        given = leave(session, coach=code, on=day, to=shares, by=by, now=house.clock.now(), reason=reason)
    if as_json:
        say_json({"coach": code, "on": day.isoformat(), "to": given})
        return
    for heir, codes in given.items():
        say(sentence("{coach} takes {count}: {codes}.", coach=heir, count=len(codes), codes=", ".join(codes)).say(_))
    say(sentence("{coach} leaves on {on}.", coach=code, on=day).say(_))


def _shares(to: Sequence[str]) -> dict[str, Share]:
    shares: dict[str, Share] = {}
    for word in to:
        heir, _equals, part = word.partition("=")
        if heir in shares:
            raise typer.BadParameter(_("name each coach once"))
        shares[heir] = int(part) if part.isdecimal() else [one.strip() for one in part.split(",")] if part else None
    return shares


@contact.command(
    "change",
    help=_(
        "Somebody else, or another address, from a day on; what is not said stays as it was.\n\n"
        "Example: mourafaka contact change SM-2027/007 --name 'Fatima' --email f@example.org --on 2027-04-15"
    ),
)
def contact_change(
    context: typer.Context,
    enrolment: str,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    language: Reading = None,
    on: From = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Change a contact."""
    house = open_house(context)
    said: dict[str, Any] = {"name": name, "email": email, "phone": phone, "language": language, "reason": reason}
    with house.database.transaction() as session:
        row = change_contact(session, code=enrolment, on=_day(house, on), by=by, now=house.clock.now(), **said)
        shown = _contact(enrolment, row)
    _say_contact(shown, as_json=as_json)


@contact.command(
    "correct",
    help=_(
        "Set the present contact right, where it was written wrongly.\n\n"
        "Example: mourafaka contact correct SM-2027/007 --email fatima@example.org"
    ),
)
def contact_correct(
    context: typer.Context,
    enrolment: str,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    language: Reading = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Correct a contact."""
    house = open_house(context)
    said: dict[str, Any] = {"name": name, "email": email, "phone": phone, "language": language, "reason": reason}
    with house.database.transaction() as session:
        row = correct_contact(session, code=enrolment, by=by, now=house.clock.now(), **said)
        shown = _contact(enrolment, row)
    _say_contact(shown, as_json=as_json)


@contact.command(
    "end",
    help=_(
        "Nobody answers after a day: notices become calls.\n\n"
        "Example: mourafaka contact end SM-2027/007 --on 2027-04-15"
    ),
)
def contact_end(
    context: typer.Context,
    enrolment: str,
    on: Last = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """End a contact."""
    house = open_house(context)
    day = _day(house, on)
    with house.database.transaction() as session:
        row = end_contact(session, code=enrolment, on=day, by=by, now=house.clock.now(), reason=reason)
        shown = _contact(enrolment, row)
    if as_json:
        say_json(shown)
        return
    say(sentence("The contact of {code} ends on {on}.", code=enrolment, on=day).say(_))


def _contact(enrolment: str, row: Contact) -> dict[str, Any]:
    return {
        "enrolment": enrolment,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "language": row.language,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
    }


def _say_contact(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(shown)
        return
    text = sentence(
        "{name} answers for {code} from {on}: {email}, {phone}.",
        name=shown["name"] or "–",
        code=shown["enrolment"],
        on=shown["starts_on"],
        email=shown["email"] or "–",
        phone=shown["phone"] or "–",
    )
    say(text.say(_))


@staff.command(
    "end",
    help=_(
        "End somebody's role; what they were still to hear goes to who holds it then.\n\n"
        "Example: mourafaka staff end amal coordinator --on 2027-04-15"
    ),
)
def staff_end(
    context: typer.Context,
    code: str,
    role: Annotated[str, typer.Argument(help=_("coordinator, coach or delegate"))],
    on: Last = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """End a role."""
    house = open_house(context)
    day = _day(house, on)
    with house.database.transaction() as session:
        end_role(session, code=code, role=role, on=day, by=by, now=house.clock.now(), reason=reason)
    if as_json:
        say_json({"code": code, "role": role, "ends_on": day.isoformat()})
        return
    say(sentence("{code} is {role} up to {on}.", code=code, role=role, on=day).say(_))


@staff.command(
    "correct",
    help=_(
        "Set a name, an address or a telephone right.\n\nExample: mourafaka staff correct amal --email amal@example.org"
    ),
)
def staff_correct(
    context: typer.Context,
    code: str,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    language: Language = None,
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Correct what is known of somebody."""
    house = open_house(context)
    said = {"name": name, "email": email, "phone": phone, "language": language}
    with house.database.transaction() as session:
        person = correct_person(session, code=code, by=by, now=house.clock.now(), **said)
        shown = {"code": code, **{field: getattr(person, field) for field in FIELDS}}
    if as_json:
        say_json(shown)
        return
    values = ", ".join(str(shown[field]) for field in FIELDS if shown[field])
    say(sentence("{code} is set right: {values}.", code=code, values=values).say(_))


def transfer_to(
    context: typer.Context,
    enrolment: str,
    delegation: Annotated[str, typer.Argument(help=_("a delegation's code: `mourafaka user territories` lists them"))],
    on: From = None,
    reason: Why = "",
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Transfer an enrolment."""
    house = open_house(context)
    day = _day(house, on)
    with house.database.transaction() as session:
        now = house.clock.now()
        row = transfer(session, code=enrolment, delegation=delegation, on=day, by=by, now=now, reason=reason)
        shown = {"enrolment": enrolment, "delegation": row.delegation, "on": day.isoformat()}
    if as_json:
        say_json(shown)
        return
    say(sentence("{code} is in {delegation} from {on}.", code=enrolment, delegation=delegation, on=day).say(_))
