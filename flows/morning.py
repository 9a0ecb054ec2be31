"""The morning of a cohort: its stages, checkpoints, alerts and reminders, each started only when it has work."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Any, cast

from prefect import Flow, State, flow
from prefect.runtime import flow_run
from prefect.states import Failed

from actions import morning as work
from actions.due import cohorts_due
from actions.mornings import own
from actions.touched import Touched
from flows import pieces
from flows.pools import hand_out
from flows.presence import held, present
from flows.results import NOWHERE
from flows.sharing import STAGE, Sharing
from flows.showing import Progress, show_cohort
from models import Cohort
from programme.civil import civil_day
from runtime import house
from runtime.liveness import is_dead, this_process
from runtime.rounds import kept_morning, kept_round

COHORT = "morning/cohort"
"""The deployment that does one cohort's morning on a pool: the flow's name and its own, as in prefect.yaml."""


@flow(name="morning", flow_run_name="morning · {cohort} · {day}", persist_result=False, result_storage=NOWHERE)
@present
def morning(cohort: str, day: str, at: str | None = None, share: int = 0) -> State[Any] | str:
    """Do everything that is due today for a cohort; done late, twice or by two at once, it does nothing twice.

    On a pool, what is more than ``share`` ids of a kind goes to other workers, so many to each.
    """
    here = house.current()
    now = datetime.fromisoformat(at) if at else here.clock.now()
    touched = Touched()
    with held(own(cohort)), kept_morning(here, own(cohort), now) as course:
        ends = _all(Sharing(cohort, day, now.isoformat(), share), now, touched)
        course.failures = sum(end.is_failed() for end in ends)
        course.broke = any(end.is_failed() and end.name != pieces.HELD_BACK for end in ends)
    show_cohort(here.database, cohort, now, touched.enrolments)
    failures = [end.message or end.name for end in ends if end.is_failed()]
    return Failed(message="; ".join(map(str, failures))) if failures else f"{len(ends)} flows"


def _all(shared: Sharing, now: datetime, touched: Touched) -> list[State[Any]]:
    """Run each flow that has work, in the programme's order; what is due is asked anew before each."""
    cohort, day, at = shared.cohort, shared.day, shared.at
    database, row = house.current().database, pieces.read(cohort)
    progress = Progress(cohort, len(pieces.STAGES) + 3)
    ends: list[State[Any]] = []
    for stage, ids in work.stages_to_conclude(database, row, now):
        touched.add(ids)
        if rest := shared.rest(STAGE + stage, ids, ends):
            ends.append(end_of(pieces.stage_flow(stage), cohort, day, rest, at))
        progress.step()
    with database.reading() as session:
        due = work.what_is_due(session, row, now)
        touched.add_due(session, due)
    evaluations = shared.rest("evaluations", due.evaluations, ends)
    decisions = shared.rest("decisions", due.decisions, ends)
    if evaluations or decisions:
        ends.append(end_of(pieces.checkpoints, cohort, day, evaluations, decisions, at))
        progress.step()
    if alerts := shared.rest("alerts", due.alerts, ends):
        ends.append(end_of(pieces.alerts, cohort, day, alerts, at))
        progress.step()
    if due.reminders and _reminders_left(shared, row, now, ends):
        ends.append(end_of(pieces.reminders, cohort, day, at))
        progress.step()
    progress.end()
    return ends


def _reminders_left(shared: Sharing, row: Cohort, now: datetime, ends: list[State[Any]]) -> bool:
    """Tell whether reminders are to be done here; only where others may do them is it asked which."""
    if not shared.size:
        return True
    ids = chain.from_iterable(work.reminder_chunks(house.current().database, row, now))
    return bool(shared.rest("reminders", list(ids), ends))


def end_of(run: Flow[..., Any], *arguments: object) -> State[Any]:
    """Run a sub-flow and return how it ended: one that fails holds back none of the others."""
    return cast("State[Any]", run(*arguments, return_state=True))


def due_cohorts(now: datetime) -> list[str]:
    """Return the open cohorts in which anything is due; the others need no run."""
    with house.current().database.reading() as session:
        return [one.code for one in cohorts_due(session, now)]


def _alone(**part: Any) -> State[Any]:
    return cast("State[Any]", morning(**part, return_state=True))


def _busy(code: str) -> bool:
    here = house.current()
    with here.database.reading() as session:
        return work.is_busy(session, own(code), holder=this_process(), now=here.clock.now(), is_dead=is_dead)


def _named_by_day() -> str:
    """Return a run's name: the day that it was asked for, or the one it is, for a schedule names none."""
    return f"mornings · {flow_run.parameters.get('day') or house.current().clock.today().isoformat()}"


@flow(name="mornings", flow_run_name=_named_by_day, persist_result=False, result_storage=NOWHERE)
@present
def mornings(day: str | None = None, at: str | None = None, share: int = 0) -> State[Any] | str:
    """The mornings of all open cohorts in which anything is due; what the schedule starts.

    A cohort whose morning is under way is passed by: after an outage several hours start at once.
    With ``share`` each is a run on a pool, and a large one is shared there, so many ids to a piece.
    """
    here = house.current()
    now = datetime.fromisoformat(at) if at else here.clock.now()
    today = day or civil_day(now).isoformat()
    with kept_round(here, now) as course:
        parts = [
            {"cohort": code, "day": today, "at": now.isoformat(), "share": share}
            for code in due_cohorts(now)
            if not _busy(code)
        ]
        ends = hand_out(COHORT, parts, _alone) if share else [_alone(**part) for part in parts]
        course.failures = sum(end.is_failed() for end in ends)
    failures = [end.message or end.name for end in ends if end.is_failed()]
    return Failed(message="; ".join(map(str, failures))) if failures else f"{len(ends)} cohorts"
