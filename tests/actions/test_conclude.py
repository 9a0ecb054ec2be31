"""What mornings conclude: stages entered and completed, late ones flagged, decisions proposed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from actions.cohorts import cohort_of
from actions.conclude import conclude_stage, evaluations_waiting, passages_due, propose_decision
from actions.decide import decide
from actions.morning import stage_work
from actions.record import record_attendance, report_session
from models import Decision, Evaluation, Passage
from models.session import Database
from tests.world import (
    CODE,
    at,
    enrolment_row,
    evaluate,
    morning,
    notice_row,
    open_enrolled,
    passage_row,
    story,
    tick,
)

ONE = "SM-2027/001"
START_STEPS = ("start.coach", "start.contact", "start.convention", "start.data-protection")


def concluded(database: Database, day: date) -> list[tuple[str, str, str]]:
    return [(one.enrolment, one.subject, one.what) for one in morning(database, day).conclusions]


def finish_start(database: Database, on: date, *, rank: int = 1) -> None:
    for step in START_STEPS:
        tick(database, step, on, rank=rank)


def enter(database: Database, stage: str, on: date, *, rank: int = 1) -> None:
    """Have an enrolment in a stage, as if its predecessors were behind it."""
    with database.transaction() as session:
        passage = passage_row(session, stage, rank=rank)
        passage.entered_on, passage.wake_on = on, None


def test_stage_is_entered_when_its_window_opens(database: Database) -> None:
    open_enrolled(database)
    assert concluded(database, date(2027, 1, 3)) == []
    assert concluded(database, date(2027, 1, 4)) == [(ONE, "start", "entered")]
    with database.reading() as session:
        assert passage_row(session, "start").entered_on == date(2027, 1, 4)
        assert story(session)[-1] == ("engine", "stage entered", "start")


def test_stage_waits_for_the_one_before_it(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    assert concluded(database, date(2027, 1, 18)) == []
    with database.reading() as session:
        waiting = passage_row(session, "diagnosis")
    assert (waiting.entered_on, waiting.wake_on) == (None, None)


def test_stage_completed_in_time_wakes_its_follower_when_its_window_opens(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    finish_start(database, date(2027, 1, 12))
    assert concluded(database, date(2027, 1, 13)) == [(ONE, "start", "completed")]
    with database.reading() as session:
        assert passage_row(session, "diagnosis").wake_on == date(2027, 1, 18)
    assert concluded(database, date(2027, 1, 18)) == [(ONE, "diagnosis", "entered")]


def test_stage_completed_late_has_its_follower_entered_the_same_morning(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    morning(database, date(2027, 1, 18))
    finish_start(database, date(2027, 1, 25))
    assert concluded(database, date(2027, 1, 26)) == [(ONE, "start", "completed"), (ONE, "diagnosis", "entered")]
    assert concluded(database, date(2027, 1, 26)) == []


def test_stage_with_named_steps_is_completed_by_them_alone(database: Database) -> None:
    open_enrolled(database)
    enter(database, "diagnosis", date(2027, 1, 18))
    tick(database, "diagnosis.visit", date(2027, 1, 26))
    tick(database, "diagnosis.plan-validation", date(2027, 3, 22))
    assert (ONE, "diagnosis", "completed") in concluded(database, date(2027, 3, 23))


def test_stage_with_a_fact_is_completed_when_it_is_reached(database: Database) -> None:
    open_enrolled(database)
    enter(database, "training", date(2027, 4, 4))
    days = {"strategy": date(2027, 4, 5), "project-design": date(2027, 5, 3), "communication": date(2027, 5, 31)}
    seen = []
    for module, on in days.items():
        with database.transaction() as session:
            record_attendance(
                session, code=ONE, step=f"training.{module}", presence={"p": True}, on=on, by="k1", now=at(on, 15)
            )
        seen.append([line for line in concluded(database, on) if line[1] == "training"])
    assert seen == [[], [], [(ONE, "training", "completed")]]


def test_stage_with_sessions_is_completed_by_the_ninth(database: Database) -> None:
    open_enrolled(database)
    enter(database, "coaching", date(2027, 4, 5))
    with database.transaction() as session:
        for number in range(1, 10):
            on = date(2027, 5, number)
            report_session(
                session, code=ONE, step=f"coaching.session-{number:02d}", held=True, on=on, by="c1", now=at(on, 15)
            )
    with database.reading() as session:
        assert passage_row(session, "coaching").wake_on == date(2027, 5, 9)
    assert (ONE, "coaching", "completed") in concluded(database, date(2027, 5, 10))


def test_stage_that_is_late_is_flagged_once_and_goes_on(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    assert (ONE, "start", "late") not in concluded(database, date(2027, 2, 1))
    assert concluded(database, date(2027, 2, 2)) == [(ONE, "start", "late")]
    assert concluded(database, date(2027, 2, 3)) == []
    finish_start(database, date(2027, 2, 10))
    assert concluded(database, date(2027, 2, 11)) == [(ONE, "start", "completed"), (ONE, "diagnosis", "entered")]
    with database.reading() as session:
        passage = passage_row(session, "start")
    assert (passage.flagged_late_on, passage.completed_on) == (date(2027, 2, 2), date(2027, 2, 11))


def test_nothing_is_concluded_of_an_enrolment_that_ended_meanwhile(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        due = passages_due(session, cohort_of(session, CODE), date(2027, 1, 4))
    with database.transaction() as session:
        enrolment_row(session).status = "dissolved"
    with database.transaction() as session:
        found = conclude_stage(session, cohort_of(session, CODE), "start", 1, now=at(date(2027, 1, 4)))
        assert passage_row(session, "start").entered_on is None
    assert (due, found) == ({"start": [1]}, [])


def test_due_passages_are_those_of_active_enrolments(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    with database.transaction() as session:
        enrolment_row(session, 2).status = "suspended"
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
        found = [passages_due(session, cohort, day) for day in (date(2027, 1, 3), date(2027, 1, 4))]
    assert found == [{}, {"start": [1, 3]}]


def corrupt(database: Database, rank: int) -> None:
    """Take away an enrolment's passage through its first stage."""
    with database.transaction() as session:
        session.execute(delete(Passage).where(col(Passage.enrolment_id) == rank, col(Passage.stage) == "start"))


