"""Rounds through the real engine are written down: whole, with some held back, and broken off."""

from __future__ import annotations

import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from actions.mornings import ROUND, own
from models import Cohort, Enrolment, MorningRun, Notice, ProgrammeVersion
from runtime.house import House
from tests.world import CODE, NOW, at, open_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


def enrolled(house: House) -> House:
    open_world(house.database, cooperatives=2)
    with house.database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    return house


def kept(house: House) -> list[tuple[str, str, int, bool]]:
    with house.database.reading() as session:
        rows = session.exec(select(MorningRun))
        return sorted((row.name, row.outcome, row.failures, row.finished_at is not None) for row in rows)


def test_run_day_and_the_schedule_keep_the_same(house: House) -> None:
    from flows.morning import mornings
    from flows.run_day import run_day

    enrolled(house)
    run_day()
    whole = [(own(CODE), "done", 0, True), (ROUND, "done", 0, True)]
    assert kept(house) == whole
    with house.database.transaction() as session:
        for row in session.exec(select(MorningRun)):
            session.delete(row)
    assert mornings() == "0 cohorts"
    assert kept(house) == whole[1:]


def spoil(house: House, code: str, owner: type[Cohort | Enrolment] = Enrolment) -> None:
    """Pin an enrolment (or a cohort) to a version whose text cannot be read any more."""
    with house.database.transaction() as session:
        found = session.exec(select(ProgrammeVersion)).one()
        spoilt = ProgrammeVersion(**found.model_dump(exclude={"id"}))
        spoilt.version, spoilt.content_hash, spoilt.body = 99, "spoilt", "programme: ["
        session.add(spoilt)
        session.flush()
        assert spoilt.id is not None
        session.exec(select(owner).where(owner.code == code)).one().programme_version_id = spoilt.id


def test_some_who_are_held_back_break_no_morning(house: House) -> None:
    from flows.run_day import run_day

    spoil(enrolled(house), f"{CODE}/002")
    assert len(run_day().failures) == 1
    assert kept(house) == [(own(CODE), "failed", 2, True), (ROUND, "failed", 1, True)]


def test_a_cohort_that_cannot_be_read_breaks_its_morning_and_not_the_round(house: House) -> None:
    from flows.morning import mornings

    spoil(enrolled(house), CODE, Cohort)
    assert mornings(return_state=True).is_failed()
    assert kept(house) == [(own(CODE), "failed", 1, False), (ROUND, "failed", 1, True)]


def test_a_delivery_tells_of_a_morning_that_did_not_happen(house: House) -> None:
    from flows.delivery import delivery

    enrolled(house)
    monday, day = house.clock.today(), "2027-01-05"
    with house.database.transaction() as session:
        session.add(
            MorningRun(name=ROUND, day=monday, began_at=at(monday), ended_at=at(monday), finished_at=at(monday))
        )
    house.clock.move_to(at(monday.replace(day=5), 10))
    verdicts = delivery(at=day)
    with house.database.reading() as session:
        alerts = session.exec(select(Notice.key, Notice.status).where(Notice.kind == "alert")).all()
    assert alerts == [("mornings/2027-01-04/alert/coordinator:k1", "sent")]
    assert verdicts["accepted"] >= 1
