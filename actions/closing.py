"""Closes steps, of many enrolments at once, and does what a recorded fact brings about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam
from sqlmodel import Session, col, select

from actions import history
from actions.lookup import enrolment_named, open_step
from actions.programmes import definition_of_version_id
from actions.slices import sliced
from actions.stages import nudge_all
from actions.tell import CALLS
from actions.watch import WATCHED, watch_all
from actions.withdrawal import close_rows, take_back
from models import Enrolment, Step
from models.sets import do, within
from programme.gates import can_complete

Named = tuple[str, str]
"""A step as people name it: its enrolment's code and its key."""


class OpenStep(NamedTuple):
    """An open step that somebody named."""

    id: int
    enrolment_id: int
    version_id: int
    code: str
    key: str
    stage: str
    kind: str


def opened(enrolment: Enrolment, step: Step) -> OpenStep:
    """Return a step that is at hand as one that was named."""
    assert step.id is not None
    version = enrolment.programme_version_id
    return OpenStep(step.id, step.enrolment_id, version, enrolment.code, step.key, step.stage, step.kind)


def open_steps_named(session: Session, named: Iterable[Named]) -> list[OpenStep]:
    """Return open steps in the order in which they are named, each once; refused when one is not there or not open."""
    wanted = dict.fromkeys(named)
    codes: dict[str, list[str]] = defaultdict(list)
    for code, key in wanted:
        codes[key].append(code)
    found = {
        (row.code, row.key): row
        for key, some in codes.items()
        for part in sliced(some)
        for row in _open(session, key, part)
    }
    for code, key in wanted.keys() - found.keys():
        open_step(session, enrolment_named(session, code, to_change=not key.startswith(CALLS)), key)
    return [found[one] for one in wanted]


_COLUMNS: list[Any] = [
    Step.id,
    Step.enrolment_id,
    Enrolment.programme_version_id,
    Enrolment.code,
    Step.key,
    Step.stage,
    Step.kind,
]
_NAMED = (
    select(*_COLUMNS)
    .join_from(Enrolment, Step, and_(col(Step.enrolment_id) == col(Enrolment.id), col(Step.key) == bindparam("key")))
    .where(within(col(Enrolment.code), "codes"), Step.status == "open")
)
_NAMED_ACTIVE = _NAMED.where(Enrolment.status == "active")


def _open(session: Session, key: str, codes: Sequence[str]) -> list[OpenStep]:
    query = _NAMED if key.startswith(CALLS) else _NAMED_ACTIVE
    return [OpenStep._make(row) for row in do(session, query, key=key, codes=[*codes]).all()]


def close_steps(session: Session, steps: Sequence[OpenStep], status: str, *, on: date, by: str, now: datetime) -> None:
    """Close steps that were done or missed; what has not left about them is taken back.

    The next morning looks at a stage whose exit may hold now, and alerts follow what was closed.
    """
    for some in sliced([step.id for step in steps]):
        close_rows(session, some, status, on=on, by=by)
        take_back(session, some, reason=f"step {status} on {on}", now=now)
        history.record_steps(session, some, f"step {status}", by=by, now=now, on=on.isoformat())
    nudge_about(session, steps, now=now)
    watched = [step.enrolment_id for step in steps if step.kind in WATCHED]
    if watched:
        watch_all(session, watched)


def nudge_about(session: Session, steps: Iterable[OpenStep], *, now: datetime) -> None:
    """Have the next morning look at the stages of these steps, where their exit may hold now."""
    together: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for step in steps:
        together[step.version_id, step.stage, step.key].append(step.enrolment_id)
    touched: dict[tuple[int, str], list[int]] = defaultdict(list)
    for (version_id, stage, key), ids in together.items():
        rules = {rule.key: rule for rule in definition_of_version_id(session, version_id).stages}
        if stage in rules and can_complete(rules[stage], key.partition(".")[2]):
            touched[version_id, stage] += ids
    nudge_all(session, touched, now=now)