@pytest.mark.parametrize("ids", [[1, 2, 3], [2]])
def test_enrolment_that_fails_holds_back_nobody_and_is_reported(database: Database, ids: list[int]) -> None:
    open_enrolled(database, cooperatives=3)
    corrupt(database, 2)
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    done = stage_work(database, cohort, "start", ids, at(date(2027, 1, 4)))
    assert [one.enrolment_id for one in done.conclusions] == [one for one in ids if one != 2]
    assert [(what, why.partition(" ")[0]) for what, why in done.failures] == [("SM-2027/002", "NoResultFound")]
    with database.reading() as session:
        entered = session.exec(
            select(Passage.enrolment_id).where(col(Passage.entered_on).is_not(None)).order_by(col(Passage.id))
        ).all()
    assert entered == [one for one in ids if one != 2]


def test_evaluation_that_fails_does_not_stop_the_morning(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    for rank in (1, 2):
        evaluate(database, "M0", date(2027, 2, 1), rank=rank)
    with database.transaction() as session:
        session.exec(select(Evaluation).where(Evaluation.enrolment_id == 1)).one().checkpoint = "M3"
    done = morning(database, date(2027, 2, 2))
    proposed = [(one.enrolment, one.what) for one in done.conclusions if one.subject == "M0"]
    with database.reading() as session:
        reminded = notice_row(session, "SM-2027/001/start.coach/escalation+21@2027-01-12/delegate:d1")
    assert proposed == [("SM-2027/002", "proposed continue")]
    assert [(what, why.partition(" ")[0]) for what, why in done.failures] == [("SM-2027/001/M3", "StopIteration")]
    assert reminded.status == "pending"


def test_decision_is_proposed_with_its_frozen_evidence(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M12", date(2028, 1, 4), level=2)
    assert (ONE, "M12", "proposed recovery") in concluded(database, date(2028, 1, 5))
    with database.reading() as session:
        decision = session.exec(select(Decision)).one()
        lines = [line for line in story(session) if line[1] == "decision proposed"]
    assert decision.evidence == {
        "sessions_held": 0,
        "modules_present": 0,
        "plan_done_percent": None,
        "endline_done": 0,
        "assembly_held": 0,
        "score": "50.0",
    }
    assert [(one["fact"], one["value"], one["needed"], one["met"]) for one in decision.reasons] == [
        ("sessions_held", 0, 5, False),
        ("plan_done_percent", None, 40, True),
    ]
    assert (decision.proposal, decision.status, decision.proposed_on) == ("recovery", "proposed", date(2028, 1, 5))
    assert lines == [("engine", "decision proposed", "M12")]


def test_decision_is_proposed_once(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1))
    with database.transaction() as session:
        first = propose_decision(session, 1, now=at(date(2027, 2, 2)))
        second = propose_decision(session, 1, now=at(date(2027, 2, 3)))
        waiting = evaluations_waiting(session, cohort_of(session, CODE), date(2027, 2, 3))
    assert ([one.what for one in first], second, waiting) == (["proposed continue"], [], [])


def test_nothing_is_proposed_for_an_enrolment_that_ended_meanwhile(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1))
    with database.transaction() as session:
        enrolment_row(session).status = "dropped"
        assert evaluations_waiting(session, cohort_of(session, CODE), date(2027, 2, 2)) == []
        assert propose_decision(session, 1, now=at(date(2027, 2, 2))) == []
        assert session.exec(select(Evaluation)).one().proposed_on is None


def test_nothing_is_proposed_or_announced_before_its_cause(database: Database) -> None:
    """The machine's clock was set back: what was recorded, and what was decided, waits until its day has come."""
    open_enrolled(database)
    morning(database, date(2027, 1, 29))
    evaluate(database, "M0", date(2027, 2, 1))
    assert concluded(database, date(2027, 1, 29)) == []
    assert (ONE, "M0", "proposed continue") in concluded(database, date(2027, 2, 2))
    with database.transaction() as session:
        decide(session, code=ONE, checkpoint="M0", outcome="continue", by="k1", now=at(date(2027, 2, 3), 15))
    assert concluded(database, date(2027, 1, 29)) == []
    assert (ONE, "M0", "decided continue") in concluded(database, date(2027, 2, 4))
    with database.reading() as session:
        decision = session.exec(select(Decision)).one()
    assert (decision.proposed_on, decision.announced_on) == (date(2027, 2, 2), date(2027, 2, 4))
