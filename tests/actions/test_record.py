"""Facts as people record them, and what each one brings about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from actions.measure import record_evaluation
from actions.record import complete_step, record_attendance, report_session
from models import Attendance, Evaluation, Notice, SessionReport, Step
from models.session import Database
from programme.dates_errors import DayTooEarly
from programme.errors import (
    DateInFuture,
    EnrolmentNotActive,
    EnrolmentUnknown,
    Refusal,
    StepClosed,
    StepUnknown,
    WrongVerb,
)
from tests.world import (
    all_answers,
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
    tick,
    told,
)

ONE = "SM-2027/001"
JANUARY_20 = date(2027, 1, 20)
APRIL_5 = date(2027, 4, 5)


def attend(database: Database, step: str, presence: dict[str, bool], on: date, code: str = ONE) -> None:
    with database.transaction() as session:
        record_attendance(session, code=code, step=step, presence=presence, on=on, by="k1", now=at(on, 15))


def report(database: Database, step: str, on: date, *, held: bool = True) -> None:
    with database.transaction() as session:
        report_session(session, code=ONE, step=step, held=held, on=on, by="c1", now=at(on, 15), summary="vu")


def verb_on(
    session: Session,
    verb: str,
    step: str,
    on: date,
    code: str = ONE,
    *,
    early: bool = True,
    said_on: date = JANUARY_20,
) -> None:
    """Record a fact about a step on 2027-01-20, with one of the verbs; whatever its stage's window."""
    common: dict[str, Any] = {"code": code, "on": on, "by": "c1", "now": at(said_on, 15), "early": early}
    if verb == "attendance":
        record_attendance(session, step=step, presence={"présidente": True}, **common)
    elif verb == "session":
        report_session(session, step=step, held=True, **common)
    elif verb == "evaluate":
        record_evaluation(session, checkpoint=step, answers=all_answers(3), **common)
    else:
        complete_step(session, step=step, **common)


def test_step_is_done_on_its_day_by_its_author(database: Database) -> None:
    open_enrolled(database)
    tick(database, "diagnosis.visit", JANUARY_20)
    with database.reading() as session:
        row = step_row(session, "diagnosis.visit")
        last = story(session)[-1]
    assert (row.status, row.done_on, row.done_by, row.remind_on) == ("done", JANUARY_20, "c1", None)
    assert last == ("c1", "step done", "diagnosis.visit")


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        ("training.strategy", "mourafaka attendance"),
        ("coaching.session-01", "mourafaka session"),
        ("diagnosis.M0-evaluation", "mourafaka evaluate"),
        ("diagnosis.M0-decision", "mourafaka decide"),
    ],
)
def test_step_with_facts_of_its_own_is_not_ticked_off(database: Database, step: str, remedy: str) -> None:
    open_enrolled(database)
    with pytest.raises(WrongVerb, match=f"Step {step} is not closed this way: .*{remedy}"):
        tick(database, step, JANUARY_20)


@pytest.mark.parametrize(
    ("verb", "step"),
    [("attendance", "diagnosis.visit"), ("session", "training.strategy"), ("attendance", "start.coach")],
)
def test_verb_of_another_kind_of_step_is_refused(database: Database, verb: str, step: str) -> None:
    open_enrolled(database)
    with database.transaction() as session, pytest.raises(WrongVerb, match=f"Step {step}"):
        verb_on(session, verb, step, JANUARY_20)


@pytest.mark.parametrize(
    ("verb", "step", "key"),
    [
        ("complete", "diagnosis.visit", "diagnosis.visit"),
        ("attendance", "training.strategy", "training.strategy"),
        ("session", "coaching.session-01", "coaching.session-01"),
    ],
)
def test_closed_step_is_not_changed(database: Database, verb: str, step: str, key: str) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        verb_on(session, verb, step, date(2027, 1, 19))
    with database.transaction() as session, pytest.raises(StepClosed, match=f"{key} of SM-2027/001 is already done"):
        verb_on(session, verb, step, JANUARY_20)
    with database.reading() as session:
        assert step_row(session, key).done_on == date(2027, 1, 19)


