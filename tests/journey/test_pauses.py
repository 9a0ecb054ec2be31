"""A pause: nothing is sent, no step loses a working day, and the cooperative hears once that it goes on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.desk import open_desk
from actions.lookup import cohort_of_enrolment
from actions.pause import resume, suspend
from actions.reschedule import NewDate, reschedule
from models import ClosedWindow, Notice, Step, Suspension
from models.session import Database
from programme.errors import DateInFuture
from programme.pausing_errors import (
    EnrolmentSuspended,
    NotSuspended,
    PauseTooEarly,
    ResumedBeforePause,
    WhyNeeded,
)
from tests.journey.living import live, promised_since, send
from tests.moulds import built_once
from tests.world import (
    at,
    enrolment_row,
    morning,
    open_followed,
    passage_row,
    step_row,
    story,
    tick,
)

ONE = "SM-2027/001"
VISIT = "diagnosis.visit"
STARTED = ("start.contact", "start.convention", "start.data-protection")
MONDAY, WEDNESDAY = date(2027, 2, 1), date(2027, 2, 3)
BACK = date(2027, 3, 15)


def move(database: Database, step: str, to: date, on: date) -> None:
    """Give a step another date, as a person does."""
    with database.transaction() as session:
        enrolment = enrolment_row(session)
        cohort = cohort_of_enrolment(session, enrolment)
        desk = open_desk(session, cohort, [enrolment], now=at(on, 15))
        reschedule(desk, cohort, enrolment, step_row(session, step), NewDate(to, "moved", to))


def pause(database: Database, on: date, hour: int = 15) -> None:
    with database.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(on, hour))


def go_on(database: Database, on: date, hour: int = 10) -> None:
    with database.transaction() as session:
        resume(session, code=ONE, by="k1", now=at(on, hour))


@pytest.fixture
@built_once
def started(database: Database) -> Database:
    """One cooperative with a coach, its start behind it, its visit on Wednesday 3 February; lived to 1 February."""
    open_followed(database)
    move(database, VISIT, WEDNESDAY, date(2026, 12, 15))
    live(database, date(2027, 1, 4), date(2027, 1, 12))
    for step in STARTED:
        tick(database, step, date(2027, 1, 12))
    live(database, date(2027, 1, 13), MONDAY)
    return database


def test_step_keeps_its_remaining_working_days(started: Database) -> None:
    """The issue's example: due Wed 3 Feb, suspended Mon 1 Feb with 2 working days left, resumed Mon 15 Mar."""
    pause(started, MONDAY)
    with started.reading() as session:
        assert session.exec(select(Suspension)).one().remaining[VISIT] == 2
    assert live(started, date(2027, 2, 2), date(2027, 3, 14)) == []
    with started.reading() as session:
        assert promised_since(session, MONDAY, 12) == []
    go_on(started, BACK)
    with started.reading() as session:
        assert step_row(session, VISIT).due_on == date(2027, 3, 17)
        assert promised_since(session, BACK) == [
            ("-/resumed@2027-03-15/cooperative:SM-2027/001", "pending"),
            ("-/resumed@2027-03-15/coach:c1", "pending"),
        ]
    assert sorted(send(started, BACK, 11)) == ["c1@odco.example", "coop1@coop.example"]


def test_after_a_pause_nothing_stale_is_said(started: Database) -> None:
    pause(started, MONDAY)
    live(started, date(2027, 2, 2), date(2027, 3, 14))
    go_on(started, BACK)
    live(started, BACK, date(2027, 3, 18))
    with started.reading() as session:
        since = promised_since(session, BACK)
        rows = session.exec(select(Notice).where(Notice.promised_at >= at(BACK, 0), Notice.kind != "resumed"))
        assert [row.key for row in rows if row.due_on < BACK] == []
    assert [key for key, _ in since if "resumed" in key] == [
        "-/resumed@2027-03-15/cooperative:SM-2027/001",
        "-/resumed@2027-03-15/coach:c1",
    ]
    assert [(key, status) for key, status in since if key.startswith(VISIT)] == [
        ("diagnosis.visit/step_reminder-1@2027-03-17/coach:c1", "sent")
    ]
    assert {status for _, status in since} == {"sent"}


