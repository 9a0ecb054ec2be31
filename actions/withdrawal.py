"""Takes back what was promised and has not left, and closes the calls that were to be made in its place.

What a server put off has not left either; what may have arrived (a doubt) goes its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Executable, and_, bindparam, case, delete, or_, update
from sqlmodel import Session, col, select

from actions.tell import AFTER_THE_END, OF_A_CANCELLATION, call_key
from models import Enrolment, Notice, NoticeBody, Step
from models.sets import do, renew, within
from programme.civil import civil_day

_TAKE_BACK = (
    update(Notice)
    .where(col(Notice.status) == "pending", col(Notice.doubts) == 0)
    .values(status="cancelled", reason=bindparam("because"), settled_at=bindparam("when"))
    .returning(
        col(Notice.id),
        # The digest itself: whether it IS NOT NULL, SQLite would answer by the first column (3.40), which never is.
        col(Notice.body_digest),
        case((col(Notice.channel) == "call", col(Notice.enrolment_id))),
        case((col(Notice.channel) == "call", col(Notice.key))),
    )
)
"""Takes notices back; says of each the digest of its bytes, if there are any, and of a call whose it is and its key."""
_THESE = _TAKE_BACK.where(within(col(Notice.id), "ids"))
_OF_STEPS = _TAKE_BACK.where(within(col(Notice.step_id), "ids"))
_OF_ENROLMENTS = _TAKE_BACK.where(within(col(Notice.enrolment_id), "ids"))
_THEIR_STEPS = select(Step.id).where(within(col(Step.enrolment_id), "ids"))
_ABOUT_ANY = or_(
    and_(within(col(Notice.enrolment_id), "ids"), col(Notice.step_id).is_(None)),
    col(Notice.step_id).in_(_THEIR_STEPS),
)
_BUT_RESULTS = _OF_ENROLMENTS.where(col(Notice.step_id).is_(None), col(Notice.kind).not_in(AFTER_THE_END))
_BUT_CANCELLATIONS = _TAKE_BACK.where(_ABOUT_ANY, ~col(Notice.key).contains(OF_A_CANCELLATION, autoescape=True))


def take_back(session: Session, step_ids: Sequence[int | None], *, reason: str, now: datetime) -> int:
    """Take back what has not left about these steps, and the calls about them; return how many notices that was."""
    return _take_back(session, _OF_STEPS, step_ids, reason=reason, now=now)


def take_back_notices(session: Session, notice_ids: Sequence[int | None], *, reason: str, now: datetime) -> int:
    """Take back those of these notices that have not left, and the calls that stand for them."""
    return _take_back(session, _THESE, notice_ids, reason=reason, now=now)


def take_back_rest(session: Session, enrolment_ids: Sequence[int | None], *, reason: str, now: datetime) -> int:
    """Take back what is about no step of these enrolments, such as a welcome; only results are still told."""
    return _take_back(session, _BUT_RESULTS, enrolment_ids, reason=reason, now=now)


def take_back_all(session: Session, enrolment_ids: Sequence[int | None], *, reason: str, now: datetime) -> int:
    """Take back all that has not left about these enrolments, results too, and close every call about them.

    Only that a meeting is cancelled is still told: who was invited would stand before a closed door.
    """
    taken = _take_back(session, _BUT_CANCELLATIONS, enrolment_ids, reason=reason, now=now)
    calls = select(Step.id).where(
        col(Step.enrolment_id).in_(enrolment_ids),
        Step.origin == "call",
        Step.status == "open",
        ~col(Step.key).contains(OF_A_CANCELLATION, autoescape=True),
    )
    close_rows(session, session.exec(calls).all(), "not_required", on=civil_day(now), by="engine")
    return taken


def _take_back(
    session: Session, statement: Executable, ids: Sequence[int | None], *, reason: str, now: datetime
) -> int:
    taken = do(session, statement, ids=[*ids], because=reason, when=now).all() if ids else ()
    if not taken:
        return 0
    renew(session, Notice, (row[0] for row in taken))
    frozen = [one for one, digest, _, _ in taken if digest is not None]
    if frozen:
        session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(frozen)))
    calls = [(whose, key) for _, _, whose, key in taken if whose is not None]
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


_CLOSE = (
    update(Step)
    .where(within(col(Step.id), "ids"))
    .values(status=bindparam("to"), done_on=bindparam("day"), done_by=bindparam("who"), remind_on=None)
)


def close_rows(session: Session, step_ids: Sequence[int | None], status: str, *, on: date, by: str) -> None:
    """Close steps: nobody need hear of them any more."""
    if step_ids:
        do(session, _CLOSE, ids=[*step_ids], to=status, day=on, who=by)
        renew(session, Step, [one for one in step_ids if one is not None])
