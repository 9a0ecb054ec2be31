"""Commands that set a recorded fact right; what was recorded stays in the history, and no decision changes by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from actions.correct import correct_action, correct_attendance, correct_session
from actions.drafting import drafted_on
from actions.lookup import enrolment_named
from actions.remeasure import measure_again
from cli.context import open_house, read_day, say, say_json
from cli.facts import Early, read_answers
from cli.inspect import AsJson
from models import Correction, Decision, Enrolment
from programme.wording import sentence
from runtime.house import House
from runtime.language import _

correct = typer.Typer(
    help=_("Set a recorded fact right: decisions that rest on it are flagged, never changed."), no_args_is_help=True
)

By = Annotated[str, typer.Option("--by", help=_("who says so: a name that stands in the record"))]
Why = Annotated[str, typer.Option("--reason", help=_("why it is corrected: it stays in the record"))]
On = Annotated[str | None, typer.Option("--on", help=_("the day it happened, where that was wrong"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(correct, name="correct")


@correct.command(
    "attendance",
    help=_(
        "Who was at a training module.\n\n"
        "Example: mourafaka correct attendance SM-2027/007 training.strategy president=yes --by amal --reason 'signed list'"
    ),
)
def attendance(
    context: typer.Context,
    enrolment: str,
    step: str,
    presence: Annotated[list[str], typer.Argument(help=_("who=yes or who=no, e.g. president=yes manager=no"))],
    by: By,
    reason: Why,
    on: On = None,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    """Correct an attendance list."""
    who = dict(item.partition("=")[::2] for item in presence)
    if set(who.values()) - {"yes", "no"}:
        raise typer.BadParameter(_("write who=yes or who=no"))
    present = {name: said == "yes" for name, said in who.items()}

    def apply(session: Session, house: House) -> None:
        said: dict[str, Any] = {"presence": present, "on": _day(on), "early": early}
        correct_attendance(session, code=enrolment, step=step, why=reason, by=by, now=house.clock.now(), **said)

    _carry_out(context, enrolment, apply, as_json=as_json)


@correct.command(
    "session",
    help=_(
        "Whether a coaching session was held, its day, its summary.\n\n"
        "Example: mourafaka correct session SM-2027/007 coaching.session-03 --missed --by amal --reason 'typed wrongly'"
    ),
)
def session_(
    context: typer.Context,
    enrolment: str,
    step: str,
    by: By,
    reason: Why,
    held: Annotated[bool | None, typer.Option("--held/--missed")] = None,
    on: On = None,
    summary: Annotated[str | None, typer.Option(help=_("what was done, in a sentence"))] = None,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    """Correct a session's report."""

    def apply(session: Session, house: House) -> None:
        said: dict[str, Any] = {"held": held, "on": _day(on), "summary": summary, "early": early}
        correct_session(session, code=enrolment, step=step, why=reason, by=by, now=house.clock.now(), **said)

    _carry_out(context, enrolment, apply, as_json=as_json)


@correct.command(
    "action",
    help=_(
        "Whether an action of the plan is done.\n\n"
        "Example: mourafaka correct action SM-2027/007 finance --open --by amal --reason 'not yet'"
    ),
)
def action(
    context: typer.Context,
    enrolment: str,
    axis: str,
    by: By,
    reason: Why,
    done: Annotated[bool, typer.Option("--done/--open")] = True,
    on: On = None,
    as_json: AsJson = False,
) -> None:
    """Correct an action of the plan."""

    def apply(session: Session, house: House) -> None:
        now = house.clock.now()
        correct_action(session, code=enrolment, axis=axis, done=done, on=_day(on), why=reason, by=by, now=now)

    _carry_out(context, enrolment, apply, as_json=as_json)


@correct.command(
    "measure",
    help=_(
        "Measure a checkpoint anew: another campaign, the earlier answers stay.\n\n"
        "Example: mourafaka correct measure SM-2027/007 M12 answers.yaml --by amal"
    ),
)
def measure(
    context: typer.Context,
    enrolment: str,
    checkpoint: str,
    file: Path,
    by: By,
    on: Annotated[
        str | None, typer.Option("--on", help=_("the day it happened, year-month-day; today when not given"))
    ] = None,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    """Measure again."""
    answers, house = read_answers(file), open_house(context)
    with house.database.transaction() as session:
        now, day = house.clock.now(), _day(on) or house.clock.today()
        said: dict[str, Any] = {"answers": answers, "on": day, "early": early}
        new = measure_again(session, code=enrolment, checkpoint=checkpoint, by=by, now=now, **said)
        campaign, value = new.campaign, new.score.get("value")
        drafted = drafted_on(session, enrolment_named(session, enrolment), new)
        flags = {one: flag for one, flag in _flags(session, enrolment).items() if one == checkpoint}
    shown = {"enrolment": enrolment, "checkpoint": checkpoint, "campaign": campaign, "score": value}
    if as_json:
        say_json({**shown, "plan_kept_since": drafted.isoformat() if drafted else None})
    else:
        _say_measure(shown, drafted, flags)


def _say_measure(shown: dict[str, Any], drafted: date | None, flags: dict[str, Any]) -> None:
    text = sentence(
        "{checkpoint} of {code} is measured again (campaign {campaign}): {score} of 100.",
        checkpoint=shown["checkpoint"],
        code=shown["enrolment"],
        campaign=shown["campaign"],
        score=shown["score"] if shown["score"] is not None else "–",
    )
    say(text.say(_))
    if drafted:
        kept = sentence(
            "The development plan was drafted on {on} and stays: agree with the cooperative on what is to change in it.",
            on=drafted,
        )
        say(kept.say(_))
    _say_flags(flags)


def _day(on: str | None) -> date | None:
    return read_day(on) if on else None


def _carry_out(
    context: typer.Context, enrolment: str, apply: Callable[[Session, House], None], *, as_json: bool
) -> None:
    """Correct, and say what was before, what is now, and which signed decisions rest on it."""
    house = open_house(context)
    with house.database.transaction() as session:
        apply(session, house)
        made = session.exec(select(Correction).order_by(col(Correction.id).desc())).first()
        shown = _shown(made, enrolment, _flags(session, enrolment)) if made is not None else {}
    if as_json:
        say_json(shown)
        return
    say(sentence("{subject} of {code} is corrected.", subject=shown["subject"], code=enrolment).say(_))
    _say_flags(shown["flagged"])


def _say_flags(flags: dict[str, Any]) -> None:
    for checkpoint, flag in flags.items():
        text = sentence(
            "{checkpoint} is signed and stays; the rule would propose {proposal} now: look at it again.",
            checkpoint=checkpoint,
            proposal=flag["proposal"],
        )
        say(text.say(_))


def _flags(session: Session, enrolment: str) -> dict[str, Any]:
    rows = session.exec(select(Decision).join(Enrolment).where(Enrolment.code == enrolment)).all()
    return {row.checkpoint: row.flag for row in rows if row.flag}


def _shown(made: Correction, enrolment: str, flags: dict[str, Any]) -> dict[str, Any]:
    return {
        "enrolment": enrolment,
        "fact": made.fact,
        "subject": made.subject,
        "before": dict(made.before),
        "after": dict(made.after),
        "flagged": flags,
    }
