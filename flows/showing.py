"""What a coordinator sees in Prefect: named runs, events, and each cohort's tables. Ids and codes only, no person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from prefect import task
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.events import emit_event

from actions.conclude import Conclusion
from actions.state import Standing, enrolled_in, standings
from models.session import Database
from programme.civil import civil_day
from runtime.language import _

EVENTS = {
    "entered": "mourafaka.stage.entered",
    "completed": "mourafaka.stage.completed",
    "late": "mourafaka.stage.late",
    "proposed": "mourafaka.decision.proposed",
    "decided": "mourafaka.decision.decided",
    "graduated": "mourafaka.enrolment.graduated",
    "ended": "mourafaka.enrolment.ended",
    "alerted": "mourafaka.alert.raised",
}
"""The Prefect event of each conclusion, for automations to hang on."""
LISTED = 200
"""The most rows of a cohort's table, a phase of the programme: thousands of rows cost more than their morning."""
MOVES = frozenset({"entered", "graduated", "ended"})
"""The conclusions that are worth a run of their own, besides their event."""


@task(task_run_name="{code}: {subject} {what}", persist_result=False)
def moved(code: str, subject: str, what: str) -> None:
    """Show that a cooperative moved on to a stage, or to its end, as a run of its own."""
    announce(code, subject, what)


def announce(code: str, subject: str, what: str) -> None:
    """Tell Prefect's automations of a conclusion."""
    emit_event(
        event=EVENTS[what.partition(" ")[0]],
        resource={"prefect.resource.id": f"mourafaka.enrolment.{code}", "prefect.resource.name": code},
        payload={"enrolment": code, "subject": subject, "what": what},
    )


class EnrolmentHeldBackError(RuntimeError):
    """What could not be done for one enrolment (or one step of it), while the others went on."""


@task(task_run_name="failed: {subject}", persist_result=False)
def failed(subject: str, reason: str) -> None:
    """Show what failed as a failed run with its reason."""
    raise EnrolmentHeldBackError(f"{subject}: {reason}")


def show(conclusions: Sequence[Conclusion], failures: Sequence[tuple[str, str]]) -> None:
    """Show a piece of work's conclusions and failures."""
    for conclusion in conclusions:
        how = moved if conclusion.what.partition(" ")[0] in MOVES else announce
        how(conclusion.enrolment, conclusion.subject, conclusion.what)
    for subject, reason in failures:
        failed(subject, reason, return_state=True)


def artifact_key(cohort: str, what: str) -> str:
    """Return an artifact's key: Prefect takes small letters, figures and dashes."""
    return f"{what}-{re.sub(r'[^a-z0-9]+', '-', cohort.lower()).strip('-')}"


def show_cohort(database: Database, cohort: str, now: datetime, touched: Sequence[int]) -> None:
    """Publish the cohort's table: cooperative, stage, next step, days late.

    Of a cohort of more than ``LISTED`` it shows those whom the morning was about, so many of them at most.
    """
    today = civil_day(now)
    with database.reading() as session:
        enrolled = enrolled_in(session, cohort)
        only = None if enrolled <= LISTED else touched[:LISTED]
        rows = standings(session, cohort, today, only=only)
    said = "" if only is None else f": {_of_many(cohort, len(rows), len(touched), enrolled)}"
    create_table_artifact(
        key=artifact_key(cohort, "cohort"),
        table=[_row(standing) for standing in rows],
        description=f"{cohort} – {today}{said}",
    )


def _of_many(cohort: str, shown: int, touched: int, enrolled: int) -> str:
    """Say how much a table leaves out, and where that is."""
    text = _("{shown} of {touched} cooperatives with something due today, of {enrolled} in all.")
    where = _("All of them: `mourafaka export FILE.xlsx --cohort {cohort}`")
    return f"{text.format(shown=shown, touched=touched, enrolled=enrolled)} {where.format(cohort=cohort)}"


def _row(standing: Standing) -> dict[str, object]:
    return {
        "enrolment": standing.code,
        "cooperative": standing.cooperative,
        "stage": standing.stage,
        "next step": standing.next_step,
        "due": standing.next_due_on.isoformat() if standing.next_due_on else "",
        "days late": standing.days_late,
    }


class Progress:
    """A progress artifact for a morning with several flows; one that a single flow makes needs none."""

    def __init__(self, cohort: str, works: int) -> None:
        self._cohort, self._works, self._done = cohort, works, 0
        self._id: UUID | None = None

    def step(self) -> None:
        """Show that one more flow is through."""
        self._done += 1
        percent = min(99.0, 100 * self._done / self._works)
        if self._id is not None:
            update_progress_artifact(artifact_id=self._id, progress=percent)
        elif self._done > 1:
            key = artifact_key(self._cohort, "progress")
            made = create_progress_artifact(progress=percent, key=key, description=self._cohort)
            self._id = cast("UUID", made)  # a flow that waits for nothing is given the id, never what would await it

    def end(self) -> None:
        """Show that the morning is over; a short one has shown nothing, and need not."""
        if self._id is not None:
            update_progress_artifact(artifact_id=self._id, progress=100)
