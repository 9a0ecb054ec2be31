"""The flow that takes a cohort to another version of the programme: shows the plan, and applies the approved one."""

from __future__ import annotations

from typing import Any

from prefect import State, flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.states import Failed

from actions.migrate import Turned, migrate_some, refuse_unapproved
from actions.migrate import follow as follow_version
from actions.migration_plan import CohortPlan, chosen_of, plan_cohort
from flows.pieces import RETRIES, RETRY_SECONDS, slices
from flows.presence import present
from flows.results import NOWHERE
from flows.showing import artifact_key
from programme.migration import Choice
from runtime import house

BY = "migrate-definition"


@task(
    task_run_name="migrate {count} cooperatives",
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
)
def turn(ids: list[int], count: int, version_id: int, choices: dict[str, Choice]) -> Turned:
    """Take some enrolments to the version, each in a transaction of its own."""
    del count
    here = house.current()
    return migrate_some(here.database, ids, version_id=version_id, choices=choices, by=BY, now=here.clock.now())


@task(task_run_name="{cohort} follows", persist_result=False)
def follow(cohort: str, version_id: int) -> None:
    """Have the cohort's next enrolments begin on the version."""
    with house.current().database.transaction() as session:
        follow_version(session, cohort=cohort, version_id=version_id)


@flow(
    name="migrate-definition",
    flow_run_name="migrate-definition · {cohort}",
    persist_result=False,
    result_storage=NOWHERE,
)
@present
def migrate_definition(
    cohort: str,
    to: int | None = None,
    approve: str | None = None,
    skip: list[str] | None = None,
    schedule: list[str] | None = None,
) -> State[Any] | str:
    """Show what a version would change for a cohort; with the plan's digest approved, apply it."""
    here = house.current()
    with here.database.reading() as session:
        choices = chosen_of(skip or [], schedule or [])
        plan = plan_cohort(session, cohort=cohort, now=here.clock.now(), to=to, choices=choices)
    _show(plan)
    if approve is None:
        return f"nothing changed; approve {plan.digest} to apply it"
    refuse_unapproved(plan, approve)
    ids = [one.enrolment.id for one in plan.plans if one.enrolment.id is not None]
    parts = [turn(part, len(part), plan.version_id, dict(plan.choices)) for part in slices(ids)]
    failures = [failure for part in parts for failure in part.failures]
    if failures:
        return Failed(message=f"{len(failures)} enrolments failed, the others went on: {failures[0][1]}")
    follow(cohort, plan.version_id)
    return f"{sum(len(part.codes) for part in parts)} enrolments are on version {plan.version} now"


def _show(plan: CohortPlan) -> None:
    """Keep the plan in words with the run: figures and keys only, no person."""
    words = "\n".join(f"- {one.say()}" for one in plan.sums()) or "- nothing to change"
    create_markdown_artifact(
        key=artifact_key(plan.cohort, "migration"),
        markdown=f"Version {plan.version}, digest `{plan.digest}`\n\n{words}\n",
    )
