"""The flow that takes a cohort to another version, on the real engine: shows first, applies what was approved, once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import func, select

from actions.cohorts import cohort_of
from actions.migration_plan import plan_cohort
from actions.programmes import definition_of
from models import History
from runtime.house import House
from tests.journey.test_versions import publish_second
from tests.world import CODE, enrolment_row, open_enrolled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


def run(**words: Any) -> Any:
    from flows.migrate import migrate_definition

    return migrate_definition(CODE, return_state=True, **words)


def versions(house: House) -> list[int]:
    with house.database.reading() as session:
        owners = [enrolment_row(session, 1), enrolment_row(session, 2), cohort_of(session, CODE)]
        return [definition_of(session, owner).version for owner in owners]


def test_flow_shows_the_plan_and_applies_the_approved_one_once(house: House) -> None:
    open_enrolled(house.database, cooperatives=2)
    publish_second(house.database)
    with house.database.reading() as session:
        digest = plan_cohort(session, cohort=CODE, now=house.clock.now()).digest
    shown = run()
    assert (shown.type, shown.result()) == ("COMPLETED", f"nothing changed; approve {digest} to apply it")
    assert versions(house) == [1, 1, 1]
    applied = run(approve=digest)
    assert (applied.type, applied.result()) == ("COMPLETED", "2 enrolments are on version 2 now")
    assert versions(house) == [2, 2, 2]
    again = run(approve=digest)
    assert again.result() == "0 enrolments are on version 2 now"
    with house.database.reading() as session:
        lines = session.exec(select(func.count()).select_from(History).where(History.verb == "migrated")).one()
    assert lines == 2


def test_flow_refuses_another_plan_than_the_approved_one(house: House) -> None:
    open_enrolled(house.database, cooperatives=2)
    publish_second(house.database)
    assert run(approve="00000000").type == "FAILED"
    assert versions(house) == [1, 1, 1]
