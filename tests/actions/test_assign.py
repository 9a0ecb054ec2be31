"""Coaches and the enrolments they follow, each from a day on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.assign import assign_coach, assign_cohort
from actions.people import add_person
from models import CoachAssignment, Notice, Person, Step
from models.session import Database
from notifications.recipients import directory
from programme.errors import EnrolmentNotActive, NobodyEnrolled, NoCoach, NothingToEnrol, PersonUnknown
from tests.world import (
    CODE,
    NOW,
    assign_coaches,
    at,
    enrolment_row,
    open_enrolled,
    open_followed,
    open_world,
    step_row,
    story,
    tick,
)


def assign(database: Database, coach: str, on: date, *, rank: int = 1) -> None:
    with database.transaction() as session:
        assign_coach(session, code=f"{CODE}/{rank:03d}", coach=coach, by="k1", now=at(on))


def followed(database: Database) -> list[tuple[str, date, date | None]]:
    with database.reading() as session:
        rows = session.exec(
            select(Person.code, CoachAssignment.starts_on, CoachAssignment.ends_on)
            .join(CoachAssignment)
            .order_by(col(CoachAssignment.id))
        )
        return list(rows)


def test_coach_follows_from_today_and_the_step_is_done(database: Database) -> None:
    open_enrolled(database)
    assign(database, "c1", date(2027, 1, 4))
    with database.reading() as session:
        step = step_row(session, "start.coach")
        lines = story(session)[-2:]
    assert followed(database) == [("c1", date(2027, 1, 4), None)]
    assert (step.status, step.done_on) == ("done", date(2027, 1, 4))
    assert lines == [("k1", "coach assigned", "c1"), ("k1", "step done", "start.coach")]


def test_another_coach_takes_over_from_today(database: Database) -> None:
    open_enrolled(database, coaches=2)
    assign(database, "c1", date(2027, 1, 4))
    assign(database, "c2", date(2027, 3, 1))
    assert followed(database) == [
        ("c1", date(2027, 1, 4), date(2027, 2, 28)),
        ("c2", date(2027, 3, 1), None),
    ]
    with database.reading() as session:
        enrolment = enrolment_row(session)
        found = [
            directory(session, [enrolment], day).find("coach", enrolment)
            for day in (date(2027, 2, 28), date(2027, 3, 1))
        ]
    assert [one and one.code for one in found] == ["coach:c1", "coach:c2"]


def test_same_coach_again_changes_nothing(database: Database) -> None:
    open_enrolled(database)
    assign(database, "c1", date(2027, 1, 4))
    with database.reading() as session:
        before = story(session)
    assign(database, "c1", date(2027, 3, 1))
    with database.reading() as session:
        assert story(session) == before
    assert followed(database) == [("c1", date(2027, 1, 4), None)]


def test_step_that_is_done_already_is_left_alone(database: Database) -> None:
    open_enrolled(database)
    tick(database, "start.coach", date(2027, 1, 4))
    assign(database, "c1", date(2027, 1, 5))
    with database.reading() as session:
        assert step_row(session, "start.coach").done_on == date(2027, 1, 4)


def test_nobody_is_refused_as_a_coach(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(PersonUnknown, match="nobody with the code c9"):
        assign(database, "c9", date(2027, 1, 4))


def test_enrolment_that_has_not_begun_has_no_coach(database: Database) -> None:
    open_world(database, cooperatives=1)
    with pytest.raises(EnrolmentNotActive):
        assign(database, "c1", date(2027, 1, 4))
    assert followed(database) == []


def test_cohort_is_shared_out_evenly(database: Database) -> None:
    open_followed(database, cooperatives=5, coaches=2)
    assert [coach for coach, _, _ in followed(database)] == ["c1", "c1", "c1", "c2", "c2"]


def test_cohort_is_shared_out_evenly_in_each_delegation(database: Database) -> None:
    open_enrolled(database, cooperatives=8, coaches=2)
    with database.transaction() as session:
        for rank in range(5, 9):
            enrolment_row(session, rank).delegation = "meknes"
        for code in ("m1", "m2"):
            add_person(session, code=code, name=code, role="coach", now=NOW, delegation="meknes")
    assign_coaches(database)
    assert [coach for coach, _, _ in followed(database)] == ["c1", "c1", "c2", "c2", "m1", "m1", "m2", "m2"]


def test_cohort_is_shared_out_once(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        counts = [assign_cohort(session, code=CODE, by="k1", now=NOW) for _ in range(2)]
    assert counts == [2, 0]


def test_cohort_of_a_delegation_without_a_coach_is_refused_as_a_whole(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        enrolment_row(session, 2).delegation = "meknes"
    with pytest.raises(NoCoach, match="meknes has no coach on 2026-12-14"):
        assign_coaches(database)
    assert followed(database) == []


def test_first_coach_is_named_in_what_has_not_left_and_makes_the_calls(database: Database) -> None:
    open_enrolled(database, cooperatives=2, without_email=(2,))
    with database.reading() as session:
        stood_in = [row for row in session.exec(select(Notice).order_by(Notice.key)) if row.kind in {"welcome", "call"}]
    assert {row.facts["contact_name"] for row in stood_in if row.kind == "welcome"} == {"Coordination"}
    assert [row.recipient for row in stood_in if row.kind == "call"] == ["coordinator:k1"]
    assign_coaches(database)
    with database.reading() as session:
        [welcome] = session.exec(select(Notice).where(Notice.kind == "welcome", Notice.channel == "email")).all()
        calls = session.exec(select(Notice).where(Notice.kind == "call").order_by(Notice.recipient)).all()
        step = session.exec(select(Step).where(Step.kind == "call", Step.status == "open")).one()
    assert (welcome.facts["contact_name"], welcome.facts["contact_phone"]) == ("Accompagnement 1", "+212528000011")
    assert [(row.recipient, row.status, row.reason) for row in calls] == [
        ("coach:c1", "pending", ""),
        ("coordinator:k1", "cancelled", "a coach follows it now"),
    ]
    assert (step.owner, step.id) == ("coach", calls[0].step_id)


def test_second_coach_is_no_first_one(database: Database) -> None:
    open_enrolled(database, coaches=2)
    assign(database, "c1", date(2027, 1, 4))
    assign(database, "c2", date(2027, 1, 5))
    with database.reading() as session:
        reasons = session.exec(select(Notice.reason).where(Notice.status == "cancelled")).all()
    assert "a coach follows it now" not in reasons


def test_assign_before_enrol_says_what_comes_first(database: Database) -> None:
    open_world(database)
    with (
        database.transaction() as session,
        pytest.raises(NobodyEnrolled, match=r"run `mourafaka enrol --cohort SM-2027`"),
    ):
        assign_cohort(session, code="SM-2027", by="k1", now=NOW)


def test_assign_in_a_cohort_without_anybody_says_what_comes_first(database: Database) -> None:
    open_world(database, cooperatives=0)
    with database.transaction() as session, pytest.raises(NothingToEnrol, match=r"import a list first"):
        assign_cohort(session, code="SM-2027", by="k1", now=NOW)
