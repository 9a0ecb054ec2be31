"""Records facts: steps done, presence at training, coaching sessions, evaluations, the plan's progress, calls made.

A fact is dated, signed and never overwritten. It closes its step, takes back what has not left
about it, and has the next morning look at the stage when its exit may hold now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlmodel import Session, select

from actions import history
from actions.closing import Named, OpenStep, close_steps, open_steps_named, opened
from actions.drafting import PLAN_DRAFT, draft_plan
from actions.extra_steps import plan_make_up
from actions.lookup import enrolment_named, open_step, refuse_future
from actions.tell import called_notice
from actions.timely import refuse_too_early
from models import Attendance, Enrolment, PlanAction, SessionReport, Step
from programme.civil import civil_day
from programme.errors import AxisUnknown, WrongVerb
from programme.wording import Sentence, sentence

OTHER_VERBS: Mapping[str, Sentence] = {
    "module": sentence("record who was there, with `mourafaka attendance`"),
    "session": sentence("report the session, with `mourafaka session`"),
    "evaluation": sentence("record the answers, with `mourafaka evaluate`"),
    "decision": sentence("decide, with `mourafaka decide`"),
}


def complete_step(
    session: Session, *, code: str, step: str, on: date, by: str, now: datetime, early: bool = False
) -> Step:
    """Tick a step off; kinds that carry facts of their own have their own verb and are refused here.

    A call can still be made, and said to be made, after the enrolment has ended.
    """
    [done] = complete_steps(session, steps=[(code, step)], on=on, by=by, now=now, early=early)
    return session.get_one(Step, done)


def complete_steps(
    session: Session, *, steps: Iterable[Named], on: date, by: str, now: datetime, early: bool = False
) -> list[int]:
    """Tick many steps off, all or none of them; return their ids in the order in which they are named."""
    rows = open_steps_named(session, steps)
    for row in rows:
        if row.kind in OTHER_VERBS:
            raise WrongVerb(step=row.key, remedy=OTHER_VERBS[row.kind])
    refuse_future(on, civil_day(now))
    refuse_too_early(session, rows, on=on, early=early)
    for row in rows:
        if row.kind == "call":
            _settle_call(session, row, on=on, by=by, now=now)
    close_steps(session, rows, "done", on=on, by=by, now=now)
    for row in rows:
        if row.key == PLAN_DRAFT:
            draft_plan(session, session.get_one(Enrolment, row.enrolment_id), by=by, now=now)
    return [row.id for row in rows]


def _close(
    session: Session, enrolment: Enrolment, step: Step, status: str, *, on: date, by: str, now: datetime
) -> None:
    close_steps(session, [opened(enrolment, step)], status, on=on, by=by, now=now)


def _settle_call(session: Session, step: OpenStep, *, on: date, by: str, now: datetime) -> None:
    """Write down that a notice was told by telephone, by whom and on which day."""
    notice = called_notice(session, session.get_one(Enrolment, step.enrolment_id), session.get_one(Step, step.id))
    if notice is not None and notice.status == "pending":
        notice.status, notice.sent_at, notice.settled_at = "sent", now, now
        notice.reason = f"told by telephone by {by} on {on}"
        notice.attempts = 1
        session.add(notice)


def record_attendance(
    session: Session,
    *,
    code: str,
    step: str,
    presence: Mapping[str, bool],
    on: date,
    by: str,
    now: datetime,
    early: bool = False,
) -> Step:
    """Record who of a cooperative was at a module; when nobody was, a make-up is planned where there is time."""
    enrolment = enrolment_named(session, code, to_change=True)
    row = open_step(session, enrolment, step)
    if row.kind != "module":
        raise WrongVerb(step=step, remedy=sentence("only training modules have an attendance list"))
    refuse_future(on, civil_day(now))
    refuse_too_early(session, [opened(enrolment, row)], on=on, early=early)
    assert enrolment.id is not None
    assert row.id is not None
    for attendee, present in presence.items():
        session.add(
            Attendance(
                enrolment_id=enrolment.id,
                step_id=row.id,
                module=row.rule,
                attendee=attendee,
                on=on,
                present=present,
                recorded_by=by,
                recorded_at=now,
            )
        )
    session.flush()
    attended = any(presence.values())
    _close(session, enrolment, row, "done" if attended else "missed", on=on, by=by, now=now)
    if not attended:
        plan_make_up(session, enrolment, row, on=on, now=now)
    return row


def report_session(
    session: Session,
    *,
    code: str,
    step: str,
    held: bool,
    on: date,
    by: str,
    now: datetime,
    summary: str = "",
    early: bool = False,
) -> Step:
    """Report a coaching session: held or missed."""
    enrolment = enrolment_named(session, code, to_change=True)
    row = open_step(session, enrolment, step)
    if row.kind != "session":
        raise WrongVerb(step=step, remedy=sentence("only coaching sessions are reported as held or missed"))
    refuse_future(on, civil_day(now))
    refuse_too_early(session, [opened(enrolment, row)], on=on, early=early)
    assert enrolment.id is not None
    assert row.id is not None
    session.add(
        SessionReport(
            enrolment_id=enrolment.id,
            step_id=row.id,
            on=on,
            held=held,
            summary=summary,
            recorded_by=by,
            recorded_at=now,
        )
    )
    session.flush()
    _close(session, enrolment, row, "done" if held else "missed", on=on, by=by, now=now)
    return row


def complete_action(session: Session, *, code: str, axis: str, on: date, by: str, now: datetime) -> None:
    """Record that a plan's action is done; saying it again changes nothing."""
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_future(on, civil_day(now))
    action = session.exec(
        select(PlanAction).where(PlanAction.enrolment_id == enrolment.id, PlanAction.axis == axis)
    ).first()
    if action is None:
        known = session.exec(select(PlanAction.axis).where(PlanAction.enrolment_id == enrolment.id)).all()
        raise AxisUnknown(code=code, axis=axis, known=", ".join(sorted(known)) or "-")
    if action.done_on is not None:
        return
    action.done_on, action.done_by = on, by
    history.record(session, enrolment, "plan action done", by=by, now=now, subject=axis, on=on.isoformat())
