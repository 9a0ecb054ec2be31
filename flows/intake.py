"""The intake flow: a list that was put down on the server, taken into a cohort and enrolled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import State, flow, task
from prefect.states import Failed

from actions.enrol import enrol_cohort
from actions.intake import take_in
from actions.spreadsheet import read_table
from flows.presence import present
from flows.results import NOWHERE
from runtime import house

BY = "intake"


@task(task_run_name="read {name}", persist_result=False)
def take(name: str, path: str, cohort: str) -> dict[str, Any]:
    """Check the list and store it, all or nothing; return the report without anybody's data."""
    here = house.current()
    with here.database.transaction() as session:
        report = take_in(session, table=read_table(Path(path)), code=cohort, by=BY, now=here.clock.now())
    problems = [{"row": item.row, "column": item.column} for item in report.problems]
    return {"file": name, "status": report.status, "stored": report.stored, "known": report.known, "problems": problems}


@task(task_run_name="enrol {cohort}", persist_result=False)
def enrol(cohort: str) -> int:
    """Write the dated plans; return how many cooperatives were enrolled."""
    here = house.current()
    with here.database.transaction() as session:
        return len(enrol_cohort(session, code=cohort, by=BY, now=here.clock.now()))


@flow(name="intake", flow_run_name="intake · {cohort}", persist_result=False, result_storage=NOWHERE)
@present
def intake(path: str, cohort: str) -> State[Any] | dict[str, Any]:
    """Take a list into a cohort and enrol its cooperatives; a rejected list stores nothing and fails the run."""
    report = take(Path(path).name, path, cohort)
    if report["status"] == "rejected":
        rows = sorted({item["row"] for item in report["problems"]})
        return Failed(message=f"{report['file']} was rejected: rows {rows[:20]}; run `mourafaka import` to read why")
    return {**report, "enrolled": enrol(cohort)}
