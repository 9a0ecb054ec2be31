"""Corrections: what was stays written down, and what rests on it is flagged or proposed anew, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlmodel import Session, col, select

from actions.correct import correct_action, correct_attendance, correct_session
from actions.decide import decide
from actions.enrol import enrol_cohort
from actions.history_words import lines_of
from actions.programmes import publish
from actions.record import complete_action, record_attendance, report_session
from actions.remeasure import measure_again
from actions.reweigh import flagged
from models import Attendance, Cohort, Correction, Decision, Evaluation, Notice, PlanAction, SessionReport, Step
from models.session import Database
from notifications.reasons import reason_said
from programme.dates_errors import DayTooEarly
from programme.decision_errors import CorrectionUnexplained, NothingToCorrect, NotRecorded
from programme.definition_file import shipped_text
from programme.errors import DateInFuture, Refusal
from programme.wording import sentence
from tests.moulds import built_once
from tests.world import (
    CODE,
    NOW,
    all_answers,
    at,
    enrolment_row,
    evaluate,
    morning,
    open_enrolled,
    open_world,
    passage_row,
    step_row,
    story,
    tick,
)

ONE = f"{CODE}/001"
M12 = date(2028, 1, 4)
PROPOSED_ON = date(2028, 1, 5)
LATER = date(2028, 2, 1)


@built_once
def live(database: Database, *, sessions: int = 5) -> None:
    """Hold the first sessions and miss the next one; both of the plan's actions are done."""
    open_enrolled(database)
    with database.transaction() as session:
        for number in range(1, sessions + 2):
            day = date(2027, 6, number)
            report_session(
                session,
                code=ONE,
                step=f"coaching.session-{number:02d}",
                held=number <= sessions,
                on=day,
                by="c1",
                now=at(day, 15),
            )
        row = enrolment_row(session)
        for axis in ("finance", "marketing"):
            session.add(PlanAction(enrolment_id=row.id or 0, axis=axis, title_fr=axis, title_ar=axis))
        session.flush()
        for axis in ("finance", "marketing"):
            complete_action(session, code=ONE, axis=axis, on=date(2027, 7, 1), by="c1", now=at(date(2027, 7, 1), 15))
    evaluate(database, "M12", M12)
    morning(database, PROPOSED_ON)


def sign(database: Database, outcome: str = "continue") -> None:
    with database.transaction() as session:
        decide(session, code=ONE, checkpoint="M12", outcome=outcome, by="k1", now=at(PROPOSED_ON, 15))


def set_right(database: Database, number: int, held: bool, *, now_on: date = LATER, by: str = "k1") -> None:
    with database.transaction() as session:
        correct_session(
            session,
            code=ONE,
            step=f"coaching.session-{number:02d}",
            held=held,
            why="erreur de saisie",
            by=by,
            now=at(now_on, 10),
        )


def decision(database: Database) -> Decision:
    with database.reading() as session:
        return session.exec(select(Decision).where(Decision.checkpoint == "M12")).one()


def flags_told(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.kind == "correction").order_by(Notice.key))
        return [(row.recipient, row.facts["title"]["fr"]) for row in rows]


def test_correction_keeps_what_was_and_says_why(database: Database) -> None:
    live(database)
    set_right(database, 1, held=False)
    with database.reading() as session:
        kept = session.exec(select(Correction)).one()
        report = session.exec(select(SessionReport).order_by(col(SessionReport.id))).first()
        step = step_row(session, "coaching.session-01")
        lines = [line for line in story(session) if line[2] == "coaching.session-01"]
    assert (kept.fact, kept.subject, kept.by, kept.why) == ("session", "coaching.session-01", "k1", "erreur de saisie")
    assert kept.before == {"held": True, "on": "2027-06-01", "summary": ""}
    assert kept.after == {"held": False, "on": "2027-06-01", "summary": ""}
    assert report is not None
    assert (report.held, report.recorded_by, step.status, step.done_by) == (False, "c1", "missed", "c1")
    assert lines[-2:] == [
        ("engine", "step missed", "coaching.session-01"),
        ("k1", "corrected", "coaching.session-01"),
    ]


