"""Closes steps, of many enrolments at once, and does what a recorded fact brings about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Executable, and_, bindparam, delete, update
from sqlmodel import Session, col, select

from actions import history
from actions.lookup import enrolment_named, open_step
from actions.programmes import definition_of_version_id
from actions.slices import sliced
from actions.stages import nudge_all
from actions.tell import AFTER_THE_END, call_key
from actions.watch import WATCHED, watch_all
from models import Enrolment, Notice, NoticeBody, Step
from models.sets import do, renew, within
from programme.civil import civil_day
from programme.gates import can_complete

Named = tuple[str, str]
"""A step as people name it: its enrolment's code and its key."""
CALLS = "call."
"""What the keys of calls begin with: they can still be made after an enrolment has ended."""


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
    return [OpenStep._make(row) for row in do(session, query, key=key, codes=[*codes])]


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


_CLOSE = (
    update(Step)
    .where(within(col(Step.id), "ids"))
    .values(status=bindparam("to"), done_on=bindparam("day"), done_by=bindparam("who"), remind_on=None)
)


def close_rows(session: Session, step_ids: Sequence[int], status: str, *, on: date, by: str) -> None:
    """Close steps: nobody need hear of them any more."""
    if step_ids:
        do(session, _CLOSE, ids=[*step_ids], to=status, day=on, who=by)
        renew(session, Step, step_ids)


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


_TAKE_BACK = (
    update(Notice)
    .where(col(Notice.status) == "pending", col(Notice.doubts) == 0)
    .values(status="cancelled", reason=bindparam("because"), settled_at=bindparam("when"))
    .returning(col(Notice.id), col(Notice.enrolment_id), col(Notice.key), col(Notice.channel), col(Notice.body_digest))
)
_OF_STEPS = _TAKE_BACK.where(within(col(Notice.step_id), "ids"))
_OF_ENROLMENTS = _TAKE_BACK.where(
    within(col(Notice.enrolment_id), "ids"), col(Notice.step_id).is_(None), col(Notice.kind).not_in(AFTER_THE_END)
)


def take_back(session: Session, step_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what has not left about these steps, and the calls that were to be made about them.

    What a server put off has not left either; what may have arrived (a doubt) goes its way.
    """
    return _take_back(session, _OF_STEPS, step_ids, reason=reason, now=now) if step_ids else 0


def take_back_rest(session: Session, enrolment_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what is about no step of these enrolments and has not left either; only results are still told."""
    return _take_back(session, _OF_ENROLMENTS, enrolment_ids, reason=reason, now=now)


def _take_back(session: Session, statement: Executable, ids: Sequence[int], *, reason: str, now: datetime) -> int:
    taken = do(session, statement, ids=[*ids], because=reason, when=now).all()
    if not taken:
        return 0
    renew(session, Notice, [row.id for row in taken])
    frozen = [row.id for row in taken if row.body_digest is not None]
    if frozen:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(frozen)))
    calls = [(row.enrolment_id, row.key) for row in taken if row.channel == "call"]
    if calls:
        take_back(session, _close_calls(session, calls, now), reason=reason, now=now)
    return len(taken)


def _close_calls(session: Session, calls: Sequence[tuple[int, str]], now: datetime) -> list[int]:
    """Close the steps that stand for notices of calls, and return them."""
    ids = {one for one, _ in calls}
    enrolments = {row.id: row for row in session.exec(select(Enrolment).where(col(Enrolment.id).in_(ids)))}
    keys = [call_key(enrolments[one], key) for one, key in calls]
    steps = session.scalars(
        select(Step.id).where(col(Step.enrolment_id).in_(ids), col(Step.key).in_(keys), Step.status == "open")
    ).all()
    closed = [one for one in steps if one is not None]
    close_rows(session, closed, "not_required", on=civil_day(now), by="engine")
    return closed
