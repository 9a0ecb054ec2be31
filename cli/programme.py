"""Commands for the database, the programme's definition and its people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from actions.people import add_person
from actions.programmes import publish
from cli import migration
from cli.context import BY, open_house, say, say_table
from models.going_back import Gone, go_back
from programme.codes import code_of
from programme.definition_file import DefinitionRefused, read_definition
from programme.errors import FileUnreadable, PasswordMissing
from programme.territory import provinces
from programme.wording import Sentence, counted, sentence
from runtime.language import _

definition = typer.Typer(help=_("The programme as data: check a definition, publish a version."), no_args_is_help=True)
user = typer.Typer(help=_("The people of the programme."), no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "init",
        help=_(
            "Create or migrate the database.\n\nWith --back-to the tables become those of an earlier release: stop "
            "everything and make a copy first, then install that release before any other command.\n\n"
            "Example: mourafaka init"
        ),
    )(init)
    app.add_typer(definition, name="definition")
    migration.add_to(app)
    migration.add_to_definition(definition)
    app.add_typer(user, name="user")


def init(
    context: typer.Context,
    back_to: Annotated[
        str | None,
        typer.Option(help=_("the schema of an earlier release, e.g. 0012: shows what goes, nothing is changed yet")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_("with --back-to: do it"))] = False,
) -> None:
    """Create or migrate the database, or take its tables back."""
    house = open_house(context, as_it_is=back_to is not None)
    if back_to is not None:
        gone = go_back(house.database.engine, back_to, only_look=not yes)
        _say_gone(gone, back_to, done=yes)
        return
    say(sentence("The database is ready: {url}", url=house.database.engine.url.render_as_string()).say(_))


def _say_gone(gone: list[Gone], back_to: str, *, done: bool) -> None:
    """Say what the earlier release does not keep, and what comes next."""
    if gone:
        say(sentence("Schema {schema} does not have:", schema=back_to).say(_))
    for one in gone:
        say(counted("- {name} ({count} row)", "- {name} ({count} rows)", one.rows, name=one.name).say(_))
    if not done:
        say(_("Nothing is changed yet: stop everything, make a copy with `mourafaka backup`, then repeat with --yes."))
        return
    say(
        sentence(
            "The tables are those of schema {schema}. Install that release now, before any other command: one of this "
            "release would bring them forward again.",
            schema=back_to,
        ).say(_)
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path) from error


@definition.command(
    "check",
    help=_("Check a definition; every flaw with its line and column.\n\nExample: mourafaka definition check my.yaml"),
)
def check(file: Path) -> None:
    """Check a definition file."""
    try:
        checked = read_definition(_text_of(file), name=file.name)
    except DefinitionRefused as refused:
        for flaw in refused.flaws[1:]:
            typer.echo(f"{file}:{flaw.line}:{flaw.column}: {flaw.message.say(_)}", err=True)
        raise
    steps = sum(1 for _rule in checked.rules())
    say(
        sentence(
            "{file} checks: {programme} version {version}, stages: {stages}, step rules: {steps}.",
            file=file.name,
            programme=checked.programme,
            version=checked.version,
            stages=len(checked.stages),
            steps=steps,
        ).say(_)
    )


@definition.command(
    "publish",
    help=_(
        "Publish a definition as a frozen version; it changes no enrolment.\n\nExample: mourafaka definition publish my.yaml"
    ),
)
def publish_file(context: typer.Context, file: Path) -> None:
    """Publish a definition file."""
    house = open_house(context)
    with house.database.transaction() as session:
        version = publish(session, _text_of(file), by=BY, now=house.clock.now(), name=file.name)
        text = sentence(
            "Published: {programme} version {version}, {digest}.",
            programme=version.programme,
            version=version.version,
            digest=version.content_hash[:12],
        )
    say(text.say(_))


@user.command(
    "add",
    help=_(
        "Add a coordinator, a coach or a delegate.\n\nExample: mourafaka user add 'Amal' --code amal --role coach "
        "--territory region-souss-massa --email amal@example.org --phone '06 12 34 56 78'"
    ),
)
def add_user(
    context: typer.Context,
    name: str,
    role: Annotated[str, typer.Option(help=_("coordinator, coach or delegate"))],
    territory: Annotated[str | None, typer.Option(help=_("a delegation's code; none is the whole country"))] = None,
    code: Annotated[
        str | None, typer.Option(help=_("a short name for commands; by default made from the name"))
    ] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[
        str | None, typer.Option(help=_("the number that cooperatives and colleagues are told to call"))
    ] = None,
    language: Annotated[str, typer.Option(help=_("fr or ar"))] = "fr",
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help=_("read a password; none is kept before there are pages to sign in to")),
    ] = False,
) -> None:
    """Add somebody."""
    if password_stdin and not sys.stdin.readline().strip():
        raise PasswordMissing
    house = open_house(context)
    chosen = code_of(name) if code is None else code
    with house.database.transaction() as session:
        add_person(
            session,
            code=chosen,
            name=name,
            role=role,
            email=email,
            phone=phone,
            language=language,
            delegation=territory,
            now=house.clock.now(),
        )
    say(sentence("{name} is added, with the code {code}.", name=name, code=chosen).say(_))
    for warning in _warnings(name, chosen, phone=phone, password=password_stdin):
        typer.echo(warning.say(_), err=True)


def _warnings(name: str, code: str, *, phone: str | None, password: bool) -> Iterator[Sentence]:
    """Yield what the person who adds somebody should know besides."""
    if password:
        yield sentence("The password of {name} is not kept: there is no page to sign in to yet.", name=name)
    if not phone:
        yield sentence(
            "{name} has no telephone, and every message names one to call: it will be another person's. "
            "Give it with `mourafaka staff correct {code} --phone NUMBER`.",
            name=name,
            code=code,
        )


@user.command("territories", help=_("List the delegations and their codes.\n\nExample: mourafaka user territories"))
def territories() -> None:
    """List the delegations."""
    from programme.territory import delegation_of

    found = {delegation_of(province) for province in provinces()}
    rows = sorted((one.code, one.fr, one.ar) for one in found)
    say_table(_("Delegations"), (_("Code"), "Français", "العربية"), rows)
