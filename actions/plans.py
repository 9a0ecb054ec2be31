"""Reads plans that are under way: the active enrolments that a change of dates may touch, with all their steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from actions.desk import open_desk
from models import Cohort, Enrolment, Step
from notifications.promises import Desk
from programme.calendar import Calendar
from programme.closures import Closures
from programme.replanning import Basis, Change, Held, Move, replan


@dataclass(frozen=True)
class Plan:
    """An enrolment with its steps, calls to make left out."""

    enrolment: Enrolment
    steps: dict[str, Step]

    def held(self) -> list[Held]:
        """Return the steps as the pure rules take them."""
        return [
            Held(
                key=step.key,
                rule=step.rule,
                kind=step.kind,
                nominal_on=step.nominal_on,
                due_on=step.due_on,
                is_open=step.status == "open",
                pinned=step.pinned,
                origin=step.origin,
            )
            for step in self.steps.values()
        ]


@dataclass(frozen=True)
class Group:
    """Plans of one cohort and one version of the programme, with the desk that serves them."""

    cohort: Cohort
    desk: Desk
    plans: tuple[Plan, ...]


def group_of(session: Session, enrolment: Enrolment, *, now: datetime) -> Group:
    """Return the group of one enrolment."""
    return _groups(session, [enrolment], now)[0]


def active_groups(
    session: Session, *, now: datetime, concerned: Callable[[Enrolment], bool] = lambda _: True
) -> list[Group]:
    """Return the plans that are under way; a suspended one is left alone, its dates are set when it is resumed."""
    rows = session.exec(select(Enrolment).where(Enrolment.status == "active").order_by(col(Enrolment.id))).all()
    return _groups(session, [row for row in rows if concerned(row)], now)


def basis_of(plan: Plan, calendar: Calendar, closed: Closures) -> Basis:
    """Return what a plan's dates are worked out from."""
    assert plan.enrolment.start_on is not None
    return Basis(plan.enrolment.start_on, calendar, closed)


def moves_of(group: Group, plan: Plan, change: Change) -> list[tuple[Step, Move]]:
    """Return which of a plan's steps a change moves."""
    moves = replan(group.desk.definition, plan.held(), change, rank=plan.enrolment.rank)
    return [(plan.steps[move.key], move) for move in moves]


def _groups(session: Session, enrolments: Sequence[Enrolment], now: datetime) -> list[Group]:
    steps = _steps(session, [row.id for row in enrolments if row.id is not None])
    sorted_out: dict[tuple[int, int], list[Enrolment]] = defaultdict(list)
    for row in enrolments:
        sorted_out[row.cohort_id, row.programme_version_id].append(row)
    return [
        _group(session, session.get_one(Cohort, cohort_id), rows, steps, now)
        for (cohort_id, _version), rows in sorted_out.items()
    ]


def _group(
    session: Session, cohort: Cohort, rows: Sequence[Enrolment], steps: dict[int, dict[str, Step]], now: datetime
) -> Group:
    plans = tuple(Plan(row, steps.get(row.id or 0, {})) for row in rows)
    return Group(cohort, open_desk(session, cohort, rows, now=now), plans)


def _steps(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Step]]:
    """Read the steps of some enrolments, in slices: a database takes only so many parameters."""
    found: dict[int, dict[str, Step]] = defaultdict(dict)
    for first in range(0, len(ids), 500):
        part = col(Step.enrolment_id).in_(ids[first : first + 500])
        for step in session.exec(select(Step).where(part, Step.origin != "call").order_by(Step.key)):
            found[step.enrolment_id][step.key] = step
    return found
