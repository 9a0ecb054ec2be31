"""Enrols the selected cooperatives of a cohort: writes each one's whole dated plan, and welcomes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.legal import legal_steps
from actions.programmes import calendar_of, closures_of, definition_of
from actions.tell import tell
from actions.watch import first_watch
from models import Cohort, Enrolment, Passage, Step
from notifications.promises import Word
from programme import reminders
from programme.calendar import Calendar
from programme.civil import civil_day
from programme.definition import MEETINGS, Definition
from programme.errors import NothingToEnrol
from programme.planning import PlannedStep, end_of, hour_of, plan, stage_windows


def enrol_cohort(session: Session, *, code: str, by: str, now: datetime) -> list[Enrolment]:
    """Plan every selected cooperative of a cohort; those that are enrolled already are left alone."""
    cohort = cohort_of(session, code, to_change=True)
    rows = session.exec(select(Enrolment).where(Enrolment.cohort_id == cohort.id).order_by(col(Enrolment.rank))).all()
    if not rows:
        raise NothingToEnrol(code=code)
    selected = [row for row in rows if row.status == "selected"]
    for enrolment in selected:
        start(session, cohort, enrolment, by=by, now=now)
    session.flush()
    _welcome(session, cohort, selected, now=now)
    return selected


def start(session: Session, cohort: Cohort, enrolment: Enrolment, *, by: str, now: datetime) -> None:
    """Pin an enrolment to its cohort's version and write its plan and its stages' windows."""
    definition = definition_of(session, cohort)
    calendar = calendar_of(session, definition)
    enrolment.status, enrolment.start_on = "active", cohort.start_on
    enrolment.programme_version_id = cohort.programme_version_id
    today = civil_day(now)
    steps = [
        step_of(enrolment, planned, definition, calendar, today)
        for planned in plan(
            definition, cohort.start_on, calendar, rank=enrolment.rank, closed=closures_of(session, enrolment)
        )
    ]
    legal = legal_steps(session, enrolment, definition, calendar, today)
    session.add_all([*steps, *legal])
    session.add_all(_passages(enrolment, definition, calendar, cohort.start_on))
    enrolment.watch_on = first_watch(definition, max(cohort.start_on, today), steps)
    history.record(
        session,
        enrolment,
        "enrolled",
        by=by,
        now=now,
        subject=cohort.code,
        why=f"version {definition.version} of {definition.programme}",
        steps=len(steps),
        legal=len(legal),
    )


def step_of(
    enrolment: Enrolment, planned: PlannedStep, definition: Definition, calendar: Calendar, today: date
) -> Step:
    """Return the row of a planned step; reminders that would be past on the day of planning are not owed."""
    rule = definition.by_key[planned.rule]
    is_meeting = planned.kind in MEETINGS
    assert enrolment.id is not None
    return Step(
        enrolment_id=enrolment.id,
        key=planned.key,
        rule=planned.rule,
        stage=planned.stage,
        kind=planned.kind,
        owner=planned.owner,
        number=planned.number,
        nominal_on=planned.nominal_on,
        due_on=planned.due_on,
        at=f"{hour_of(rule, enrolment.rank):%H:%M}" if is_meeting else None,
        minutes=rule.minutes if is_meeting else None,
        remind_on=reminders.first_from(
            definition.reminders_for(planned.kind), planned.due_on, max(today, enrolment.start_on or today), calendar
        ),
    )


def _passages(enrolment: Enrolment, definition: Definition, calendar: Calendar, start_on: date) -> list[Passage]:
    assert enrolment.id is not None
    return [
        Passage(
            enrolment_id=enrolment.id,
            stage=window.stage,
            opens_on=window.opens_on,
            closes_on=window.closes_on,
            wake_on=window.opens_on,
        )
        for window in stage_windows(definition, start_on, calendar)
    ]


def _welcome(session: Session, cohort: Cohort, enrolments: Sequence[Enrolment], *, now: datetime) -> None:
    """Promise each cooperative its welcome, on the first day of its two years (or now, when that is past)."""
    if not enrolments:
        return
    desk = open_desk(session, cohort, enrolments, now=now)
    due_on = max(cohort.start_on, desk.today)
    facts = {
        "start_on": cohort.start_on.isoformat(),
        "end_on": end_of(desk.definition, cohort.start_on, desk.calendar).isoformat(),
    }
    words = [
        Word("welcome", enrolment, to, due_on, facts)
        for enrolment in enrolments
        if (to := desk.people.find("cooperative", enrolment)) is not None
    ]
    tell(desk, words, cohort)
