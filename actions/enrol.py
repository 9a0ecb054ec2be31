"""Enrols the selected cooperatives of a cohort: writes each one's whole dated plan, and welcomes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import class_mapper
from sqlmodel import Session, col, select

from actions import history
from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.legal import legal_steps
from actions.programmes import calendar_of, closures_of, definition_of
from actions.slices import sliced
from actions.tell import tell_all
from actions.watch import first_watch
from models import Cohort, Cooperative, Enrolment, Passage, Step
from models.sets import do, within
from notifications.promises import Word
from programme import reminders
from programme.calendar import Calendar
from programme.civil import civil_day
from programme.definition import Definition
from programme.definition_terms import MEETINGS
from programme.errors import NothingToEnrol
from programme.planning import PlannedStep, end_of, hour_of, plan, shares, stage_windows

OWNER = "enrolment_id"


def enrol_cohort(session: Session, *, code: str, by: str, now: datetime) -> list[Enrolment]:
    """Plan every selected cooperative of a cohort; those that are enrolled already are left alone."""
    cohort = cohort_of(session, code, to_change=True)
    rows = session.exec(select(Enrolment).where(Enrolment.cohort_id == cohort.id).order_by(col(Enrolment.rank))).all()
    if not rows:
        raise NothingToEnrol(code=code)
    selected = [row for row in rows if row.status == "selected"]
    _start(session, cohort, selected, by=by, now=now)
    session.flush()
    _welcome(session, cohort, selected, now=now)
    return selected


def _start(session: Session, cohort: Cohort, enrolments: Sequence[Enrolment], *, by: str, now: datetime) -> None:
    """Pin enrolments to their cohort's version, and write their plans and their stages' windows.

    A plan is worked out once for all that have the same, and the others get a copy in the database.
    """
    definition = definition_of(session, cohort)
    for alike in _alike(session, enrolments, definition):
        first, ids = alike[0], [one.id for one in alike if one.id is not None]
        first.start_on = cohort.start_on
        written = _plan_of(session, cohort, first, definition, now)
        _activate(session, cohort, ids, written.watch_on)
        for some in sliced(ids[1:]):
            _copy(session, Step, first, some)
            _copy(session, Passage, first, some)
        about = {"steps": written.steps, "legal": written.legal}
        why = f"version {definition.version} of {definition.programme}"
        at = history.not_before(session, now)
        lines = [history.line(one, "enrolled", by=by, now=at, subject=cohort.code, why=why, **about) for one in ids]
        history.record_each(session, lines)


def _alike(session: Session, enrolments: Sequence[Enrolment], definition: Definition) -> list[list[Enrolment]]:
    """Return those together who get the same plan, in order: same share of days and hours, same closed days and law."""
    groups: dict[Hashable, list[Enrolment]] = defaultdict(list)
    share = shares(definition)
    for enrolment in enrolments:
        legal = None
        if definition.legal is not None:
            cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
            legal = (cooperative.fiscal_year_end, cooperative.registered_on)
        same = (share(enrolment.rank), closures_of(session, enrolment), legal)
        groups[same].append(enrolment)
    return [*groups.values()]


_ACTIVATE = (
    update(Enrolment)
    .where(within(col(Enrolment.id), "ids"))
    .values(
        status="active",
        start_on=bindparam("first_day"),
        programme_version_id=bindparam("followed"),
        watch_on=bindparam("looked_at"),
        version=col(Enrolment.version) + 1,
    )
)


def _activate(session: Session, cohort: Cohort, ids: Sequence[int], watch_on: date | None) -> None:
    """Have enrolments be active on their cohort's version, and read them again as they are now."""
    do(
        session,
        _ACTIVATE,
        ids=[*ids],
        first_day=cohort.start_on,
        followed=cohort.programme_version_id,
        looked_at=watch_on,
    )
    query = select(Enrolment).execution_options(populate_existing=True)
    for some in sliced(ids):
        session.exec(query.where(col(Enrolment.id).in_(some))).all()


class _Written(NamedTuple):
    """What was written of a plan: how many steps, and when alerts are looked at first."""

    steps: int
    legal: int
    watch_on: date | None


def _plan_of(session: Session, cohort: Cohort, enrolment: Enrolment, definition: Definition, now: datetime) -> _Written:
    """Write the plan of one enrolment and its stages' windows."""
    calendar, today = calendar_of(session, definition), civil_day(now)
    closed = closures_of(session, enrolment)
    steps = [
        step_of(enrolment, planned, definition, calendar, today)
        for planned in plan(definition, cohort.start_on, calendar, rank=enrolment.rank, closed=closed)
    ]
    legal = legal_steps(session, enrolment, definition, calendar, today)
    session.add_all([*steps, *legal])
    session.add_all(_passages(enrolment, definition, calendar, cohort.start_on))
    session.flush()
    return _Written(len(steps), len(legal), first_watch(definition, max(cohort.start_on, today), steps))


def _copy(session: Session, table: type[Step | Passage], like: Enrolment, ids: Sequence[int]) -> None:
    """Give others the same rows as one has.

    The same step of all lies together: what is due, closed or reminded on one day is then on a few of the
    database's pages, not on one of each enrolment's.
    """
    columns = [column for column in class_mapper(table).local_table.columns if column.name not in {"id", OWNER}]
    rows = (
        select(Enrolment.id, *columns)
        .join_from(Enrolment, table, col(table.enrolment_id) == like.id)
        .where(col(Enrolment.id).in_(ids))
        .order_by(col(table.id), col(Enrolment.rank))
    )
    session.execute(insert(table).from_select([OWNER, *(column.name for column in columns)], rows))


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
    tell_all(desk, words, cohort)
