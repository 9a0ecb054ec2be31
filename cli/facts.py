"""Commands that record facts and decisions: what coaches and coordinators do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from actions import record
from actions.decide import countersign as second_signature
from actions.decide import decide as decide_checkpoint
from actions.decide import decline_countersign
from actions.measure import record_evaluation
from cli.context import BY, open_house, read_day, say, say_json
from models import Decision
from programme.errors import AnswersUnreadable, FileUnreadable
from programme.wording import Sentence, sentence
from runtime.house import House
from runtime.language import _

On = Annotated[str | None, typer.Option("--on", help=_("the day it happened, year-month-day; today when not given"))]
By = Annotated[str, typer.Option("--by", help=_("who says so: your code"))]
Early = Annotated[bool, typer.Option("--early", help=_("it did happen long before it was planned"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        "done", help=_("Tick a step off (a call to make, too).\n\nExample: mourafaka done SM-2027/007 diagnosis.visit")
    )(done)
    app.command(
        "attendance",
        help=_(
            "Record who was at a training module.\n\nExample: mourafaka attendance SM-2027/007 training.strategy president=yes"
        ),
    )(attendance)
    app.command(
        "session",
        help=_("Report a coaching session.\n\nExample: mourafaka session SM-2027/007 coaching.session-03 --held"),
    )(session)
    app.command(
        "evaluate",
        help=_("Record a checkpoint's answers.\n\nExample: mourafaka evaluate SM-2027/007 M12 answers.yaml"),
    )(evaluate)
    app.command(
        "decide", help=_("Decide at a checkpoint.\n\nExample: mourafaka decide SM-2027/007 M12 continue --by amal")
    )(decide)
    app.command(
        "countersign",
        help=_(
            "Sign another person's decision, where the rule asks for two.\n\n"
            "Example: mourafaka countersign SM-2027/007 M12 --by rachid"
        ),
    )(countersign)


def _day(house: House, on: str | None) -> Any:
    return read_day(on) if on else house.clock.today()


def done(context: typer.Context, enrolment: str, step: str, on: On = None, by: By = BY, early: Early = False) -> None:
    """Tick a step off."""
    house = open_house(context)
    with house.database.transaction() as session:
        now = house.clock.now()
        record.complete_step(session, code=enrolment, step=step, on=_day(house, on), by=by, now=now, early=early)
    say(sentence("{step} of {code} is done.", step=step, code=enrolment).say(_))


def attendance(
    context: typer.Context,
    enrolment: str,
    step: str,
    presence: Annotated[list[str], typer.Argument(help=_("who=yes or who=no, e.g. president=yes manager=no"))],
    on: On = None,
    by: By = BY,
    early: Early = False,
) -> None:
    """Record who was there."""
    who = dict(item.partition("=")[::2] for item in presence)
    if set(who.values()) - {"yes", "no"}:
        raise typer.BadParameter(_("write who=yes or who=no"))
    house = open_house(context)
    with house.database.transaction() as session:
        record.record_attendance(
            session,
            code=enrolment,
            step=step,
            presence={name: said == "yes" for name, said in who.items()},
            on=_day(house, on),
            by=by,
            now=house.clock.now(),
            early=early,
        )
    say(sentence("The attendance of {code} at {step} is recorded.", step=step, code=enrolment).say(_))


def session(
    context: typer.Context,
    enrolment: str,
    step: str,
    held: Annotated[bool, typer.Option("--held/--missed")] = True,
    on: On = None,
    by: By = BY,
    summary: Annotated[str, typer.Option(help=_("what was done, in a sentence"))] = "",
    early: Early = False,
) -> None:
    """Report a coaching session."""
    house = open_house(context)
    with house.database.transaction() as db:
        said: dict[str, Any] = {"held": held, "on": _day(house, on), "summary": summary, "early": early}
        record.report_session(db, code=enrolment, step=step, by=by, now=house.clock.now(), **said)
    say(sentence("{step} of {code} is reported.", step=step, code=enrolment).say(_))


def evaluate(
    context: typer.Context,
    enrolment: str,
    checkpoint: str,
    file: Path,
    on: On = None,
    by: By = BY,
    early: Early = False,
) -> None:
    """Record answers: a YAML or JSON file, question: 0 to 4 or "na"."""
    answers = read_answers(file)
    house = open_house(context)
    with house.database.transaction() as db:
        said: dict[str, Any] = {"answers": answers, "on": _day(house, on), "early": early}
        evaluation = record_evaluation(db, code=enrolment, checkpoint=checkpoint, by=by, now=house.clock.now(), **said)
        value = evaluation.score.get("value")
    say(
        sentence(
            "{checkpoint} of {code} is recorded: {score} of 100.",
            checkpoint=checkpoint,
            code=enrolment,
            score=value if value is not None else "–",
        ).say(_)
    )


def read_answers(file: Path) -> dict[str, Any]:
    """Return the answers that a YAML or JSON file holds, by question; refused when it holds something else."""
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=file) from error
    except yaml.YAMLError as error:
        raise AnswersUnreadable(path=file) from error
    if not isinstance(read, dict):
        raise AnswersUnreadable(path=file)
    return {str(key): value for key, value in read.items()}


def decide(
    context: typer.Context,
    enrolment: str,
    checkpoint: str,
    outcome: Annotated[
        str, typer.Argument(help=_("continue, recovery or exit; at the end certificate or participation"))
    ],
    by: Annotated[str, typer.Option("--by", help=_("who decides: a name that stands in the record"))],
    reason: Annotated[str, typer.Option(help=_("why, when it is not what the rule proposes"))] = "",
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("one JSON document"))] = False,
) -> None:
    """Decide at a checkpoint."""
    house = open_house(context)
    with house.database.transaction() as db:
        decision = decide_checkpoint(
            db,
            code=enrolment,
            checkpoint=checkpoint,
            outcome=outcome,
            by=by,
            now=house.clock.now(),
            reason=reason,
            on=_day(house, on),
        )
        text, found = _decided(enrolment, decision), _found(enrolment, decision)
    if as_json:
        say_json(found)
    else:
        say(text.say(_))


def _found(enrolment: str, decision: Decision) -> dict[str, Any]:
    return {
        "enrolment": enrolment,
        "checkpoint": decision.checkpoint,
        "status": decision.status,
        "proposal": decision.proposal,
        "outcome": decision.outcome,
        "decided_on": decision.decided_on.isoformat() if decision.decided_on else None,
        "decided_by": decision.decided_by,
        "reason": decision.override_reason,
    }


def _decided(enrolment: str, decision: Decision) -> Sentence:
    if decision.status == "to_countersign":
        return sentence(
            "{checkpoint} of {code}: {outcome} waits for a second person; the rule proposed {proposal}.",
            checkpoint=decision.checkpoint,
            code=enrolment,
            outcome=decision.outcome,
            proposal=decision.proposal,
        )
    return sentence(
        "{checkpoint} of {code}: {outcome}, decided by {by}; the rule proposed {proposal}.",
        checkpoint=decision.checkpoint,
        code=enrolment,
        outcome=decision.outcome,
        by=decision.decided_by,
        proposal=decision.proposal,
    )


def countersign(
    context: typer.Context,
    enrolment: str,
    checkpoint: str,
    by: Annotated[str, typer.Option("--by", help=_("who signs: another person than the one who decided"))],
    decline: Annotated[bool, typer.Option("--decline", help=_("put it back to what the rule proposed"))] = False,
    reason: Annotated[str, typer.Option(help=_("why it is declined"))] = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("one JSON document"))] = False,
) -> None:
    """Sign as the second person, or decline."""
    house = open_house(context)
    with house.database.transaction() as db:
        who: dict[str, Any] = {"code": enrolment, "checkpoint": checkpoint, "by": by, "now": house.clock.now()}
        decision = decline_countersign(db, reason=reason, **who) if decline else second_signature(db, **who)
        shown = decision.model_dump(include={"checkpoint", "status", "outcome", "decided_by", "second_by"})
    if as_json:
        say_json({"enrolment": enrolment, **shown})
    elif decline:
        say(sentence("{checkpoint} of {code} is proposed again.", checkpoint=checkpoint, code=enrolment).say(_))
    else:
        text = sentence(
            "{checkpoint} of {code}: {outcome}, decided by {by} and {second}.",
            checkpoint=checkpoint,
            code=enrolment,
            outcome=shown["outcome"],
            by=shown["decided_by"],
            second=by,
        )
        say(text.say(_))
