"""The morning of a cohort: its stages, checkpoints, alerts and reminders, each started only when it has work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from prefect import Flow, State, flow
from prefect.runtime import flow_run
from prefect.states import Failed

from actions import morning as work
from actions.due import cohorts_due
from actions.mornings import own
from flows import pieces
from flows.showing import Progress, show_cohort
from programme.civil import civil_day
from runtime import house
from runtime.liveness import is_dead, this_process
from runtime.rounds import kept_morning, kept_round

LEASE = timedelta(minutes=30)
"""How long a morning may take before another one may take over; a second one at once is refused."""


@flow(name="morning", flow_run_name="morning · {cohort} · {day}", persist_result=False)
def morning(cohort: str, day: str, at: str | None = None) -> State[Any] | str:
    """Do everything that is due today for a cohort; done late, twice or by two at once, it does nothing twice."""
    here = house.current()
    now = datetime.fromisoformat(at) if at else here.clock.now()
    holder = this_process()
    work.take_lease(here.database, own(cohort), holder=holder, now=now, lasts=LEASE, is_dead=is_dead)
    try:
        with kept_morning(here, own(cohort), now) as course:
            ends = _all(cohort, day, now)
            course.failures = sum(end.is_failed() for end in ends)
            course.broke = any(end.is_failed() and end.name != pieces.HELD_BACK for end in ends)
    finally:
        work.release_lease(here.database, own(cohort), holder=holder, now=now)
    show_cohort(here.database, cohort, now)
    failures = [end.message or end.name for end in ends if end.is_failed()]
    return Failed(message="; ".join(map(str, failures))) if failures else f"{len(ends)} flows"


def _all(cohort: str, day: str, now: datetime) -> list[State[Any]]:
    """Run each flow that has work, in the programme's order; what is due is asked anew before each."""
    database, row, at = house.current().database, pieces.read(cohort), now.isoformat()
    progress = Progress(cohort, len(pieces.STAGES) + 3)
    ends: list[State[Any]] = []
    for stage, ids in work.stages_to_conclude(database, row, now):
        ends.append(end_of(pieces.stage_flow(stage), cohort, day, ids, at))
        progress.step()
    with database.reading() as session:
        due = work.what_is_due(session, row, now)
    if due.evaluations or due.decisions:
        ends.append(end_of(pieces.checkpoints, cohort, day, due.evaluations, due.decisions, at))
        progress.step()
    if due.alerts:
        ends.append(end_of(pieces.alerts, cohort, day, due.alerts, at))
        progress.step()
    if due.reminders:
        ends.append(end_of(pieces.reminders, cohort, day, at))
        progress.step()
    progress.end()
    return ends


def end_of(run: Flow[..., Any], *arguments: object) -> State[Any]:
    """Run a sub-flow and return how it ended: one that fails holds back none of the others."""
    return cast("State[Any]", run(*arguments, return_state=True))


def due_cohorts(now: datetime) -> list[str]:
    """Return the open cohorts in which anything is due; the others need no run."""
    with house.current().database.reading() as session:
        return [one.code for one in cohorts_due(session, now)]


def _busy(code: str, now: datetime) -> bool:
    with house.current().database.reading() as session:
        return work.is_busy(session, own(code), holder=this_process(), now=now, is_dead=is_dead)


def _named_by_day() -> str:
    """Return a run's name: the day that it was asked for, or the one it is, for a schedule names none."""
    return f"mornings · {flow_run.parameters.get('day') or house.current().clock.today().isoformat()}"


@flow(name="mornings", flow_run_name=_named_by_day, persist_result=False)
def mornings(day: str | None = None, at: str | None = None) -> State[Any] | str:
    """The mornings of all open cohorts in which anything is due; what the schedule starts.

    A cohort whose morning is under way is passed by: after an outage several hours start at once.
    """
    here = house.current()
    now = datetime.fromisoformat(at) if at else here.clock.now()
    today = day or civil_day(now).isoformat()
    with kept_round(here, now) as course:
        ends = [
            morning(code, today, now.isoformat(), return_state=True)
            for code in due_cohorts(now)
            if not _busy(code, now)
        ]
        course.failures = sum(end.is_failed() for end in ends)
    failures = [end.message or end.name for end in ends if end.is_failed()]
    return Failed(message="; ".join(map(str, failures))) if failures else f"{len(ends)} cohorts"
