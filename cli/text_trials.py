"""Commands that try what people read: previewed with a real enrolment, sent to oneself, seen side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from actions import texts as verbs
from actions.text_trials import send_test, who_tries
from cli.context import open_house, say, say_json
from cli.inspect import AsJson
from cli.texts import Cohort, Kind, texts
from notifications.gallery import write_gallery
from programme.errors import FileUnwritable
from programme.wording import counted, sentence
from runtime.language import _

Enrolment = Annotated[str, typer.Option(help=_("an enrolment of the cohort, whose facts are used"))]
Reading = Annotated[str | None, typer.Option(help=_("fr, ar or both; the contact's own when not given"))]


def add_to(app: typer.Typer) -> None:
    """Add nothing: these stand beside the others under `mourafaka texts`, once this module is read."""
    del app


@texts.command(
    "preview",
    help=_(
        "A message as a real enrolment would read it; nothing is sent.\n\n"
        "Example: mourafaka texts preview step_reminder --cohort SM-2027 --enrolment SM-2027/007 --out apercu"
    ),
)
def preview(
    context: typer.Context,
    kind: Kind,
    cohort: Cohort,
    enrolment: Enrolment,
    language: Reading = None,
    out: Annotated[Path | None, typer.Option(help=_("a folder for the page and the plain text"))] = None,
    as_json: AsJson = False,
) -> None:
    """Show a message before anybody gets it."""
    shown = _preview(context, kind, cohort, enrolment, language)
    if out is not None:
        _write(out, kind, shown)
    if as_json:
        mail = shown.mail
        say_json(
            {
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "language": mail.language,
                "version": mail.template_version,
                "facts": shown.origin,
            }
        )
        return
    say(f"{shown.mail.subject}\n\n{shown.mail.text}")
    origins = {
        "promised": _("The facts are those of the last notice of this kind."),
        "planned": _("The facts are those of the plan."),
        "example": _("The names are real; the dates are an example."),
    }
    say(origins[shown.origin])


def _preview(context: typer.Context, kind: str, cohort: str, enrolment: str, language: str | None) -> verbs.Preview:
    house = open_house(context)
    with house.database.reading() as session:
        return verbs.preview(
            session, kind=kind, cohort=cohort, enrolment=enrolment, now=house.clock.now(), language=language
        )


def _write(folder: Path, kind: str, shown: verbs.Preview) -> None:
    name = f"{kind}-{shown.mail.language}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(shown.mail.html, "utf-8")
        (folder / f"{name}.txt").write_text(f"{shown.mail.subject}\n\n{shown.mail.text}", "utf-8")
    except OSError as error:
        raise FileUnwritable(path=folder) from error


@texts.command(
    "send-test",
    help=_(
        "Send a coordinator a message to try, at their own address only; it is no notice.\n\n"
        "Example: mourafaka texts send-test step_reminder --cohort SM-2027 --enrolment SM-2027/007 --by amal"
    ),
)
def send(
    context: typer.Context,
    kind: Kind,
    cohort: Cohort,
    enrolment: Enrolment,
    by: Annotated[str, typer.Option("--by", "--to-me", help=_("your code: the test goes to your own address"))],
    language: Reading = None,
) -> None:
    """Send a test."""
    house = open_house(context)
    shown = _preview(context, kind, cohort, enrolment, language)
    with house.database.reading() as session:
        address = who_tries(session, by, now=house.clock.now()).email or ""
    post = house.post()
    subject = send_test(
        shown,
        address,
        kind=kind,
        mailer=post.mailer,
        sender=post.sender,
        now=house.clock.now(),
        signer=house.signer(),
    )
    say(sentence("The test left for {address}: {subject}", address=address, subject=subject).say(_))


@texts.command(
    "gallery",
    help=_(
        "Every message in every language, with examples, as pages in a folder.\n\nExample: mourafaka texts gallery galerie"
    ),
)
def gallery(out: Annotated[Path, typer.Argument(help=_("a folder"))]) -> None:
    """Write the gallery."""
    try:
        count = write_gallery(out)
    except OSError as error:
        raise FileUnwritable(path=out) from error
    say(
        counted(
            "{count} message is in {folder}: open index.html.",
            "{count} messages are in {folder}: open index.html.",
            count,
            folder=out,
        ).say(_)
    )
