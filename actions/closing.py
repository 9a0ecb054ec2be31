"""Closes steps, of many enrolments at once, and does what a recorded fact brings about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from actions import history
from actions.lookup import enrolment_named, open_step
from actions.slices import sliced
from actions.stages import nudge_all
from actions.tell import AFTER_THE_END, call_key
from actions.watch import WATCHED, watch_all
from models import Enrolment, Notice, NoticeBody, Step
from programme.civil import civil_day

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


def _open(session: Session, key: str, codes: Sequence[str]) -> list[OpenStep]:
    query = (
        select(  # type: ignore[call-overload] # more columns than its overloads know of
            Step.id, Step.enrolment_id, Enrolment.programme_version_id, Enrolment.code, Step.key, Step.stage, Step.kind
        )
        .join(Enrolment, col(Step.enrolment_id) == col(Enrolment.id))
        .where(col(Enrolment.code).in_(codes), Step.key == key, Step.status == "open")
    )
    if not key.startswith(CALLS):
        query = query.where(Enrolment.status == "active")
    return [OpenStep(*row) for row in session.execute(query)]


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


def close_rows(session: Session, step_ids: Sequence[int], status: str, *, on: date, by: str) -> None:
    """Close steps: nobody need hear of them any more."""
    if not step_ids:
        return
    closed = {"status": status, "done_on": on, "done_by": by, "remind_on": None}
    session.execute(update(Step).where(col(Step.id).in_(step_ids)).values(**closed))


def nudge_about(session: Session, steps: Iterable[OpenStep], *, now: datetime) -> None:
    """Have the next morning look at the stages of these steps, where their exit may hold now."""
    touched: Mapping[tuple[int, str], list[int]] = defaultdict(list)
    for step in steps:
        touched[step.version_id, step.stage].append(step.enrolment_id)
    nudge_all(session, touched, now=now)


def take_back(session: Session, step_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what has not left about these steps, and the calls that were to be made about them.

    What a server put off has not left either; what may have arrived (a doubt) goes its way.
    """
    return _take_back(session, (col(Notice.step_id).in_(step_ids),), reason=reason, now=now) if step_ids else 0


def _take_back(session: Session, about: Sequence[ColumnElement[bool]], *, reason: str, now: datetime) -> int:
    taken = session.execute(
        update(Notice)
        .where(*about, col(Notice.status) == "pending", col(Notice.doubts) == 0)
        .values(status="cancelled", reason=reason, settled_at=now)
        .returning(
            col(Notice.id), col(Notice.enrolment_id), col(Notice.key), col(Notice.channel), col(Notice.body_digest)
        )
    ).all()
    frozen = [row.id for row in taken if row.body_digest is not None]
    if frozen:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(frozen)))
    calls = [(row.enrolment_id, row.key) for row in taken if row.channel == "call"]
    if calls:
        take_back(session, _close_calls(session, calls, now), reason=reason, now=now)
    return len(taken)


def take_back_rest(session: Session, enrolment_ids: Sequence[int], *, reason: str, now: datetime) -> int:
    """Take back what is about no step of these enrolments and has not left either; only results are still told."""
    about = (
        col(Notice.enrolment_id).in_(enrolment_ids),
        col(Notice.step_id).is_(None),
        col(Notice.kind).not_in(AFTER_THE_END),
    )
    return _take_back(session, about, reason=reason, now=now)


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