@pytest.mark.parametrize(
    ("verb", "step"),
    [
        ("complete", "diagnosis.visit"),
        ("complete", "call.-/welcome/cooperative:SM-2027/001"),
        ("attendance", "training.strategy"),
        ("session", "coaching.session-01"),
        ("evaluate", "M0"),
    ],
)
def test_fact_of_the_future_is_refused_and_nothing_is_kept(database: Database, verb: str, step: str) -> None:
    open_enrolled(database, without_email=(1,))
    with database.transaction() as session, pytest.raises(DateInFuture, match="2027-01-21 is in the future"):
        verb_on(session, verb, step, date(2027, 1, 21))
    with database.reading() as session:
        facts = [session.exec(select(table)).all() for table in (Attendance, SessionReport, Evaluation)]
        assert facts == [[], [], []]
        assert session.exec(select(Step).where(Step.status != "open")).all() == []
        assert session.exec(select(Notice).where(Notice.status != "pending")).all() == []


@pytest.mark.parametrize(
    ("code", "step", "refusal"),
    [
        ("SM-2027/009", "diagnosis.visit", EnrolmentUnknown),
        (ONE, "diagnosis.fair", StepUnknown),
        (ONE, "call.nobody", StepUnknown),
    ],
)
def test_what_is_not_known_is_refused(database: Database, code: str, step: str, refusal: type[Refusal]) -> None:
    open_enrolled(database)
    with database.transaction() as session, pytest.raises(refusal):
        verb_on(session, "complete", step, JANUARY_20, code)


@pytest.mark.parametrize(
    ("verb", "step"),
    [
        ("complete", "diagnosis.visit"),
        ("attendance", "training.strategy"),
        ("session", "coaching.session-01"),
        ("evaluate", "M0"),
    ],
)
def test_enrolment_that_has_not_begun_is_refused(database: Database, verb: str, step: str) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session, pytest.raises(EnrolmentNotActive, match="SM-2027/001 is selected"):
        verb_on(session, verb, step, JANUARY_20)


def test_done_step_takes_back_what_has_not_left(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 5))
    with database.reading() as session:
        assert told(session, "start.coach") == [("coordinator:k1 step_reminder", "pending", "")]
    tick(database, "start.coach", date(2027, 1, 5))
    with database.reading() as session:
        assert told(session, "start.coach") == [
            ("coordinator:k1 step_reminder", "cancelled", "step done on 2027-01-05")
        ]


