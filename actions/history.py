"""Writes the append-only history of an enrolment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlmodel import Session, col

from models import Enrolment, History, Step
from models.inserting import Inserting
from models.sets import do, within

FLOOR = "history_floor"


def record(
    session: Session,
    enrolment: Enrolment,
    verb: str,
    *,
    by: str,
    now: datetime,
    subject: str = "",
    why: str = "",
    **detail: object,
) -> None:
    """Add one line: who did what to which step, stage or checkpoint, why, and what was before and after."""
    assert enrolment.id is not None
    at = not_before(session, now)
    session.add(History(**line(enrolment.id, verb, by=by, now=at, subject=subject, why=why, **detail)))


def record_each(session: Session, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add many lines, made by `line`, in their order, after what this session has recorded before."""
    _LINES.write(session, [*map(_values, lines)])


_LINE = ("at", "by", "verb", "why", "detail")
_LINES = Inserting(History, ("enrolment_id", "subject", *_LINE), {})
_values = itemgetter("enrolment_id", "subject", *_LINE)
_OF_STEPS = insert(History).from_select(
    ["enrolment_id", "subject", *_LINE],
    select(
        col(Step.enrolment_id),
        col(Step.key),
        *(bindparam(f"its_{name}", type_=getattr(History, name).type) for name in _LINE),
    )
    .where(within(col(Step.id), "ids"))
    .order_by(col(Step.id)),
)


def record_steps(
    session: Session, step_ids: Sequence[int], verb: str, *, by: str, now: datetime, **detail: object
) -> None:
    """Add a line about each of these steps, all in one statement: the database knows whose they are."""
    at = not_before(session, now)
    do(session, _OF_STEPS, ids=[*step_ids], its_at=at, its_by=by, its_verb=verb, its_why="", its_detail=detail)


def not_before(session: Session, now: datetime) -> datetime:
    """Return ``now``, or the instant of the last line where a clock that was set back says an earlier one.

    No line stands before its cause. The last line is asked for once in a session.
    """
    floor: datetime | None = session.info.get(FLOOR) or last_recorded(session)
    at = max(now, floor) if floor else now
    session.info[FLOOR] = at
    return at


_LAST = select(col(History.at)).order_by(col(History.id).desc()).limit(1)


def last_recorded(session: Session) -> datetime | None:
    """Return the instant of the last line of all; lines are only ever added, so it is the latest too."""
    last: datetime | None = do(session, _LAST).scalar()
    return last


def line(
    enrolment_id: int, verb: str, *, by: str, now: datetime, subject: str = "", why: str = "", **detail: object
) -> dict[str, Any]:
    """Return the values of one line, for work that writes many at once."""
    return {
        "enrolment_id": enrolment_id,
        "at": now,
        "by": by,
        "verb": verb,
        "subject": subject,
        "why": why,
        "detail": detail,
    }