def test_signed_decision_is_flagged_and_stays_as_it_is(database: Database) -> None:
    live(database)
    sign(database)
    set_right(database, 1, held=False)
    found = decision(database)
    assert (found.status, found.outcome, found.evidence["sessions_held"]) == ("decided", "continue", 5)
    assert found.flag is not None
    assert (found.flag["changed"], found.flag["proposal"], found.flag["by"], found.flag["on"]) == (
        {"sessions_held": {"was": 5, "is": 4}},
        "recovery",
        "k1",
        "2028-02-01",
    )
    assert flags_told(database) == [
        ("coordinator:k1", "Évaluation à 12 mois (M12) : la règle proposerait un plan de redressement")
    ]
    with database.reading() as session:
        assert session.exec(select(Step).where(Step.origin == "recovery")).all() == []
        assert story(session)[-1] == ("k1", "decision flagged", "M12")


def test_flag_is_said_when_somebody_asks_why(database: Database) -> None:
    live(database)
    sign(database)
    set_right(database, 1, held=False)
    with database.reading() as session:
        row = enrolment_row(session)
        decided, other = step_row(session, "coaching.M12-decision"), step_row(session, "coaching.M6-decision")
        said = [[str(line) for line in flagged(session, row, step)] for step in (None, decided, other)]
    line = (
        "M12 was decided continue on 2028-01-05; k1 corrected a fact of it on 2028-02-01 (erreur de saisie): "
        "the rule would propose recovery now"
    )
    assert said == [[line], [line], []]


def test_later_mornings_neither_apply_nor_repeat_a_flag(database: Database) -> None:
    live(database)
    sign(database)
    set_right(database, 1, held=False)
    for day in (date(2028, 2, 2), date(2028, 2, 3), date(2028, 3, 1)):
        morning(database, day)
    assert (decision(database).outcome, len(flags_told(database))) == ("continue", 1)


def test_correction_that_is_corrected_back_takes_the_flag_away(database: Database) -> None:
    live(database)
    sign(database)
    set_right(database, 1, held=False)
    set_right(database, 1, held=True, now_on=date(2028, 2, 2))
    assert decision(database).flag is None
    with database.reading() as session:
        assert story(session)[-1] == ("k1", "flag taken back", "M12")
        assert len(session.exec(select(Correction)).all()) == 2


def test_what_was_recorded_after_the_proposal_flags_nothing(database: Database) -> None:
    live(database)
    sign(database)
    day = date(2028, 1, 20)
    with database.transaction() as session:
        report_session(session, code=ONE, step="coaching.session-07", held=True, on=day, by="c1", now=at(day, 15))
    set_right(database, 7, held=False)
    assert (decision(database).flag, flags_told(database)) == (None, [])


def test_flag_is_set_after_the_end_too(database: Database) -> None:
    live(database)
    sign(database)
    with database.transaction() as session:
        row = enrolment_row(session)
        row.status, row.outcome = "completed", "certificate"
    set_right(database, 1, held=False)
    assert decision(database).flag is not None


def test_proposal_that_nobody_has_signed_is_made_anew_the_next_morning(database: Database) -> None:
    live(database)
    assert decision(database).proposal == "continue"
    set_right(database, 1, held=False, now_on=PROPOSED_ON)
    with database.reading() as session:
        assert session.exec(select(Decision)).all() == []
        assert story(session)[-1] == ("k1", "proposal taken back", "M12")
    morning(database, date(2028, 1, 6))
    found = decision(database)
    assert (found.proposal, found.status, found.evidence["sessions_held"]) == ("recovery", "proposed", 4)
    assert flags_told(database) == []


def test_correction_that_a_proposal_does_not_rest_on_leaves_it(database: Database) -> None:
    live(database)
    before = decision(database).id
    with database.transaction() as session:
        correct_session(
            session,
            code=ONE,
            step="coaching.session-01",
            summary="précisé",
            on=date(2027, 6, 2),
            why="date",
            by="k1",
            now=at(LATER, 10),
        )
    assert decision(database).id == before
    with database.reading() as session:
        assert step_row(session, "coaching.session-01").done_on == date(2027, 6, 2)


