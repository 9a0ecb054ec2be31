"""Moves an enrolment's start or one of its dates, and gives a date back to its rule: shown first, then approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from actions.change_words import past_of
from actions.legal_diff import Duties, carry_out_duties, duties_of, with_duties
from actions.lookup import enrolment_named, open_step
from actions.plans import Group, Plan, basis_of, group_of, moves_of
from actions.programmes import closures_of
from actions.proposals import Proposal, Shift, approved, carry_out, diff_of, heard_by, line_of, work_of
from actions.remind import kind_of
from actions.reschedule import upcoming
from actions.start_moved import called_off, cancel_past, refresh_welcome, tell_coach, telling_of
from models import Cooperative, Enrolment, Passage, Step
from notifications.promises import Desk
from programme.calendar import ONE_DAY
from programme.closures import Closures, open_day
from programme.dates_errors import (
    CallNotMoved,
    DayBeforeStart,
    DayClosed,
    DayPast,
    HourUnfit,
    NotAMeeting,
    NothingToMove,
    NotPinned,
    PinnedBeforeStart,
    StartUnchanged,
)
from programme.diffs import Diff, NoticeLine
from programme.planning import closed_because, stage_windows, windows_for
from programme.replanning import Change, Move
from programme.wording import Sentence, sentence

Windows = list[tuple[Passage, date, date]]
"""Stages with the days on which they will open and close."""


def change_start(
    session: Session, *, code: str, start_on: date, by: str, now: datetime, reason: str = "", approve: str | None = None
) -> Diff:
    """Have an enrolment's two years begin on another day; what is done and what a person has set stays.

    Nobody is written to about each step: its coach reads of it once. Only a cooperative that holds an
    invitation to a meeting hears of that meeting's new day, or that it is not held.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    was = enrolment.start_on
    if was == start_on or was is None:
        raise StartUnchanged(code=code, on=start_on)
    group = group_of(session, enrolment, now=now)
    plan = group.plans[0]
    _refuse_earlier_pins(plan, start_on)
    windows = _windows(session, group, enrolment, start_on)
    proposal = _start_proposal(session, group, plan, windows, start_on, by)
    duties = _legal_year(session, enrolment, start_on, now)
    diff = with_duties(diff_of(session, proposal), session, [duties], sentence("its two years begin on another day"))
    if approved(diff, approve):
        enrolment.start_on = start_on
        carry_out_duties(session, duties, f"the start has moved to {start_on}", by)
        _move_windows(windows, group.desk.today)
        carry_out(session, proposal, verb="start moved", why=reason)
        cancel_past(session, enrolment, proposal, by=by, now=now)
        refresh_welcome(group, enrolment)
        tell_coach(group, enrolment, was, len(diff.moved), by=by)
    return diff


def _legal_year(session: Session, enrolment: Enrolment, start_on: date, now: datetime) -> Duties:
    year_end = session.get_one(Cooperative, enrolment.cooperative_id).fiscal_year_end
    return duties_of(session, enrolment, year_end, now=now, start_on=start_on)


def _refuse_earlier_pins(plan: Plan, start_on: date) -> None:
    for step in plan.steps.values():
        if step.pinned and step.status == "open" and step.due_on < start_on:
            raise PinnedBeforeStart(step=step.key, code=plan.enrolment.code, on=step.due_on)


def _start_proposal(session: Session, group: Group, plan: Plan, windows: Windows, start_on: date, by: str) -> Proposal:
    enrolment, before = plan.enrolment, basis_of(plan, group.desk.calendar, closures_of(session, plan.enrolment))
    change = Change(before, replace(before, start_on=start_on))
    moves = moves_of(group, plan, change)
    telling = telling_of(session, enrolment, moves, now=group.desk.now)
    shifts = [Shift(enrolment, step, move, telling[step.key]) for step, move in moves]
    about = {
        "change": "start",
        "was_on": before.start_on.isoformat(),
        "on": start_on.isoformat(),
        "stages": {one.stage: [opens_on.isoformat(), closes_on.isoformat()] for one, opens_on, closes_on in windows},
    }
    what = sentence("{code} starts on {on} and not on {was}", code=enrolment.code, on=start_on, was=before.start_on)
    proposal = _proposal(session, group, plan, shifts, what, about, by)
    proposal.added += called_off(session, enrolment, proposal, now=group.desk.now)
    return proposal


def _proposal(
    session: Session,
    group: Group,
    plan: Plan,
    shifts: list[Shift],
    what: Sentence,
    about: Mapping[str, object],
    by: str,
) -> Proposal:
    moving = {shift.step.key for shift in shifts if shift.is_shown}
    kept = _kept(session, group.desk, plan, moving)
    return Proposal(what, about, [work_of(group, group.desk.calendar, shifts)], by, kept=kept)


def _kept(session: Session, desk: Desk, plan: Plan, moving: set[str]) -> list[NoticeLine]:
    """Return what stays: what was promised of the other steps and has not left, and the reminders of pinned dates."""
    resting = [step for step in plan.steps.values() if step.key not in moving and step.status == "open"]
    past = past_of(session, [step.id for step in resting if step.id is not None])
    kept = [line_of(plan.enrolment, step, notice) for step in resting for notice in past.waiting.get(step.id or 0, ())]
    for step in resting:
        for item in upcoming(desk, step) if step.pinned else ():
            to = heard_by(desk, plan.enrolment, step, item)
            if to is not None and not item.late:
                kept.append(NoticeLine(plan.enrolment.code, step.key, kind_of(step, item), to, item.on))
    return kept


