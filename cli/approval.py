"""How a command shows what it would change, and changes it only when that is approved."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from sqlmodel import Session

from cli.context import open_house, say, say_json, say_table
from notifications.reasons import reason_said
from programme.diffs import Diff, Moved
from programme.wording import Sentence, counted, sentence
from runtime.language import _, chosen

SHOWN = 60
"""Lines of a table that a person reads; --json has them all."""

Approve = Annotated[str | None, typer.Option("--approve", help=_("the digest of what you have looked at"))]
Yes = Annotated[bool, typer.Option("--yes", help=_("show it and approve it at once"))]
AsJson = Annotated[bool, typer.Option("--json", help=_("one JSON document"))]


def propose(
    context: typer.Context,
    verb: Callable[[Session, str | None], Diff],
    *,
    approve: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Run a verb that takes a session and what is approved, and print its diff.

    With ``yes`` what it shows is approved in the same transaction.
    """
    with open_house(context).database.transaction() as session:
        diff = verb(session, approve)
        if yes and approve is None:
            verb(session, diff.digest)
    applied = yes or approve is not None
    if as_json:
        say_json({**diff.to_json(), "applied": applied})
        return
    _show(diff)
    if applied:
        say(_("Done."))
    else:
        command = shlex.join(["mourafaka", *sys.argv[1:], "--approve", diff.digest])
        say(sentence("Nothing is changed yet. To approve it: {command}", command=command).say(_))


def _show(diff: Diff) -> None:
    say(diff.what.say(_) + ".")
    rows = [_row(one) for one in diff.moved[:SHOWN]]
    if rows:
        say_table(
            _("Steps moved"), (_("Code"), _("Step"), _("From"), _("To"), _("Why"), _("Told of the old date")), rows
        )
    if len(diff.moved) > SHOWN:
        say(sentence("… and {count} more: --json shows them all.", count=len(diff.moved) - SHOWN).say(_))
    say(
        counted(
            "{count} step moves; notices: {added} added, {cancelled} taken back, {kept} kept.",
            "{count} steps move; notices: {added} added, {cancelled} taken back, {kept} kept.",
            len(diff.moved),
            added=len(diff.added),
            cancelled=len(diff.cancelled),
            kept=len(diff.kept),
        ).say(_)
    )


def _row(one: Moved) -> tuple[str, str, str, str, str, str]:
    more = [f"{name}: {old or '–'} → {new}" for name, (old, new) in one.more.items()]
    title = one.title.of(chosen())
    return (
        one.enrolment,
        f"{one.step}\n{title}",
        one.was_on.isoformat() if one.was_on else "–",
        " ".join([one.on.isoformat() if one.on else "–", *more]),
        _in_words(one.why),
        ", ".join(one.heard),
    )


def _in_words(why: Sentence) -> str:
    """Say why a step moves, with its date rule in words instead of the definition's own writing."""
    said = reason_said(str(why))
    return said.say(_) if isinstance(said, Sentence) else why.say(_)