def test_action_of_the_plan_is_set_right(database: Database) -> None:
    live(database)
    sign(database)
    with database.transaction() as session:
        for axis in ("finance", "marketing"):
            correct_action(session, code=ONE, axis=axis, done=False, why="non fait", by="k1", now=at(LATER, 10))
    found = decision(database)
    assert found.flag is not None
    assert found.flag["changed"] == {"plan_done_percent": {"was": 100, "is": 0}}
    assert found.flag["proposal"] == "recovery"
    assert [title.rpartition(" : ")[2] for _, title in flags_told(database)] == [
        "la règle proposerait la poursuite de l'accompagnement",
        "la règle proposerait un plan de redressement",
    ]


def attend(database: Database, *, present: bool, step: str = "training.strategy") -> date:
    day = date(2027, 4, 6)
    with database.transaction() as session:
        record_attendance(
            session, code=ONE, step=step, presence={"president": present}, on=day, by="k1", now=at(day, 15)
        )
    return day


def set_present(database: Database, *, now_on: date = date(2027, 4, 12), **presence: bool) -> None:
    with database.transaction() as session:
        correct_attendance(
            session,
            code=ONE,
            step="training.strategy",
            presence=presence,
            why="liste signée retrouvée",
            by="k1",
            now=at(now_on, 10),
        )


def test_module_that_was_attended_after_all_needs_no_make_up(database: Database) -> None:
    open_enrolled(database)
    attend(database, present=False)
    set_present(database, manager=True)
    with database.reading() as session:
        rows = session.exec(select(Attendance).order_by(col(Attendance.id))).all()
        step, make_up = step_row(session, "training.strategy"), step_row(session, "training.strategy-make-up-1")
        kept = session.exec(select(Correction)).one()
    assert [(row.attendee, row.present, row.on) for row in rows] == [
        ("president", False, date(2027, 4, 6)),
        ("manager", True, date(2027, 4, 6)),
    ]
    assert (step.status, make_up.status) == ("done", "not_required")
    assert kept.after == {"on": "2027-04-06", "presence": {"president": False, "manager": True}}


def test_module_that_nobody_attended_after_all_gets_a_make_up(database: Database) -> None:
    open_enrolled(database)
    attend(database, present=True)
    set_present(database, president=False)
    with database.reading() as session:
        step, make_up = step_row(session, "training.strategy"), step_row(session, "training.strategy-make-up-1")
    assert (step.status, make_up.status, make_up.origin) == ("missed", "open", "make_up")


