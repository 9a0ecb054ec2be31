"""Refuses a fact that is dated before its step could well have happened: a wrong day, or another cooperative's code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, select

from actions.closing import OpenStep
from actions.programmes import definition_of_version_id
from actions.slices import sliced
from models import Passage, Step
from models.sets import do, within
from programme.dates_errors import DayTooEarly
from programme.definition import Definition
from programme.definition_terms import MEETINGS

BOUND = MEETINGS | {"evaluation"}
"""Kinds that cannot be done ahead of their time: gates count them, and a wrong one decides wrongly."""
_COLUMNS: list[Any] = [Step.id, Step.nominal_on, Step.due_on, Passage.opens_on]
_PLANNED = (
    select(*_COLUMNS)
    .join_from(
        Step,
        Passage,
        and_(col(Passage.enrolment_id) == col(Step.enrolment_id), col(Passage.stage) == col(Step.stage)),
    )
    .where(within(col(Step.id), "ids"))
)


def refuse_too_early(session: Session, steps: Sequence[OpenStep], *, on: date, early: bool = False) -> None:
    """Refuse a day on which nobody was to do these steps yet; ``early``: somebody says that it was so all the same.

    People meet from their stage's opening on, and a checkpoint is measured within the weeks before its date; both
    as much earlier as their first reminder. Papers may be ready long before: a convention signed, a coach named.
    """
    steps = [] if early else [step for step in steps if step.kind in BOUND]
    planned = {
        one: (min(nominal_on, due_on), opens_on)
        for some in sliced([step.id for step in steps])
        for one, nominal_on, due_on, opens_on in do(session, _PLANNED, ids=[*some]).all()
    }
    for step in steps:
        if step.id in planned:
            first = _first(definition_of_version_id(session, step.version_id), step, *planned[step.id])
            if on < first:
                raise DayTooEarly(on=on, step=step.key, code=step.code, first=first)


def _first(definition: Definition, step: OpenStep, due_on: date, opens_on: date) -> date:
    ahead = max((-rule.days for rule in definition.reminders_for(step.kind)), default=0)
    if step.kind != "evaluation":
        return min(opens_on, due_on) - timedelta(days=max(ahead, 0))
    weeks = next((one.weeks_before for one in definition.checkpoints if step.key.endswith(f".{one.key}-evaluation")), 0)
    return due_on - timedelta(days=max(ahead, weeks * 7))
