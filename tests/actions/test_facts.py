"""Evaluations and plans as they are recorded, and the facts that gates are held against."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.facts import fact_of, facts_of
from actions.measure import record_evaluation
from actions.record import complete_action, record_attendance, report_session
from models import Evaluation, PlanAction
from models.session import Database
from programme.errors import AlreadyEvaluated, CheckpointUnknown, DateInFuture
from programme.scoring_errors import AnswerOutOfRange
from tests.world import all_answers, at, evaluate, open_enrolled, step_row, story, tick

ONE = "SM-2027/001"


def attend(database: Database, step: str, on: date, *, present: bool) -> None:
    with database.transaction() as session:
        presence = {"présidente": present, "gérante": False}
        record_attendance(session, code=ONE, step=step, presence=presence, on=on, by="k1", now=at(on, 15))


def test_facts_of_nothing_recorded(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        assert facts_of(session, 1) == {
            "sessions_held": 0,
            "modules_present": 0,
            "plan_done_percent": None,
            "endline_done": 0,
            "assembly_held": 0,
        }


def test_module_counts_once_and_by_its_make_up_too(database: Database) -> None:
    open_enrolled(database)
    attend(database, "training.strategy", date(2027, 4, 5), present=False)
    attend(database, "training.strategy-make-up-1", date(2027, 5, 31), present=True)
    attend(database, "training.communication", date(2027, 5, 31), present=True)
    attend(database, "training.governance", date(2027, 6, 28), present=False)
    with database.reading() as session:
        assert fact_of(session, "modules_present", 1) == 2


def test_only_sessions_that_were_held_count(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        for number, held in ((1, True), (2, False), (3, True)):
            on = date(2027, 4, number)
            report_session(
                session, code=ONE, step=f"coaching.session-{number:02d}", held=held, on=on, by="c1", now=at(on, 15)
            )
    with database.reading() as session:
        assert [fact_of(session, "sessions_held", one) for one in (1, 2)] == [2, 0]


def test_plan_is_counted_in_whole_hundredths(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        for number in range(3):
            done_on = date(2027, 5, 3) if number < 2 else None
            action = PlanAction(enrolment_id=1, axis=f"a{number}", title_fr="x", title_ar="x", done_on=done_on)
            session.add(action)
    with database.reading() as session:
        assert fact_of(session, "plan_done_percent", 1) == 66


def test_endline_and_assembly_are_recorded(database: Database) -> None:
    open_enrolled(database)
    tick(database, "closing.assembly", date(2028, 12, 11))
    evaluate(database, "M24", date(2029, 1, 4))
    with database.reading() as session:
        assert [fact_of(session, name, 1) for name in ("assembly_held", "endline_done")] == [1, 1]


def test_evaluation_is_kept_with_its_score(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1), level=2)
    with database.reading() as session:
        found = session.exec(select(Evaluation)).one()
        row = step_row(session, "diagnosis.M0-evaluation")
    assert (found.checkpoint, found.form, found.on, found.proposed_on) == ("M0", "full", date(2027, 2, 1), None)
    assert (len(found.answers), found.score["value"], found.score["band"]) == (40, "50.0", "structuring")
    assert (row.status, row.done_on) == ("done", date(2027, 2, 1))


def test_evaluation_is_never_overwritten(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1), level=2)
    with pytest.raises(AlreadyEvaluated, match="M0 of SM-2027/001 was evaluated on 2027-02-01"):
        evaluate(database, "M0", date(2027, 2, 2), level=4)
    with database.reading() as session:
        assert session.exec(select(Evaluation)).one().score["value"] == "50.0"


def test_evaluation_of_an_unknown_checkpoint_is_refused(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(CheckpointUnknown, match="no checkpoint M3: write one of M0, M6, M12, M18, M24"):
        evaluate(database, "M3", date(2027, 2, 1))


def test_evaluation_off_the_scale_is_refused_and_its_step_stays_open(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(AnswerOutOfRange):
        evaluate(database, "M0", date(2027, 2, 1), level=5)
    with database.reading() as session:
        assert step_row(session, "diagnosis.M0-evaluation").status == "open"


def draft(database: Database) -> None:
    """Measure governance at 0, finance at 25 and the rest at 75; then draft the plan."""
    answers = all_answers(3)
    for key in answers:
        axis = key.partition(".")[0]
        answers[key] = {"governance": 0, "finance": 1}.get(axis, 3)
    with database.transaction() as session:
        record_evaluation(
            session, code=ONE, checkpoint="M0", answers=answers, on=date(2027, 2, 1), by="c1", now=at(date(2027, 2, 1))
        )
    tick(database, "diagnosis.plan-draft", date(2027, 3, 15))


def test_plan_is_drafted_from_the_weakest_axes(database: Database) -> None:
    open_enrolled(database)
    draft(database)
    with database.reading() as session:
        axes = [(row.axis, row.done_on) for row in session.exec(select(PlanAction).order_by(col(PlanAction.id)))]
        last = story(session)[-1]
    assert axes == [("governance", None), ("finance", None)]
    assert last == ("c1", "plan drafted", "")


def test_action_of_the_plan_is_done_once(database: Database) -> None:
    open_enrolled(database)
    draft(database)
    for on in (date(2027, 5, 3), date(2027, 5, 4)):
        with database.transaction() as session:
            complete_action(session, code=ONE, axis="finance", on=on, by="c1", now=at(on, 15))
    with database.reading() as session:
        done = session.exec(select(PlanAction).where(PlanAction.axis == "finance")).one()
        lines = [line for line in story(session) if line[1] == "plan action done"]
    assert (done.done_on, done.done_by, lines) == (date(2027, 5, 3), "c1", [("c1", "plan action done", "finance")])


def test_action_of_the_future_is_refused(database: Database) -> None:
    open_enrolled(database)
    draft(database)
    with database.transaction() as session, pytest.raises(DateInFuture):
        complete_action(session, code=ONE, axis="finance", on=date(2027, 5, 4), by="c1", now=at(date(2027, 5, 3)))