def _windows(session: Session, group: Group, enrolment: Enrolment, start_on: date) -> Windows:
    """Return the stages that are not completed, each with its new window: a pause's delay stays in it."""
    assert enrolment.start_on is not None
    definition, calendar = group.desk.definition, group.desk.calendar
    old, new = (
        {window.stage: window for window in stage_windows(definition, day, calendar)}
        for day in (enrolment.start_on, start_on)
    )
    rows = session.exec(
        select(Passage).where(Passage.enrolment_id == enrolment.id, col(Passage.completed_on).is_(None))
    ).all()
    return [
        (
            row,
            row.opens_on + (new[row.stage].opens_on - old[row.stage].opens_on),
            row.closes_on + (new[row.stage].closes_on - old[row.stage].closes_on),
        )
        for row in rows
        if row.stage in new
    ]


def _move_windows(windows: Windows, today: date) -> None:
    """Move the stages' windows, and have a morning look at each when its time comes."""
    for passage, opens_on, closes_on in windows:
        passage.opens_on, passage.closes_on = opens_on, closes_on
        if passage.entered_on is None:
            passage.wake_on = max(opens_on, today)
        elif closes_on >= today or passage.flagged_late_on is None:
            passage.flagged_late_on = None
            passage.wake_on = max(closes_on + ONE_DAY, today)


def move_step(
    session: Session,
    *,
    code: str,
    step: str,
    on: date,
    by: str,
    now: datetime,
    at: str | None = None,
    place: str | None = None,
    reason: str = "",
    approve: str | None = None,
) -> Diff:
    """Set a step's date (a meeting's hour and place too): it is pinned, and what counts from it follows."""
    enrolment = enrolment_named(session, code, to_change=True)
    row = open_step(session, enrolment, step)
    group = group_of(session, enrolment, now=now)
    closed = closures_of(session, enrolment)
    _refuse_hour(row, at, place)
    _refuse_day(group, enrolment, row, on, closed)
    main = Shift(enrolment, row, Move(step, row.due_on, on, row.nominal_on, sentence("set by hand")), "everybody", True)
    main = replace(main, at=at, place=place)
    if not main.is_shown:
        raise NothingToMove(step=step, code=code, on=on)
    basis = basis_of(group.plans[0], group.desk.calendar, closed)
    rest = _dependents(group, step, Change(basis, basis, set_on={step: on}))
    what = sentence("{step} of {code} is moved from {was} to {on}", step=step, code=code, was=row.due_on, on=on)
    about = {"change": "date", "step": step, "was_on": row.due_on.isoformat(), "on": on.isoformat()}
    proposal = _proposal(session, group, group.plans[0], [main, *rest], what, about, by)
    diff = diff_of(session, proposal)
    if approved(diff, approve):
        carry_out(session, proposal, verb="date moved", subject=step, why=reason)
    return diff


def _dependents(group: Group, key: str, change: Change) -> list[Shift]:
    plan = group.plans[0]
    moves = moves_of(group, plan, change)
    return [Shift(plan.enrolment, step, move) for step, move in moves if step.key != key]


def _refuse_hour(step: Step, at: str | None, place: str | None) -> None:
    if step.kind == "call":
        raise CallNotMoved(step=step.key)
    if (at or place) and step.at is None:
        raise NotAMeeting(step=step.key)
    if at is None:
        return
    minutes = step.minutes or 120
    try:
        begins = time.fromisoformat(at)
    except ValueError as error:
        raise HourUnfit(at=at, minutes=minutes) from error
    ends = timedelta(hours=begins.hour, minutes=begins.minute + minutes)
    if f"{begins:%H:%M}" != at or ends >= ONE_DAY:
        raise HourUnfit(at=at, minutes=minutes)


def _refuse_day(group: Group, enrolment: Enrolment, step: Step, on: date, closed: Closures) -> None:
    """Refuse a day that is past, before the two years, or closed to this step."""
    if on < group.desk.today:
        raise DayPast(on=on)
    if enrolment.start_on is not None and on < enrolment.start_on:
        raise DayBeforeStart(on=on, code=enrolment.code, start_on=enrolment.start_on)
    rule, calendar = group.desk.definition.by_key.get(step.rule), group.desk.calendar
    cause = closed_because(rule, on, calendar, closed)
    if cause is not None and on != step.due_on:
        avoid = frozenset(rule.avoid) if rule else frozenset()
        example = open_day(on, calendar, avoid, windows_for(step.kind, closed))
        raise DayClosed(on=on, cause=cause, example=example)


def unpin_step(
    session: Session, *, code: str, step: str, by: str, now: datetime, reason: str = "", approve: str | None = None
) -> Diff:
    """Give a date that a person had set back to its rule; what counts from it follows."""
    enrolment = enrolment_named(session, code, to_change=True)
    row = open_step(session, enrolment, step)
    if not row.pinned:
        raise NotPinned(step=step, code=code)
    group = group_of(session, enrolment, now=now)
    basis = basis_of(group.plans[0], group.desk.calendar, closures_of(session, enrolment))
    change = Change(basis, basis, freed=frozenset({step}))
    found = {moved.key: move for moved, move in moves_of(group, group.plans[0], change)}
    stays = Move(step, row.due_on, row.due_on, row.nominal_on, sentence("it stands where its rule puts it"))
    move = found.get(step, stays)
    shifts = [Shift(enrolment, row, move, "everybody", False), *_dependents(group, step, change)]
    what = sentence("{step} of {code} goes back to its rule, on {on}", step=step, code=code, on=move.on)
    about = {"change": "unpin", "step": step, "was_on": row.due_on.isoformat(), "on": move.on.isoformat()}
    proposal = _proposal(session, group, group.plans[0], shifts, what, about, by)
    diff = diff_of(session, proposal)
    if approved(diff, approve):
        carry_out(session, proposal, verb="date unpinned", subject=step, why=reason)
    return diff
