"""Sets a recorded fact right: what it was stays written down, and no decision changes by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from actions import history
from actions.access import refuse_outsider
from actions.closing import opened
from actions.extra_steps import plan_make_up
from actions.lookup import enrolment_named, refuse_future
from actions.meetings import cancel_meetings
from actions.programmes import definition_of
from actions.reweigh import reweigh
from actions.stages import nudge
from actions.tell import close
from actions.timely import refuse_too_early
from actions.watch import watch
from actions.withdrawal import take_back
from models import Attendance, Correction, Enrolment, PlanAction, SessionReport, Step
from programme.civil import civil_day
from programme.decision_errors import CorrectionUnexplained, NothingToCorrect, NotRecorded
from programme.definition_terms import FactName


@dataclass(frozen=True)
class Change:
    """One recorded fact before and after, and who says so, why and when."""

    fact: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    why: str
    by: str
    now: datetime


def correct_attendance(
    session: Session,
    *,
    code: str,
    step: str,
    presence: Mapping[str, bool],
    why: str,
    by: str,
    now: datetime,
    on: date | None = None,
    early: bool = False,
) -> Step:
    """Set right who was at a module, or its day; who is not named stays as recorded.

    When nobody was there after all, a make-up is planned; when somebody was, the planned one goes.
    """
    enrolment = _enrolment(session, code, step, why, by, now, on)
    row, records = _attended(session, enrolment, step, None if early else on)
    recorded, day = {one.attendee: one.present for one in records}, on or records[0].on
    before = {"on": records[0].on.isoformat(), "presence": recorded}
    after = {"on": day.isoformat(), "presence": {**recorded, **presence}}
    change = Change("attendance", step, before, after, why, by, now)
    _refuse_same(code, change)
    known = {one.attendee: one for one in records}
    for attendee, present in presence.items():
        if attendee not in known:
            values = records[0].model_dump(exclude={"id"}) | {"attendee": attendee, "recorded_by": by}
            known[attendee] = Attendance(**values)
        known[attendee].present = present
    for record in known.values():
        record.on = day
    session.add_all(known.values())
    was_there = any(one.present for one in known.values())
    _turn_step(session, enrolment, row, "done" if was_there else "missed", day, now=now)
    _write_down(session, enrolment, change)
    _plan_around(session, enrolment, row, by=by, now=now)
    _follow_up(session, enrolment, "modules_present", change, stage=row.stage)
    return row


def correct_session(
    session: Session,
    *,
    code: str,
    step: str,
    why: str,
    by: str,
    now: datetime,
    held: bool | None = None,
    on: date | None = None,
    summary: str | None = None,
    early: bool = False,
) -> Step:
    """Set right whether a coaching session was held, its day or its summary; what is not said stays."""
    enrolment = _enrolment(session, code, step, why, by, now, on)
    row = _closed(session, enrolment, step, "session", None if early else on)
    report = session.exec(select(SessionReport).where(SessionReport.step_id == row.id)).first()
    if report is None:
        raise NotRecorded(subject=step, code=code, fact="session")
    before = _session_facts(report)
    report.held = report.held if held is None else held
    report.on, report.summary = on or report.on, report.summary if summary is None else summary
    change = Change("session", step, before, _session_facts(report), why, by, now)
    _refuse_same(code, change)
    _turn_step(session, enrolment, row, "done" if report.held else "missed", report.on, now=now)
    _write_down(session, enrolment, change)
    _follow_up(session, enrolment, "sessions_held", change, stage=row.stage)
    return row


def correct_action(
    session: Session, *, code: str, axis: str, done: bool, why: str, by: str, now: datetime, on: date | None = None
) -> PlanAction:
    """Set right whether an action of the plan is done, and since when (today, where that is not said)."""
    enrolment = _enrolment(session, code, axis, why, by, now, on)
    action = session.exec(
        select(PlanAction).where(PlanAction.enrolment_id == enrolment.id, PlanAction.axis == axis)
    ).first()
    if action is None:
        raise NotRecorded(subject=axis, code=code, fact="action")
    before = {"done_on": action.done_on.isoformat() if action.done_on else None}
    done_on = (on or action.done_on or civil_day(now)) if done else None
    change = Change("action", axis, before, {"done_on": done_on.isoformat() if done_on else None}, why, by, now)
    _refuse_same(code, change)
    action.done_on, action.done_by = done_on, by if done else None
    _write_down(session, enrolment, change)
    _follow_up(session, enrolment, "plan_done_percent", change, stage=None)
    return action


def _enrolment(
    session: Session, code: str, subject: str, why: str, by: str, now: datetime, on: date | None
) -> Enrolment:
    """Return the enrolment, ended or not: a certificate may rest on what was recorded wrongly."""
    enrolment = enrolment_named(session, code)
    refuse_outsider(session, by, enrolment, civil_day(now))
    if not why.strip():
        raise CorrectionUnexplained(subject=subject, code=code)
    if on is not None:
        refuse_future(on, civil_day(now))
    return enrolment


def _closed(session: Session, enrolment: Enrolment, key: str, kind: str, on: date | None) -> Step:
    """Return a step that was recorded; refused when ``on``, its new day, is too early for it."""
    row = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.key == key, Step.kind == kind)
    ).first()
    if row is None or row.status not in {"done", "missed"}:
        raise NotRecorded(subject=key, code=enrolment.code, fact=kind)
    if on is not None:
        refuse_too_early(session, [opened(enrolment, row)], on=on)
    return row


def _attended(session: Session, enrolment: Enrolment, step: str, on: date | None) -> tuple[Step, list[Attendance]]:
    row = _closed(session, enrolment, step, "module", on)
    records = session.exec(select(Attendance).where(Attendance.step_id == row.id).order_by(col(Attendance.id))).all()
    if not records:
        raise NotRecorded(subject=step, code=enrolment.code, fact="attendance")
    return row, list(records)


def _session_facts(report: SessionReport) -> dict[str, Any]:
    return {"held": report.held, "on": report.on.isoformat(), "summary": report.summary}


def _refuse_same(code: str, change: Change) -> None:
    if change.before == change.after:
        raise NothingToCorrect(subject=change.subject, code=code)


def _turn_step(session: Session, enrolment: Enrolment, step: Step, status: str, on: date, *, now: datetime) -> None:
    """Have a closed step say what the corrected fact says; it stays closed, and signed by who closed it."""
    if step.status != status:
        detail = {"before": step.status, "after": status}
        history.record(session, enrolment, f"step {status}", by="engine", now=now, subject=step.key, **detail)
    step.status, step.done_on = status, on
    session.add(step)


def _plan_around(session: Session, enrolment: Enrolment, module: Step, *, by: str, now: datetime) -> None:
    """Plan a make-up for a module that nobody was at after all; take the planned one back where somebody was."""
    if enrolment.status != "active":
        return
    planned = session.exec(
        select(Step).where(
            Step.enrolment_id == enrolment.id,
            Step.rule == module.rule,
            Step.origin == "make_up",
            Step.status == "open",
            Step.key != module.key,
        )
    ).all()
    if module.status == "missed" and not planned and not _was_there(session, enrolment, module):
        plan_make_up(session, enrolment, module, on=civil_day(now), now=now)
    if module.status == "done":
        for step in planned:
            close(step, "not_required", on=civil_day(now), by="engine")
        why = f"{module.key} was attended after all"
        take_back(session, [step.id for step in planned], reason=why, now=now)
        cancel_meetings(session, enrolment, planned, by=by, now=now)


def _was_there(session: Session, enrolment: Enrolment, module: Step) -> bool:
    """Tell whether somebody was at the module on another occasion."""
    return (
        session.exec(
            select(func.count())
            .select_from(Attendance)
            .where(
                Attendance.enrolment_id == enrolment.id,
                Attendance.module == module.rule,
                col(Attendance.present).is_(True),
            )
        ).one()
        > 0
    )


def _write_down(session: Session, enrolment: Enrolment, change: Change) -> None:
    assert enrolment.id is not None
    before, after, why = dict(change.before), dict(change.after), change.why.strip()
    session.add(
        Correction(
            enrolment_id=enrolment.id,
            fact=change.fact,
            subject=change.subject,
            before=before,
            after=after,
            why=why,
            by=change.by,
            at=change.now,
        )
    )
    detail = {"fact": change.fact, "before": before, "after": after}
    history.record(
        session, enrolment, "corrected", by=change.by, now=change.now, subject=change.subject, why=why, **detail
    )
    session.flush()


def _follow_up(session: Session, enrolment: Enrolment, fact: FactName, change: Change, *, stage: str | None) -> None:
    """Hold what rests on the fact against it again: decisions, and the exit of the stages that count it."""
    reweigh(session, enrolment, fact, why=change.why.strip(), by=change.by, now=change.now)
    if enrolment.status != "active":
        return
    watch(session, enrolment)
    counting = {rule.key for rule in definition_of(session, enrolment).stages if rule.exit.fact == fact}
    for one in sorted(counting | ({stage} if stage else set())):
        nudge(session, enrolment, one, now=change.now)
