"""Commands of the ways out beside mail: links in messages, what readers no longer want, other services."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from actions.links import links_open, revoke
from actions.unwanted import Refused, accept, refusals, refuse
from cli.context import BY, open_house, say, say_json, say_table
from cli.facts import By
from cli.inspect import AsJson
from cli.people import contact
from notifications.channels_errors import ServiceUnknown
from notifications.services import Services
from programme.unwanted import EARLY_REMINDERS, TOPICS
from programme.wording import counted, sentence
from runtime.house import House
from runtime.language import _

link = typer.Typer(help=_("Links in messages: which are open, and taking them back."), no_args_is_help=True)
service = typer.Typer(help=_("Other services that get copies of messages."), no_args_is_help=True)

Topic = Annotated[str, typer.Option("--topic", help=_("what is refused: early_reminders"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands; those on refusals join the others on contacts."""
    app.add_typer(link, name="link")
    app.add_typer(service, name="service")


@link.command("list", help=_("The links that are still open, never their addresses.\n\nExample: mourafaka link list"))
def link_list(context: typer.Context, as_json: AsJson = False) -> None:
    """List the open links."""
    house = open_house(context)
    with house.database.reading() as session:
        rows: list[dict[str, Any]] = [
            {
                "person": row.person,
                "enrolment": enrolment,
                "step": step,
                "topic": row.topic,
                "message": message,
                "ends_at": row.expires_at.isoformat(timespec="seconds"),
            }
            for row, enrolment, step, message in links_open(session, now=house.clock.now())
        ]
    if as_json:
        say_json(rows)
        return
    headers = (_("Person"), _("Enrolment"), _("Step"), _("Ends"))
    shown = [(row["person"], row["enrolment"], row["step"] or row["topic"], row["ends_at"][:10]) for row in rows]
    say_table(_("Open links"), headers, shown)


@link.command(
    "revoke",
    help=_("Take links back, as when a telephone is lost.\n\nExample: mourafaka link revoke --person amina --by amal"),
)
def link_revoke(
    context: typer.Context,
    person: Annotated[str | None, typer.Option(help=_("whose links: their code"))] = None,
    enrolment: Annotated[str | None, typer.Option(help=_("the links of one enrolment"))] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("every link"))] = False,
    by: By = BY,
    as_json: AsJson = False,
) -> None:
    """Take links back."""
    house = open_house(context)
    with house.database.transaction() as session:
        count = revoke(session, by=by, now=house.clock.now(), person=person, enrolment=enrolment, everything=everything)
    if as_json:
        say_json({"revoked": count})
        return
    say(
        counted(
            "{count} link is taken back; the next messages have new ones.",
            "{count} links are taken back; the next messages have new ones.",
            count,
        ).say(_)
    )


@contact.command(
    "refusals",
    help=_("What contacts no longer want to be sent.\n\nExample: mourafaka contact refusals SM-2027/007"),
)
def contact_refusals(
    context: typer.Context,
    enrolment: Annotated[str | None, typer.Argument(help=_("an enrolment's code; all when not given"))] = None,
    undone: Annotated[bool, typer.Option("--all", help=_("also what was undone"))] = False,
    as_json: AsJson = False,
) -> None:
    """List refusals."""
    with open_house(context).database.reading() as session:
        rows = refusals(session, code=enrolment, undone=undone)
    if as_json:
        say_json([row.to_json() for row in rows])
        return
    if not rows:
        say(_("Nobody has refused anything."))
        return
    headers = (_("Enrolment"), _("Cooperative"), _("Topic"), _("Since"), _("By"), _("Undone"))
    say_table(_("Refused"), headers, [_shown(row) for row in rows])


def _shown(row: Refused) -> tuple[object, ...]:
    undone = row.accepted_at.date() if row.accepted_at else ""
    return row.enrolment, row.cooperative, TOPICS[row.topic].say(_), row.at.date(), row.by, undone


@contact.command(
    "refuse",
    help=_(
        "Write down that a contact no longer wants reminders long before a date.\n\n"
        "Example: mourafaka contact refuse SM-2027/007 --by amal"
    ),
)
def contact_refuse(
    context: typer.Context, enrolment: str, topic: Topic = EARLY_REMINDERS, by: By = BY, as_json: AsJson = False
) -> None:
    """Write a refusal down."""
    house = open_house(context)
    with house.database.transaction() as session:
        refuse(session, code=enrolment, topic=topic, how="coordinator", by=by, now=house.clock.now())
    if as_json:
        say_json({"enrolment": enrolment, "topic": topic, "refused": True})
        return
    say(sentence("{topic}: not sent to the contact of {code} any more.", topic=TOPICS[topic], code=enrolment).say(_))


@contact.command(
    "accept",
    help=_(
        "Undo a refusal: the contact wants these messages again.\n\n"
        "Example: mourafaka contact accept SM-2027/007 --by amal"
    ),
)
def contact_accept(
    context: typer.Context, enrolment: str, topic: Topic = EARLY_REMINDERS, by: By = BY, as_json: AsJson = False
) -> None:
    """Undo a refusal."""
    house = open_house(context)
    with house.database.transaction() as session:
        accept(session, code=enrolment, topic=topic, by=by, now=house.clock.now())
    if as_json:
        say_json({"enrolment": enrolment, "topic": topic, "refused": False})
        return
    say(sentence("{topic}: sent to the contact of {code} again.", topic=TOPICS[topic], code=enrolment).say(_))


@service.command("list", help=_("The services and who gets a copy by them.\n\nExample: mourafaka service list"))
def service_list(context: typer.Context, as_json: AsJson = False) -> None:
    """List the services, without their addresses."""
    rows: list[dict[str, Any]] = [
        {"name": one.name, "by": urlsplit(one.url).scheme, "who": [*one.who], "kinds": [*one.kinds]}
        for one in _services(open_house(context)).all
    ]
    if as_json:
        say_json(rows)
        return
    shown = [(row["name"], row["by"], ", ".join(row["who"]), ", ".join(row["kinds"]) or _("all")) for row in rows]
    say_table(_("Services"), (_("Name"), _("By"), _("Who"), _("Kinds")), shown)


@service.command(
    "try",
    help=_("Hand a service a line of test, outside the ledger.\n\nExample: mourafaka service try equipe-agadir"),
)
def service_try(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Try a service."""
    found = _services(open_house(context))
    if name not in found.by_name:
        raise ServiceUnknown(name=name, known=", ".join(found.by_name) or "–")
    answer = found.hand(name, "Mourafaka", _("This is a trial: there is nothing to do."))
    taken = answer.verdict == "accepted"
    if as_json:
        say_json({"name": name, "taken": taken, "answer": answer.text})
    elif taken:
        say(sentence("Handed to {name}; services give no receipt: see that it arrived.", name=name).say(_))
    else:
        typer.echo(sentence("{name} did not take it: {problem}.", name=name, problem=answer.text).say(_), err=True)
    if not taken:
        raise typer.Exit(1)


def _services(house: House) -> Services:
    """Return the services of the settings; under a virtual clock only those on this machine."""
    return house.services() or Services()
