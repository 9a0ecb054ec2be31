"""Records evaluations: the answers of a checkpoint with their score, of many cooperatives at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column
from sqlmodel import Session, col, select

from actions.closing import close_steps, open_steps_named
from actions.lookup import enrolment_named, refuse_future
from actions.programmes import definition_of_version_id
from actions.slices import sliced
from actions.timely import refuse_too_early
from models import Enrolment, Evaluation
from models.inserting import Inserting
from models.sets import do, within
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
    session: Session,
    *,
    code: str,
    checkpoint: str,
    answers: Mapping[str, Answer],
    on: date,
    by: str,
    now: datetime,
    early: bool = False,
) -> Evaluation:
    """Record the answers of a checkpoint with their score; the next morning proposes a decision on them."""
    measures = [Measure(code, checkpoint, answers)]
    [enrolment_id] = record_evaluations(session, measures=measures, on=on, by=by, now=now, early=early)
    return session.exec(
        select(Evaluation).where(Evaluation.enrolment_id == enrolment_id, Evaluation.checkpoint == checkpoint)
    ).one()


def record_evaluations(
    session: Session, *, measures: Sequence[Measure], on: date, by: str, now: datetime, early: bool = False
) -> list[int]:
    """Record many evaluations, all or none of them; return whose they are."""
    cases = _cases(session, measures)
    _refuse_known(session, cases)
    steps = open_steps_named(session, ((one.measure.code, _step_of(one.rule)) for one in cases))
    refuse_future(on, civil_day(now))
    refuse_too_early(session, steps, on=on, early=early)
    scored = _scored_once()
    _WRITE.write(session, [_row(one, scored, on, by, now) for one in cases])
    close_steps(session, steps, "done", on=on, by=by, now=now)
    return [one.enrolment_id for one in cases]


_ENROLLED = select(col(Enrolment.code), col(Enrolment.id), col(Enrolment.programme_version_id)).where(
    within(col(Enrolment.code), "codes"), col(Enrolment.status) == "active"
)


def _cases(session: Session, measures: Sequence[Measure]) -> list[_Case]:
    known: dict[str, tuple[int, int]] = {}
    for some in sliced([measure.code for measure in measures]):
        known.update((code, (one, version)) for code, one, version in do(session, _ENROLLED, codes=[*some]).all())
    rule = cache(lambda version_id, checkpoint: _rule(definition_of_version_id(session, version_id), checkpoint))
    cases = []
    for measure in measures:
        if measure.code not in known:
            enrolment_named(session, measure.code, to_change=True)  # says why
        enrolment_id, version_id = known[measure.code]
        cases.append(_Case(measure, enrolment_id, rule(version_id, measure.checkpoint)))
    return cases


def _rule(definition: Definition, checkpoint: str) -> CheckpointRule:
    rule = next((rule for rule in definition.checkpoints if rule.key == checkpoint), None)
    if rule is None:
        raise CheckpointUnknown(checkpoint=checkpoint, known=", ".join(item.key for item in definition.checkpoints))
    return rule


def _step_of(rule: CheckpointRule) -> str:
    return f"{rule.stage}.{rule.key}-evaluation"


_KNOWN = select(col(Evaluation.enrolment_id), col(Evaluation.on)).where(
    within(col(Evaluation.enrolment_id), "ids"), col(Evaluation.checkpoint) == bindparam("checkpoint")
)


def _refuse_known(session: Session, cases: Iterable[_Case]) -> None:
    """Refuse what was evaluated before: a fact is never overwritten."""
    by_checkpoint: dict[str, dict[int, str]] = defaultdict(dict)
    for one in cases:
        by_checkpoint[one.rule.key][one.enrolment_id] = one.measure.code
    for checkpoint, codes in by_checkpoint.items():
        for some in sliced([*codes]):
            known = do(session, _KNOWN, ids=[*some], checkpoint=checkpoint).first()
            if known is not None:
                raise AlreadyEvaluated(checkpoint=checkpoint, code=codes[known[0]], on=known[1])


Scored = Callable[[Mapping[str, Answer], Form], dict[str, Any]]


def _scored_once() -> Scored:
    """Return the scoring, which answers for the same answers from memory."""
    known: dict[tuple[object, ...], dict[str, Any]] = {}

    def scored(answers: Mapping[str, Answer], form: Form) -> dict[str, Any]:
        # True and 1 are equal, but only one of them is an answer.
        given = answers.values()
        key = (form, tuple(answers), tuple(given), tuple(map(type, given)))
        if key not in known:
            known[key] = score(default_questionnaire(), answers, form).to_json()
        return known[key]

    return scored


_WRITE = Inserting(
    Evaluation,
    ("enrolment_id", "checkpoint", "form", "answers", "score", "on", "recorded_by", "recorded_at"),
    {"campaign": literal_column("1")},
)


def _row(case: _Case, scored: Scored, on: date, by: str, now: datetime) -> tuple[Any, ...]:
    answers, form = dict(case.measure.answers), case.rule.form
    return case.enrolment_id, case.rule.key, form, answers, scored(answers, form), on, by, now
