"""`mourafaka sending`: what holds the mail and what waits, and a person's word on it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer
from sqlmodel import Session

from actions import sending as verbs
from actions.sending import Standing
from cli.context import BY, open_house, say, say_json, say_table
from cli.facts import By
from cli.inspect import AsJson
from notifications.holds import said
from notifications.kind_words import kind_said
from programme.civil import wall
from programme.wording import Sentence, counted, sentence
from runtime.house import House
from runtime.language import _

group = typer.Typer(invoke_without_command=True)
Why = Annotated[str, typer.Option("--reason", help=_("why, in a sentence that stays in the ledger"))]
Yes = Annotated[bool, typer.Option("--yes", help=_("do it; without it, only what would happen is shown"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(
        group,
        name="sending",
        help=_("What holds the mail, why, and how many wait.\n\nExample: mourafaka sending --json"),
    )


@group.callback()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how the sending stands, when no other word is given."""
    if context.invoked_subcommand is not None:
        return
    stands = _standing(open_house(context))
    if as_json:
        say_json(_json(stands))
        return
    _say(stands)


@group.command(
    "hold",
    help=_(
        "Hold all mail until somebody lets it go; promises go on being made.\n\n"
        'Example: mourafaka sending hold --reason "the server moves" --by amal'
    ),
)
def hold(context: typer.Context, reason: Why, by: By = BY, as_json: AsJson = False) -> None:
    """Hold the mail."""
    house = open_house(context)
    with house.database.transaction() as session:
        opened = verbs.hold_sending(session, reason=reason, by=by, now=house.clock.now())
    if as_json:
        say_json(_json(_standing(house)))
        return
    say(said(opened).say(_))


@group.command(
    "release",
    help=_(
        "Let held mail go: first shown, then done with --yes.\n\nExample: mourafaka sending release --by amal --yes"
    ),
)
def release(context: typer.Context, by: By = BY, yes: Yes = False, as_json: AsJson = False) -> None:
    """Let the mail go."""
    house = open_house(context)
    with _session(house, yes) as session:
        stands = verbs.standing(session, now=house.clock.now())
        verbs.release_sending(session, by=by, now=house.clock.now())
    if as_json:
        say_json({**_json(stands), "released": yes})
        return
    _say(stands)
    if yes:
        say(_("Released: it leaves at the next sending, within the sending hours."))
    else:
        say(_("Nothing is released yet. To let it go: mourafaka sending release --yes"))


@group.command(
    "discard",
    help=_(
        "Take back the mail beyond the plan that waits; the rest stays: first shown, then done with --yes.\n\n"
        'Example: mourafaka sending discard --reason "the clock was wrong" --by amal --yes'
    ),
)
def discard(context: typer.Context, reason: Why, by: By = BY, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take back what is beyond the plan."""
    house = open_house(context)
    with _session(house, yes) as session:
        count = verbs.discard_beyond(session, reason=reason, by=by, now=house.clock.now())
    if as_json:
        say_json({"count": count, "discarded": yes})
    elif yes:
        say(
            counted(
                "{count} mail beyond the plan is taken back.", "{count} mails beyond the plan are taken back.", count
            ).say(_)
        )
    else:
        say(
            counted(
                "{count} mail beyond the plan would be taken back, for ever. To do it, repeat the command with --yes.",
                "{count} mails beyond the plan would be taken back, for ever. To do it, repeat the command with --yes.",
                count,
            ).say(_)
        )


def _session(house: House, yes: bool) -> AbstractContextManager[Session]:
    """Return a session whose changes are kept, or one that drops them: what is shown is what would be done."""
    return house.database.transaction() if yes else house.database.reading()


def _standing(house: House) -> Standing:
    with house.database.reading() as session:
        return verbs.standing(session, now=house.clock.now())


def _say(stands: Standing) -> None:
    for one in stands.holds:
        say(said(one).say(_))
    if stands.paused_until is not None:
        until = f"{wall(stands.paused_until):%Y-%m-%d %H:%M}"
        say(
            sentence(
                "The mail server does not answer ({reason}); tried again at {until}.",
                reason=stands.pause_reason,
                until=until,
            ).say(_)
        )
    if not stands.holds and stands.paused_until is None:
        say(_("Mail is not held."))
    if stands.now:
        rows = [(_said(kind_said(one.kind)), one.count, one.oldest) for one in stands.now]
        say_table(_("What would leave now"), (_("Kind"), _("Count"), _("Oldest")), rows)
    say(
        sentence(
            "Mails that wait to leave now: {waiting}, beyond the plan: {beyond} (a day, {allowed} leave without a person's word); for later days: {later}; too late, to be skipped: {gone}.",
            waiting=stands.waiting,
            beyond=stands.beyond,
            allowed=stands.allowed,
            later=stands.later,
            gone=stands.gone_by,
        ).say(_)
    )


def _said(words: Sentence | str) -> str:
    return words.say(_) if isinstance(words, Sentence) else words


def _json(stands: Standing) -> dict[str, Any]:
    return {
        "holds": [
            {
                "cause": one.cause,
                "reason": one.reason,
                "size": one.size,
                "by": one.by,
                "began_at": one.began_at.isoformat(timespec="seconds"),
            }
            for one in stands.holds
        ],
        "paused_until": stands.paused_until.isoformat(timespec="seconds") if stands.paused_until else None,
        "pause_reason": stands.pause_reason,
        "now": [{"kind": one.kind, "count": one.count, "oldest": one.oldest.isoformat()} for one in stands.now],
        "waiting": stands.waiting,
        "later": stands.later,
        "too_late": stands.gone_by,
        "beyond": stands.beyond,
        "beyond_today": stands.left_beyond,
        "allowed": stands.allowed,
    }