def test_stage_whose_exit_holds_by_a_correction_is_completed_the_next_morning(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        passage = passage_row(session, "training")
        passage.entered_on, passage.wake_on = date(2027, 4, 5), None
    for step in ("training.project-design", "training.communication"):
        attend(database, present=True, step=step)
    attend(database, present=False)
    set_present(database, president=True)
    morning(database, date(2027, 4, 13))
    with database.reading() as session:
        assert passage_row(session, "training").completed_on == date(2027, 4, 13)


Verb = Callable[[Session], object]
WRONG: list[tuple[Verb, type[Refusal]]] = [
    (
        lambda session: correct_session(
            session, code=ONE, step="coaching.session-01", held=False, why=" ", by="k1", now=at(LATER)
        ),
        CorrectionUnexplained,
    ),
    (
        lambda session: correct_session(
            session, code=ONE, step="coaching.session-01", held=True, why="x", by="k1", now=at(LATER)
        ),
        NothingToCorrect,
    ),
    (
        lambda session: correct_session(
            session, code=ONE, step="coaching.session-09", held=True, why="x", by="k1", now=at(LATER)
        ),
        NotRecorded,
    ),
    (
        lambda session: correct_session(
            session, code=ONE, step="coaching.session-01", on=date(2029, 1, 1), why="x", by="k1", now=at(LATER)
        ),
        DateInFuture,
    ),
    (
        lambda session: correct_attendance(
            session, code=ONE, step="training.strategy", presence={"p": True}, why="x", by="k1", now=at(LATER)
        ),
        NotRecorded,
    ),
    (
        lambda session: correct_action(
            session, code=ONE, axis="governance", done=True, why="x", by="k1", now=at(LATER)
        ),
        NotRecorded,
    ),
]


@pytest.mark.parametrize(("verb", "refusal"), WRONG)
def test_correction_that_cannot_be_is_refused_and_changes_nothing(
    database: Database, verb: Verb, refusal: type[Refusal]
) -> None:
    live(database)
    with pytest.raises(refusal), database.transaction() as session:
        verb(session)
    with database.reading() as session:
        assert session.exec(select(Correction)).all() == []


def test_another_measure_is_another_campaign(database: Database) -> None:
    live(database)
    day = date(2028, 1, 10)
    with database.transaction() as session:
        measure_again(session, code=ONE, checkpoint="M12", answers=all_answers(1), on=day, by="k1", now=at(day, 10))
    morning(database, date(2028, 1, 11))
    with database.reading() as session:
        rows = session.exec(select(Evaluation).order_by(col(Evaluation.campaign))).all()
        found = session.exec(select(Decision)).one()
    assert [(row.campaign, row.on, row.score["value"]) for row in rows] == [(1, M12, "75.0"), (2, day, "25.0")]
    assert (found.evaluation_id, found.evidence["score"]) == (rows[1].id, "25.0")


def test_measure_after_the_signature_changes_no_decision(database: Database) -> None:
    live(database)
    sign(database)
    day = date(2028, 1, 10)
    with database.transaction() as session:
        measure_again(session, code=ONE, checkpoint="M12", answers=all_answers(1), on=day, by="k1", now=at(day, 10))
    before = decision(database)
    assert morning(database, date(2028, 1, 11)).failures == []
    assert decision(database).model_dump(exclude={"announced_on"}) == before.model_dump(exclude={"announced_on"})


def test_measure_that_was_never_taken_is_not_taken_again(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(NotRecorded, match="M12 of SM-2027/001 has no recorded evaluation"), database.transaction() as s:
        measure_again(s, code=ONE, checkpoint="M12", answers=all_answers(1), on=M12, by="k1", now=at(M12))


def test_session_is_not_set_right_to_a_day_before_its_time(database: Database) -> None:
    live(database)
    said = {"why": "faute", "by": "k1", "now": at(LATER, 10), "on": date(2027, 1, 20)}
    with pytest.raises(DayTooEarly, match="2027-03-21"), database.transaction() as session:
        correct_session(session, code=ONE, step="coaching.session-01", **said)
    with database.transaction() as session:
        correct_session(session, code=ONE, step="coaching.session-01", early=True, **said)


def test_measure_is_not_taken_again_before_its_time(database: Database) -> None:
    live(database)
    said = {"checkpoint": "M12", "answers": all_answers(1), "on": date(2027, 6, 1), "by": "k1", "now": at(LATER, 10)}
    with pytest.raises(DayTooEarly, match="2027-12-21"), database.transaction() as session:
        measure_again(session, code=ONE, **said)
    with database.transaction() as session:
        measure_again(session, code=ONE, early=True, **said)


M0_AGAIN = date(2027, 2, 10)
DRAFTED = date(2027, 3, 15)
WEAK = {"finance": 1, "marketing": 1}


def start_again(database: Database, day: date, **levels: int) -> None:
    """Measure M0 anew: all answers are 3, but those of the named axes."""
    answers = {key: levels.get(key.partition(".")[0], 3) for key in all_answers(3)}
    with database.transaction() as session:
        measure_again(session, code=ONE, checkpoint="M0", answers=answers, on=day, by="k1", now=at(day, 10))


def test_plan_is_drafted_from_the_first_measure_as_it_was_corrected_on_a_later_day(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1))
    start_again(database, M0_AGAIN, **WEAK)
    tick(database, "diagnosis.plan-draft", DRAFTED)
    with database.reading() as session:
        assert sorted(session.exec(select(PlanAction.axis)).all()) == ["finance", "marketing"]


def test_plan_rests_on_the_first_checkpoint_and_not_on_the_newest_measure(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1), level=1)
    evaluate(database, "M6", date(2027, 3, 1), level=4)
    tick(database, "diagnosis.plan-draft", DRAFTED)
    with database.reading() as session:
        assert len(session.exec(select(PlanAction.axis)).all()) == 3


