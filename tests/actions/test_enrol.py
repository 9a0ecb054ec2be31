"""From selected cooperatives to whole dated plans, each welcomed once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, func, select

from actions.cohorts import close_cohort, open_cohort
from actions.enrol import enrol_cohort
from actions.programmes import definition_of, publish
from models import Cohort, Enrolment, Notice, Passage, Step
from models.session import Database
from programme.definition_file import shipped_text
from programme.errors import CohortClosed, NothingToEnrol
from tests.world import (
    CODE,
    NOW,
    START,
    add_cooperative,
    at,
    enrolment_row,
    morning,
    notice_row,
    open_enrolled,
    open_followed,
    open_world,
    passage_row,
    step_row,
    story,
    told,
)

WELCOME = "-/welcome/cooperative:SM-2027"


def enrol(database: Database, now: datetime = NOW) -> list[str]:
    with database.transaction() as session:
        return [row.code for row in enrol_cohort(session, code=CODE, by="k1", now=now)]


def counts(database: Database) -> list[int]:
    with database.reading() as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in (Step, Passage, Notice)]


def test_enrol_writes_the_whole_plan(database: Database) -> None:
    open_world(database, cooperatives=1)
    assert enrol(database) == ["SM-2027/001"]
    with database.reading() as session:
        enrolment = enrolment_row(session)
        stages = dict(session.exec(select(Step.stage, func.count()).group_by(Step.stage)).all())
        visit, session_12 = step_row(session, "diagnosis.visit"), step_row(session, "coaching.session-12")
    assert (enrolment.status, enrolment.start_on) == ("active", date(2027, 1, 4))
    assert stages == {"start": 4, "diagnosis": 10, "training": 4, "coaching": 30, "closing": 4, "legal": 10}
    assert (visit.nominal_on, visit.due_on, visit.at, visit.minutes) == (
        date(2027, 1, 25),
        date(2027, 1, 25),
        "10:30",
        80,
    )
    assert (session_12.due_on, session_12.number, session_12.status) == (date(2028, 9, 25), 12, "open")


def test_enrol_writes_the_windows_of_the_stages(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        windows = [
            (row.stage, row.opens_on, row.closes_on, row.wake_on, row.entered_on)
            for row in session.exec(select(Passage).order_by(Passage.opens_on, Passage.stage))
        ]
    assert windows == [
        ("start", date(2027, 1, 4), date(2027, 2, 1), date(2027, 1, 4), None),
        ("diagnosis", date(2027, 1, 18), date(2027, 4, 12), date(2027, 1, 18), None),
        ("coaching", date(2027, 4, 4), date(2028, 12, 4), date(2027, 4, 4), None),
        ("training", date(2027, 4, 4), date(2027, 9, 4), date(2027, 4, 4), None),
        ("closing", date(2028, 12, 4), date(2029, 2, 1), date(2028, 12, 4), None),
    ]


def test_enrol_twice_changes_nothing(database: Database) -> None:
    open_world(database, cooperatives=2, without_email=(2,))
    enrol(database)
    before = counts(database)
    assert enrol(database) == []
    assert counts(database) == before


def test_enrol_takes_in_those_who_came_later_and_leaves_the_others(database: Database) -> None:
    open_world(database, cooperatives=1)
    enrol(database)
    with database.transaction() as session:
        add_cooperative(session, session.exec(select(Cohort)).one(), 2, email="coop2@coop.example")
    assert enrol(database) == ["SM-2027/002"]


def test_enrol_is_told_in_the_history(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        assert story(session) == [("k1", "enrolled", "SM-2027")]


def test_enrolment_is_pinned_to_its_cohorts_version(database: Database) -> None:
    open_enrolled(database)
    second = shipped_text().replace("version: 1\n", "version: 2\n", 1)
    with database.transaction() as session:
        published = publish(session, second, by="k1", now=NOW)
        later = open_cohort(session, code="SM-2028", start_on=date(2028, 1, 3), by="k1", now=NOW)
        assert (published.version, later.programme_version_id) == (2, published.id)
    assert enrol(database) == []
    with database.reading() as session:
        assert definition_of(session, enrolment_row(session)).version == 1


def test_welcome_is_promised_for_the_start_at_nine(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        welcome = notice_row(session, f"SM-2027/001/{WELCOME}/001")
    assert (welcome.channel, welcome.status, welcome.address) == ("email", "pending", "coop1@coop.example")
    assert (welcome.due_on, welcome.send_at) == (START, datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert (welcome.facts["start_on"], welcome.facts["end_on"]) == ("2027-01-04", "2029-01-03")


def test_welcome_after_the_start_is_promised_for_now(database: Database) -> None:
    open_world(database, cooperatives=1)
    enrol(database, at(date(2027, 1, 20), 10))
    with database.reading() as session:
        welcome = notice_row(session, f"SM-2027/001/{WELCOME}/001")
    assert (welcome.due_on, welcome.send_at) == (date(2027, 1, 20), datetime(2027, 1, 20, 10, tzinfo=UTC))


def test_welcome_without_an_address_is_a_call_in_the_coordinators_message_of_the_day(database: Database) -> None:
    open_enrolled(database, without_email=(1,))
    key = f"call.{WELCOME}/001"
    with database.reading() as session:
        call = step_row(session, key)
        welcome = notice_row(session, f"SM-2027/001/{WELCOME}/001")
        line = notice_row(session, f"SM-2027/001/{key}/call/coordinator:k1")
        digest = notice_row(session, "digest/coordinator:k1/2027-01-04")
    assert (call.kind, call.origin, call.owner, call.due_on, call.status) == (
        "call",
        "call",
        "coordinator",
        START,
        "open",
    )
    assert (welcome.channel, welcome.status, welcome.message_id) == ("call", "pending", None)
    assert (line.channel, line.status, line.digest_id) == ("digest", "pending", digest.id)
    assert (line.facts["cooperative_phone"], line.facts["script"]) == ("+212528001001", welcome.facts["script"])
    assert (digest.address, digest.send_at) == ("k1@odco.example", datetime(2027, 1, 4, 9, tzinfo=UTC))


def test_call_of_a_cooperative_that_has_a_coach_is_the_coachs(database: Database) -> None:
    open_followed(database, without_email=(1,))
    morning(database, date(2027, 3, 15))
    with database.reading() as session:
        call = session.exec(
            select(Step).where(Step.origin == "call", col(Step.key).contains("diagnosis.plan-adoption"))
        ).one()
        lines = told(session, call.key)
    assert call.owner == "coach"
    assert lines == [("coach:c1 call", "pending", "")]


def test_nobody_is_reminded_before_the_start(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        first = session.exec(select(func.min(Step.remind_on))).one()
    assert first == START


def test_nobody_is_reminded_of_what_was_over_when_the_plan_was_written(database: Database) -> None:
    open_world(database, cooperatives=1)
    enrol(database, at(date(2027, 1, 20), 10))
    with database.reading() as session:
        first = session.exec(select(func.min(Step.remind_on))).one()
        coach = step_row(session, "start.coach")
    assert first == date(2027, 1, 21)
    assert (coach.due_on, coach.remind_on) == (date(2027, 1, 12), date(2027, 2, 2))


def test_nothing_to_enrol_is_refused(database: Database) -> None:
    open_world(database, cooperatives=0)
    with pytest.raises(NothingToEnrol, match="Cohort SM-2027 has no cooperative"):
        enrol(database)


def test_enrol_in_a_closed_cohort_is_refused(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        close_cohort(session, code=CODE)
    with pytest.raises(CohortClosed):
        enrol(database)
    with database.reading() as session:
        assert session.exec(select(Enrolment.status)).one() == "selected"


def test_passage_of_each_stage_is_of_the_enrolment(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.reading() as session:
        ids = [passage_row(session, "training", rank=rank).enrolment_id for rank in (1, 2)]
    assert ids == [1, 2]