def test_resumption_names_the_next_step_of_each(started: Database) -> None:
    pause(started, MONDAY)
    go_on(started, BACK)
    with started.reading() as session:
        rows = session.exec(select(Notice).where(Notice.kind == "resumed").order_by(col(Notice.id))).all()
    assert [(row.facts["next"]["fr"], row.facts["due_on"], row.facts["at"]) for row in rows] == [
        ("Visite de diagnostic", "2027-03-17", "10:30"),
        ("Questionnaire de départ (M0)", "2027-03-15", None),
    ]


def test_what_has_not_left_is_taken_back_with_the_reason(database: Database) -> None:
    open_followed(database)
    morning(database, date(2027, 1, 4))
    pause(database, date(2027, 1, 4), 8)
    with database.reading() as session:
        rows = session.exec(select(Notice).where(col(Notice.enrolment_id).is_not(None))).all()
        assert {(row.status, row.reason) for row in rows} == {("cancelled", "enrolment suspended on 2027-01-04: flood")}
        assert "welcome" in {row.kind for row in rows}
    assert send(database, date(2027, 1, 4)) == []


def test_calls_are_closed_by_a_pause(database: Database) -> None:
    open_followed(database, without_email=(1,))
    pause(database, date(2026, 12, 15))
    with database.reading() as session:
        calls = session.exec(select(Step).where(Step.kind == "call")).all()
    assert [(call.status, call.remind_on) for call in calls] == [("not_required", None)]
    assert live(database, date(2026, 12, 16), date(2027, 3, 1), every=7) == []


def test_pause_and_resumption_on_one_day_lose_nothing(database: Database) -> None:
    open_followed(database)
    live(database, date(2027, 1, 4), date(2027, 1, 17))
    day = date(2027, 1, 18)
    morning(database, day)
    with database.reading() as session:
        before = {row.key: row.status for row in session.exec(select(Notice))}
        dates = {row.key: (row.due_on, row.status) for row in session.exec(select(Step))}
    pause(database, day, 8)
    go_on(database, day, 8)
    morning(database, day)
    with database.reading() as session:
        after = {row.key: row.status for row in session.exec(select(Notice)) if row.kind != "resumed"}
        assert {row.key: (row.due_on, row.status) for row in session.exec(select(Step))} == dates
    assert after == before
    assert "pending" in after.values()


def test_call_lives_again_when_resumed_on_the_same_day(database: Database) -> None:
    open_followed(database, without_email=(1,))
    pause(database, date(2026, 12, 15))
    go_on(database, date(2026, 12, 15), 16)
    with database.reading() as session:
        calls = session.exec(select(Step).where(Step.kind == "call").order_by(col(Step.id))).all()
    assert [(call.key.split("/")[1], call.status) for call in calls] == [
        ("welcome", "open"),
        ("resumed@2026-12-15", "open"),
    ]


def test_late_step_stays_as_late_and_is_not_chased_again(started: Database) -> None:
    """Due Wed 3 Feb, chased on Sat 6 (said on Fri 5): 3 working days late on Mon 8, and on Mon 15 Mar again."""
    live(started, date(2027, 2, 2), date(2027, 2, 8))
    pause(started, date(2027, 2, 8))
    go_on(started, BACK)
    live(started, BACK, date(2027, 3, 20))
    with started.reading() as session:
        assert step_row(session, VISIT).due_on == date(2027, 3, 8)
        visit = [key for key, _ in promised_since(session, BACK) if key.startswith(VISIT)]
    assert visit == ["diagnosis.visit/escalation+7@2027-03-08/coordinator:k1"]