def test_drafted_plan_stays_and_the_history_says_so(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1), level=1)
    tick(database, "diagnosis.plan-draft", DRAFTED)
    with database.reading() as session:
        before = sorted(session.exec(select(PlanAction.axis)).all())
    start_again(database, date(2027, 3, 20), **WEAK)
    with database.reading() as session:
        assert sorted(session.exec(select(PlanAction.axis)).all()) == before
        [line] = [one for one in lines_of(session, ONE) if one.verb == "measured again"]
    assert reason_said(line.why) == sentence("the plan was drafted on {on} and stays", on="2027-03-15")


SCORED = shipped_text().replace(
    "requires: [{fact: sessions_held, at_least: 6, of: 12}]", "requires: [{fact: global_score, at_least: 40}]"
)


def enrol_by(database: Database, text: str) -> None:
    """Enrol a cohort that follows another text of the definition."""
    open_world(database)
    with database.transaction() as session:
        version = publish(session, text.replace("\nversion: 1\n", "\nversion: 2\n"), by="k1", now=NOW)
        for cohort in session.exec(select(Cohort)):
            cohort.programme_version_id = version.id or 0
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="k1", now=NOW)


FLOORED = shipped_text().replace(
    "requires: [{fact: sessions_held, at_least: 6, of: 12}]\n",
    "requires: [{fact: sessions_held, at_least: 1, of: 12}]\n"
    "      floor: {requires: [{fact: modules_present, at_least: 1, of: 4}], not_met: exit}\n",
)


def test_floor_that_holds_is_held_against_a_corrected_fact_too(database: Database) -> None:
    enrol_by(database, FLOORED)
    day = date(2028, 7, 4)
    with database.transaction() as session:
        said = {"code": ONE, "on": day, "by": "k1", "now": at(day, 10)}
        record_attendance(session, step="training.strategy", presence={"présidente": True}, **said)
        report_session(session, step="coaching.session-01", held=True, **said)
    evaluate(database, "M18", day)
    morning(database, date(2028, 7, 5))
    with database.transaction() as session:
        decide(session, code=ONE, checkpoint="M18", outcome="continue", by="k1", now=at(date(2028, 7, 5), 15))
    set_right(database, 1, held=False, now_on=date(2028, 7, 10))
    with database.reading() as session:
        found = session.exec(select(Decision)).one()
    assert found.flag is not None
    assert found.flag["proposal"] == "continue"


def test_new_measure_flags_a_signed_decision_that_rests_on_the_score(database: Database) -> None:
    enrol_by(database, SCORED)
    day = date(2028, 7, 4)
    evaluate(database, "M18", day, level=3)
    morning(database, date(2028, 7, 5))
    with database.transaction() as session:
        decide(session, code=ONE, checkpoint="M18", outcome="continue", by="k1", now=at(date(2028, 7, 5), 15))
    for later, level in ((date(2028, 7, 10), 1), (date(2028, 7, 11), 0)):
        with database.transaction() as session:
            said = {"answers": all_answers(level), "on": later, "by": "k1", "now": at(later, 10)}
            measure_again(session, code=ONE, checkpoint="M18", **said)
    with database.reading() as session:
        found = session.exec(select(Decision)).one()
        told = session.exec(select(Notice).where(Notice.kind == "correction")).all()
    assert found.flag is not None
    assert found.flag["changed"] == {"global_score": {"was": 75, "is": 0}}
    assert (found.status, len(told)) == ("decided", 2)
