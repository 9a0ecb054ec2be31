"""One day of simulated people: what they do with the verbs that real ones use."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session, col, or_, select

from actions.assign import assign_cohort
from actions.decide import decide
from actions.measure import record_evaluation
from actions.programmes import calendar_of
from actions.record import (
    complete_action,
    complete_step,
    record_attendance,
    report_session,
)
from models import Cohort, Decision, Enrolment, Passage, PlanAction, Step
from programme.civil import civil_day
from programme.definition_terms import ENDINGS
from programme.scoring import default_questionnaire
from simulation.happenings import happen, moves_a_visit
from simulation.people import People

IN_ORDER = ("start", "diagnosis", "closing")
"""Stages whose steps build on each other: none is done before an earlier one."""
BY = "simulation"
AHEAD_DAYS = 7
MOVABLE = ("meeting", "session")


class Todo(NamedTuple):
    """An open step as the one who does it sees it."""

    code: str
    enrolment_id: int
    key: str
    kind: str
    stage: str
    due_on: date
    pinned: bool


def live_day(session: Session, cohort: Cohort, people: People, *, now: datetime) -> int:
    """Do what simulated people do on a working day; return how many things that was."""
    today = civil_day(now)
    if not calendar_of(session).is_working(today):
        return 0
    done = happen(session, cohort, people, now=now)
    waiting: set[tuple[int, str]] = set()
    for todo in _todos(session, cohort, today):
        if (todo.enrolment_id, todo.stage) in waiting:
            continue
        if todo.kind in MOVABLE and not todo.pinned and todo.due_on > today:
            done += moves_a_visit(session, people, todo.code, todo.key, todo.due_on, now=now)
        if people.acts_on(todo.code, todo.key, todo.kind, todo.due_on) <= today and _can(session, todo, today):
            done += _do(session, cohort, people, todo, now)
        elif todo.stage in IN_ORDER:
            waiting.add((todo.enrolment_id, todo.stage))
    return done


def _todos(session: Session, cohort: Cohort, today: date) -> list[Todo]:
    horizon = date.fromordinal(today.toordinal() + AHEAD_DAYS)
    rows = session.exec(
        select(Enrolment.code, Step)
        .join(Enrolment)
        .where(
            Step.status == "open",
            Step.due_on <= horizon,
            Enrolment.cohort_id == cohort.id,
            or_(Enrolment.status == "active", Step.kind == "call"),
        )
        .order_by(col(Enrolment.rank), col(Step.due_on), col(Step.key))
    ).all()
    return [Todo(code, row.enrolment_id, row.key, row.kind, row.stage, row.due_on, row.pinned) for code, row in rows]


def _can(session: Session, todo: Todo, today: date) -> bool:
    """Tell whether a step can be done now: what it rests on has happened."""
    if todo.kind in {"session", "module"}:
        return todo.due_on <= today and (todo.kind == "module" or _entered(session, todo))
    if todo.kind == "report":
        held = session.exec(
            select(Step.status).where(
                Step.enrolment_id == todo.enrolment_id, Step.key == todo.key.replace("report", "session")
            )
        ).first()
        return held in {"done", "missed"}
    if todo.kind == "decision":
        return _proposed(session, todo) is not None
    return True


def _entered(session: Session, todo: Todo) -> bool:
    passage = session.exec(
        select(Passage).where(Passage.enrolment_id == todo.enrolment_id, Passage.stage == todo.stage)
    ).first()
    return passage is not None and passage.entered_on is not None


def _proposed(session: Session, todo: Todo) -> Decision | None:
    return session.exec(
        select(Decision).where(
            Decision.enrolment_id == todo.enrolment_id,
            Decision.checkpoint == _checkpoint(todo),
            Decision.status == "proposed",
        )
    ).first()


def _months(checkpoint: str) -> int:
    """Return how long after the start a checkpoint is, by its name: of M9, nine months."""
    return int("".join(filter(str.isdigit, checkpoint)) or 0)


def _checkpoint(todo: Todo) -> str:
    return todo.key.partition(".")[2].partition("-")[0]


def _do(session: Session, cohort: Cohort, people: People, todo: Todo, now: datetime) -> int:
    on = civil_day(now)
    if todo.key == "start.coach":
        return assign_cohort(session, code=cohort.code, by=BY, now=now)
    if todo.kind == "module":
        presence = {"president": people.attends(todo.code, todo.key), "manager": False}
        record_attendance(session, code=todo.code, step=todo.key, presence=presence, on=on, by=BY, now=now)
    elif todo.kind == "session":
        _hold(session, people, todo, on, now)
    elif todo.kind == "evaluation":
        checkpoint = _checkpoint(todo)
        answers = people.answers(default_questionnaire(), todo.code, checkpoint, _months(checkpoint))
        record_evaluation(session, code=todo.code, checkpoint=checkpoint, answers=answers, on=on, by=BY, now=now)
    elif todo.kind == "decision":
        _decide(session, people, todo, now)
    else:
        complete_step(session, code=todo.code, step=todo.key, on=on, by=BY, now=now)
    return 1


def _hold(session: Session, people: People, todo: Todo, on: date, now: datetime) -> None:
    held = people.holds(todo.code, todo.key)
    report_session(session, code=todo.code, step=todo.key, held=held, on=on, by=BY, now=now)
    if not held or not people.advances(todo.code, todo.key):
        return
    axis = session.exec(
        select(PlanAction.axis)
        .where(PlanAction.enrolment_id == todo.enrolment_id, col(PlanAction.done_on).is_(None))
        .order_by(col(PlanAction.id))
    ).first()
    if axis is not None:
        complete_action(session, code=todo.code, axis=axis, on=on, by=BY, now=now)


def _decide(session: Session, people: People, todo: Todo, now: datetime) -> None:
    decision = _proposed(session, todo)
    assert decision is not None
    outcome, reason = decision.proposal, ""
    if not people.follows_proposal(todo.code, decision.checkpoint) and outcome not in ENDINGS:
        outcome = "recovery" if outcome == "continue" else "continue"
        reason = "avis du comité de coordination (simulation)"
    decide(session, code=todo.code, checkpoint=decision.checkpoint, outcome=outcome, by=BY, now=now, reason=reason)