def test_stages_keep_their_remaining_time(started: Database) -> None:
    with started.reading() as session:
        before = passage_row(session, "training")
    pause(started, MONDAY)
    go_on(started, BACK)
    with started.reading() as session:
        after = passage_row(session, "training")
        assert passage_row(session, "diagnosis").opens_on == date(2027, 1, 18)
        assert passage_row(session, "diagnosis").closes_on == date(2027, 5, 24)
    assert (before.opens_on, before.closes_on) == (date(2027, 4, 4), date(2027, 9, 4))
    assert (after.opens_on, after.closes_on) == (date(2027, 5, 16), date(2027, 10, 16))


def test_training_never_resumes_into_august(started: Database) -> None:
    pause(started, MONDAY)
    live(started, date(2027, 2, 2), date(2027, 6, 1), every=30)
    go_on(started, date(2027, 6, 1))
    with started.reading() as session:
        modules = session.exec(select(Step).where(Step.kind == "module")).all()
    assert [module.due_on for module in modules if module.due_on.month == 8] == []


def test_legal_duty_keeps_the_date_of_the_law(started: Database) -> None:
    with started.reading() as session:
        legal = {row.key: row.due_on for row in session.exec(select(Step).where(Step.origin == "legal"))}
    pause(started, MONDAY)
    go_on(started, BACK)
    with started.reading() as session:
        assert {row.key: row.due_on for row in session.exec(select(Step).where(Step.origin == "legal"))} == legal
    assert legal


def test_fact_is_refused_while_suspended(started: Database) -> None:
    pause(started, MONDAY)
    remedy = "SM-2027/001 is suspended since 2027-02-01: resume it first with `mourafaka resume SM-2027/001`"
    with pytest.raises(EnrolmentSuspended, match=remedy):
        tick(started, "diagnosis.swot", MONDAY)


def test_nothing_is_suspended_or_resumed_twice(started: Database) -> None:
    with pytest.raises(NotSuspended, match="SM-2027/001 is under way, not suspended"):
        go_on(started, MONDAY)
    pause(started, MONDAY)
    with pytest.raises(EnrolmentSuspended, match="is suspended since 2027-02-01"):
        pause(started, date(2027, 2, 2))
    go_on(started, BACK)
    with pytest.raises(NotSuspended):
        go_on(started, BACK)


def test_days_of_a_pause_make_sense(started: Database) -> None:
    with started.transaction() as session, pytest.raises(DateInFuture):
        suspend(session, code=ONE, reason="x", by="k1", now=at(MONDAY), on=date(2027, 2, 2))
    with started.transaction() as session, pytest.raises(WhyNeeded):
        suspend(session, code=ONE, reason=" ", by="k1", now=at(MONDAY))
    pause(started, MONDAY)
    with started.transaction() as session, pytest.raises(ResumedBeforePause):
        resume(session, code=ONE, by="k1", now=at(BACK), on=date(2027, 1, 31))
    go_on(started, BACK)
    with started.transaction() as session, pytest.raises(PauseTooEarly, match="resumed on 2027-03-15"):
        suspend(session, code=ONE, reason="x", by="k1", now=at(BACK), on=date(2027, 3, 1))


def test_history_tells_both(started: Database) -> None:
    pause(started, MONDAY)
    go_on(started, BACK)
    with started.reading() as session:
        assert story(session)[-2:] == [("k1", "suspended", ""), ("k1", "resumed", "")]


def test_meeting_never_resumes_into_a_harvest(started: Database) -> None:
    with started.transaction() as session:
        session.add(
            ClosedWindow(
                scope="cooperative",
                target=ONE,
                first_on=date(2027, 3, 16),
                last_on=date(2027, 3, 26),
                reason="harvest",
                entered_by="k1",
                entered_at=at(MONDAY),
            )
        )
    pause(started, MONDAY)
    go_on(started, BACK)
    with started.reading() as session:
        assert step_row(session, VISIT).due_on == date(2027, 3, 29)
        assert step_row(session, "diagnosis.swot").due_on == date(2027, 3, 22)
