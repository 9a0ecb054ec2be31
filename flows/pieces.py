"""The flows that a morning is made of: one for each stage, checkpoints, alerts and reminders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from prefect import Flow, State, flow, task
from prefect.states import Failed
from prefect.utilities.annotations import quote

from actions import morning as work
from actions.cohorts import cohort_of
from actions.morning import CHUNK, REMINDED_BY_A_TASK, Done
from flows.results import NOWHERE
from flows.showing import show
from models import Cohort
from runtime import house

RETRIES = 3
RETRY_SECONDS = [1.0, 5.0, 20.0]
"""For a busy database: the work is idempotent, so that trying it again is safe."""
HELD_BACK = "Held back"
"""The name of the failed state of a flow that came to everybody and could not help some."""

STAGES = ("start", "diagnosis", "training", "coaching", "closing")


def read(code: str) -> Cohort:
    """Return a cohort by its code."""
    with house.current().database.reading() as session:
        return cohort_of(session, code)


def slices(ids: Sequence[int], size: int = CHUNK) -> Iterator[list[int]]:
    """Yield some hundred ids at a time: a task run costs more than the work on one cooperative."""
    for first in range(0, len(ids), size):
        yield list(ids[first : first + size])


def as_one(ids: list[int]) -> Any:
    """Return ids as one value for a task: Prefect looks at each thing in a list for what the task might depend on."""
    return quote(ids)


@task(
    task_run_name="{stage}: {count} cooperatives",
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
)
def conclude(cohort: str, stage: str, ids: list[int], count: int, at: str) -> Done:
    """Draw a stage's conclusions for a chunk of enrolments."""
    del count
    return work.stage_work(house.current().database, read(cohort), stage, ids, datetime.fromisoformat(at))


@task(
    task_run_name="propose {count} decisions", persist_result=False, retries=RETRIES, retry_delay_seconds=RETRY_SECONDS
)
def propose(ids: list[int], count: int, at: str) -> Done:
    """Propose decisions on a chunk of evaluations."""
    del count
    return work.checkpoint_work(house.current().database, ids, datetime.fromisoformat(at))


@task(
    task_run_name="announce {count} decisions", persist_result=False, retries=RETRIES, retry_delay_seconds=RETRY_SECONDS
)
def announce(ids: list[int], count: int, at: str) -> Done:
    """Show a chunk of signed decisions."""
    del count
    return work.announcement_work(house.current().database, ids, datetime.fromisoformat(at))


@task(
    task_run_name="look at {count} enrolments",
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
)
def look(ids: list[int], count: int, at: str) -> Done:
    """Raise what is amiss with a chunk of enrolments."""
    del count
    return work.alert_work(house.current().database, ids, datetime.fromisoformat(at))


@task(task_run_name="remind of {count} steps", persist_result=False, retries=RETRIES, retry_delay_seconds=RETRY_SECONDS)
def remind(cohort: str, ids: list[int], count: int, at: str) -> Done:
    """Promise the reminders of a chunk of steps."""
    del count
    return work.reminder_work(house.current().database, read(cohort), ids, datetime.fromisoformat(at))


def outcome(parts: Sequence[Done], what: str) -> State[Any] | str:
    """Show what was done, and return the run's end: failed when somebody was held back, with who and why."""
    conclusions = [conclusion for part in parts for conclusion in part.conclusions]
    failures = [failure for part in parts for failure in part.failures]
    show(conclusions, failures)
    if failures:
        return Failed(
            name=HELD_BACK,
            message=f"{len(failures)} of {what} failed, the others went on: {failures[0][0]}: {failures[0][1]}",
        )
    return f"{len(conclusions)} conclusions, {sum(part.promised for part in parts)} notices promised"


@cache
def stage_flow(stage: str) -> Flow[..., Any]:
    """Return the flow of a stage: of one of ours, or of one that a published definition brings."""

    @flow(name=stage, flow_run_name=f"{stage} · {{cohort}} · {{day}}", persist_result=False, result_storage=NOWHERE)
    def run(cohort: str, day: str, ids: list[int], at: str) -> State[Any] | str:
        """Everything of this stage that is due today."""
        del day
        return outcome([conclude(cohort, stage, as_one(part), len(part), at) for part in slices(ids)], stage)

    return run


start, diagnosis, training, coaching, closing = (stage_flow(stage) for stage in STAGES)


@flow(name="checkpoints", flow_run_name="checkpoints · {cohort} · {day}", persist_result=False, result_storage=NOWHERE)
def checkpoints(cohort: str, day: str, evaluations: list[int], decisions: list[int], at: str) -> State[Any] | str:
    """Proposals on what was evaluated, and the signed decisions that nobody has seen yet."""
    del cohort, day
    parts = [propose(as_one(part), len(part), at) for part in slices(evaluations)]
    return outcome(parts + [announce(as_one(part), len(part), at) for part in slices(decisions)], "checkpoints")


@flow(name="alerts", flow_run_name="alerts · {cohort} · {day}", persist_result=False, result_storage=NOWHERE)
def alerts(cohort: str, day: str, ids: list[int], at: str) -> State[Any] | str:
    """What is amiss and nobody was told of: sessions missed, silence, checkpoints past their window, long pauses."""
    del cohort, day
    return outcome([look(as_one(part), len(part), at) for part in slices(ids)], "alerts")


@flow(name="reminders", flow_run_name="reminders · {cohort} · {day}", persist_result=False, result_storage=NOWHERE)
def reminders(cohort: str, day: str, at: str) -> State[Any] | str:
    """Every reminder that is due today, some thousand steps a task."""
    del day
    moment = datetime.fromisoformat(at)
    parts = work.reminder_chunks(house.current().database, read(cohort), moment, REMINDED_BY_A_TASK)
    return outcome([remind(cohort, as_one(part), len(part), at) for part in parts], "reminders")
