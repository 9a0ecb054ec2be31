"""Records evaluations: the answers of a checkpoint with their score, of many cooperatives at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlmodel import Session, col, select

from actions.closing import close_steps, open_steps_named
from actions.lookup import enrolment_named, refuse_future
from actions.programmes import definition_of_version_id
from actions.slices import sliced
from models import Enrolment, Evaluation
from programme.civil import civil_day
from programme.definition import CheckpointRule, Definition
from programme.errors import AlreadyEvaluated, CheckpointUnknown
from programme.scoring import Answer, Form, default_questionnaire, score


@dataclass(frozen=True)
class Measure:
    """What was answered at a checkpoint, by question."""

    code: str
    checkpoint: str
    answers: Mapping[str, Answer]


class _Case(NamedTuple):
    """A measure, whose it is, and the rule of its checkpoint."""

    measure: Measure
    enrolment_id: int
    rule: CheckpointRule


def record_evaluation(
    session: Session, *, code: str, checkpoint: str, answers: Mapping[str, Answer], on: date, by: str, now: datetime
) -> Evaluation:
    """Record the answers of a checkpoint with their score; the next morning proposes a decision on them."""
    [enrolment_id] = record_evaluations(session, measures=[Measure(code, checkpoint, answers)], on=on, by=by, now=now)
    return session.exec(
        select(Evaluation).where(Evaluation.enrolment_id == enrolment_id, Evaluation.checkpoint == checkpoint)
    ).one()


def record_evaluations(session: Session, *, measures: Sequence[Measure], on: date, by: str, now: datetime) -> list[int]:
    """Record many evaluations, all or none of them; return whose they are."""
    cases = _cases(session, measures)
    _refuse_known(session, cases)
    steps = open_steps_named(session, ((one.measure.code, _step_of(one.rule)) for one in cases))
    refuse_future(on, civil_day(now))
    scored = _scored_once()
    common = {"on": on, "recorded_by": by, "recorded_at": now}
    rows = [{**_row(one, scored), **common} for one in cases]
    session.flush()
    session.execute(insert(Evaluation), rows)
    close_steps(session, steps, "done", on=on, by=by, now=now)
    return [one.enrolment_id for one in cases]


def _cases(session: Session, measures: Sequence[Measure]) -> list[_Case]:
    known: dict[str, tuple[int, int]] = {}
    for some in sliced([measure.code for measure in measures]):
        query = select(Enrolment.code, Enrolment.id, Enrolment.programme_version_id)
        rows = session.exec(query.where(col(Enrolment.code).in_(some), Enrolment.status == "active"))
        known.update((code, (one or 0, version)) for code, one, version in rows)
    cases = []
    for measure in measures:
        if measure.code not in known:
            enrolment_named(session, measure.code, to_change=True)  # says why
        enrolment_id, version_id = known[measure.code]
        rule = _rule(definition_of_version_id(session, version_id), measure.checkpoint)
        cases.append(_Case(measure, enrolment_id, rule))
    return cases


def _rule(definition: Definition, checkpoint: str) -> CheckpointRule:
    rule = next((rule for rule in definition.checkpoints if rule.key == checkpoint), None)
    if rule is None:
        raise CheckpointUnknown(checkpoint=checkpoint, known=", ".join(item.key for item in definition.checkpoints))
    return rule


def _step_of(rule: CheckpointRule) -> str:
    return f"{rule.stage}.{rule.key}-evaluation"


def _refuse_known(session: Session, cases: Iterable[_Case]) -> None:
    """Refuse what was evaluated before: a fact is never overwritten."""
    by_checkpoint: dict[str, dict[int, str]] = defaultdict(dict)
    for one in cases:
        by_checkpoint[one.rule.key][one.enrolment_id] = one.measure.code
    for checkpoint, codes in by_checkpoint.items():
        for some in sliced([*codes]):
            query = select(Evaluation.enrolment_id, col(Evaluation.on)).where(
                col(Evaluation.enrolment_id).in_(some), Evaluation.checkpoint == checkpoint
            )
            known = session.exec(query).first()
            if known is not None:
                raise AlreadyEvaluated(checkpoint=checkpoint, code=codes[known[0]], on=known[1])


Scored = Callable[[Mapping[str, Answer], Form], dict[str, Any]]


def _scored_once() -> Scored:
    """Return the scoring, which answers for the same answers from memory."""
    known: dict[tuple[object, ...], dict[str, Any]] = {}

    def scored(answers: Mapping[str, Answer], form: Form) -> dict[str, Any]:
        key = (form, *answers.items())
        if key not in known:
            known[key] = score(default_questionnaire(), answers, form).to_json()
        return known[key]

    return scored


def _row(case: _Case, scored: Scored) -> dict[str, Any]:
    answers, form = case.measure.answers, case.rule.form
    return {
        "enrolment_id": case.enrolment_id,
        "checkpoint": case.rule.key,
        "form": form,
        "answers": dict(answers),
        "score": scored(answers, form),
    }