def test_done_step_leaves_the_notices_of_others(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    morning(database, date(2027, 1, 5))
    tick(database, "start.coach", date(2027, 1, 5))
    with database.reading() as session:
        other = notice_row(session, "SM-2027/002/start.coach/step_reminder-7@2027-01-12/coordinator:k1")
        assert other.status == "pending"


def test_done_step_takes_back_the_call_about_it(database: Database) -> None:
    open_followed(database, without_email=(1,))
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        visit = col(Step.key).startswith("call.diagnosis.visit/")
        call = session.exec(select(Step).where(Step.origin == "call", visit)).one()
        assert (call.status, call.owner, call.title_fr) == ("open", "coach", "Appeler : rappel d'un rendez-vous")
    tick(database, "diagnosis.visit", date(2027, 1, 15))
    with database.reading() as session:
        after = step_row(session, call.key)
        reasons = [(status, reason) for _, status, reason in told(session, call.key)]
        meeting = told(session, "diagnosis.visit")[-1]
    assert (after.status, after.done_by) == ("not_required", "engine")
    assert reasons == [("cancelled", "step done on 2027-01-15")]
    assert meeting == ("cooperative:SM-2027/001 meeting", "cancelled", "step done on 2027-01-15")


def test_call_that_was_made_settles_its_notice(database: Database) -> None:
    open_enrolled(database, without_email=(1,))
    tick(database, "call.-/welcome/cooperative:SM-2027/001", date(2027, 1, 4))
    with database.reading() as session:
        welcome = notice_row(session, "SM-2027/001/-/welcome/cooperative:SM-2027/001")
        line = told(session, "call.-/welcome/cooperative:SM-2027/001")
    assert (welcome.status, welcome.reason, welcome.attempts) == ("sent", "told by telephone by c1 on 2027-01-04", 1)
    assert welcome.sent_at == welcome.settled_at == at(date(2027, 1, 4), 15)
    assert line == [("coordinator:k1 call", "cancelled", "step done on 2027-01-04")]


def test_presence_is_kept_by_person(database: Database) -> None:
    open_enrolled(database)
    attend(database, "training.strategy", {"présidente": True, "gérante": False}, APRIL_5)
    with database.reading() as session:
        rows = session.exec(select(Attendance).order_by(Attendance.attendee)).all()
        row = step_row(session, "training.strategy")
    assert [(one.attendee, one.present, one.module, one.on) for one in rows] == [
        ("gérante", False, "training.strategy", APRIL_5),
        ("présidente", True, "training.strategy", APRIL_5),
    ]
    assert (row.status, row.done_on) == ("done", APRIL_5)


def test_absence_plans_a_make_up(database: Database) -> None:
    open_enrolled(database)
    attend(database, "training.strategy", {"présidente": False}, APRIL_5)
    with database.reading() as session:
        missed, again = step_row(session, "training.strategy"), step_row(session, "training.strategy-make-up-1")
        verbs = story(session)[1:]
    assert missed.status == "missed"
    assert (again.due_on, again.kind, again.origin, again.at) == (date(2027, 5, 31), "module", "make_up", "09:00")
    assert (again.title_fr, again.remind_on) == ("Rattrapage – Formation : stratégie", date(2027, 5, 14))
    assert verbs == [
        ("k1", "step missed", "training.strategy"),
        ("engine", "make-up planned", "training.strategy-make-up-1"),
    ]


def test_session_that_was_held_is_done(database: Database) -> None:
    open_enrolled(database)
    report(database, "coaching.session-01", date(2027, 4, 6))
    with database.reading() as session:
        fact = session.exec(select(SessionReport)).one()
        row = step_row(session, "coaching.session-01")
    assert (fact.held, fact.on, fact.summary, fact.recorded_by) == (True, date(2027, 4, 6), "vu", "c1")
    assert (row.status, row.done_on) == ("done", date(2027, 4, 6))


def test_session_that_was_not_held_is_missed(database: Database) -> None:
    open_enrolled(database)
    report(database, "coaching.session-01", date(2027, 4, 6), held=False)
    with database.reading() as session:
        assert session.exec(select(SessionReport)).one().held is False
        assert (step_row(session, "coaching.session-01").status, story(session)[-1]) == (
            "missed",
            ("c1", "step missed", "coaching.session-01"),
        )


def test_fact_that_completes_a_stage_wakes_it(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    for step in ("start.coach", "start.contact", "start.convention"):
        tick(database, step, date(2027, 1, 12))
    with database.reading() as session:
        before = passage_row(session, "start").wake_on
    tick(database, "start.data-protection", date(2027, 1, 13))
    with database.reading() as session:
        after = passage_row(session, "start").wake_on
        assert enrolment_row(session).status == "active"
    assert (before, after) == (date(2027, 2, 2), date(2027, 1, 13))


FACTS = [("session", "coaching.session-01"), ("attendance", "training.strategy"), ("evaluate", "M6")]


@pytest.mark.parametrize(("verb", "step"), FACTS)
def test_fact_long_before_its_stage_is_refused_unless_somebody_says_that_it_was_so(
    database: Database, verb: str, step: str
) -> None:
    """A session held in January, where coaching opens in April: a wrong day, or another cooperative's code."""
    open_enrolled(database)
    with (
        pytest.raises(DayTooEarly, match="2027-01-20 is too early"),
        database.transaction() as session,
    ):
        verb_on(session, verb, step, JANUARY_20, early=False)
    with database.reading() as session:
        assert (session.exec(select(SessionReport)).all(), session.exec(select(Attendance)).all()) == ([], [])
    with database.transaction() as session:
        verb_on(session, verb, step, JANUARY_20)


@pytest.mark.parametrize(
    ("verb", "step", "first"),
    [
        ("tick", "diagnosis.visit", date(2027, 1, 4)),
        ("attendance", "training.strategy", date(2027, 3, 21)),
        ("session", "coaching.session-03", date(2027, 3, 21)),
        ("evaluate", "M0", date(2027, 1, 18)),
        ("evaluate", "M12", date(2027, 12, 21)),
    ],
)
def test_first_day_of_a_fact_is_its_first_reminder_before_the_stage_or_the_checkpoint(
    database: Database, verb: str, step: str, first: date
) -> None:
    open_enrolled(database)
    before = first - timedelta(days=1)
    with pytest.raises(DayTooEarly, match=f"nobody was to do it before {first}"), database.transaction() as session:
        verb_on(session, verb, step, before, early=False, said_on=first)
    with database.transaction() as session:
        verb_on(session, verb, step, first, early=False, said_on=first)


def test_session_that_a_person_moved_ahead_is_held_on_that_day(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        step_row(session, "coaching.session-01").due_on = date(2027, 2, 3)
    with database.transaction() as session:
        verb_on(session, "session", "coaching.session-01", JANUARY_20, early=False)


def test_papers_may_be_ready_before_the_start(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        verb_on(session, "tick", "start.convention", date(2026, 12, 20), early=False)
