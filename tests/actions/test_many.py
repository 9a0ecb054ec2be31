"""The verbs for many enrolments at once: what each brings about is what the verb for one does, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from actions.cohorts import cohort_of
from actions.conclude import evaluations_waiting, propose_decisions
from actions.decide import decide, sign_proposals
from actions.measure import Measure, record_evaluations
from actions.record import complete_step, complete_steps
from models import Decision, Enrolment, Evaluation, History, Notice, Passage, Step
from models.session import Database
from programme.civil import instant_of
from programme.decision_errors import AwaitsSecond
from programme.errors import AlreadyDecided, EnrolmentNotActive, NothingProposed, Refusal, StepClosed, StepUnknown
from programme.scoring_errors import AnswerOutOfRange
from tests import databases
from tests.world import CODE, all_answers, assign_coaches, at, enrolment_row, morning, open_enrolled, story


@pytest.fixture
def other_database(tmp_path: Path) -> Iterator[Database]:
    """One more world, in which the same is done one by one."""
    with databases.another(tmp_path / "other.sqlite3") as other:
        yield other


CODES = [f"{CODE}/00{rank}" for rank in (1, 2, 3)]
FEBRUARY_1 = date(2027, 2, 1)
DONE = ("start.convention", "start.contact", "diagnosis.visit")


def written(session: Session) -> list[list[object]]:
    """Return all that verbs write of enrolments: rows without their numbers."""
    tables = (Step, Passage, Enrolment, Evaluation, Decision, History, Notice)
    left_out = {"id", "evaluation_id", "step_id", "digest_id"}
    found: list[list[object]] = []
    for table in tables:
        rows = session.exec(select(table)).all()
        found.append(sorted(str(row.model_dump(exclude=left_out)) for row in rows))
    return found


def test_steps_ticked_off_together_leave_what_ticking_them_off_one_by_one_does(
    database: Database, other_database: Database
) -> None:
    named = [(code, step) for step in DONE for code in CODES]
    for one in (database, other_database):
        open_enrolled(one, cooperatives=3, without_email=(2,))
        assign_coaches(one)
        morning(one, date(2027, 1, 18))
    common = {"on": FEBRUARY_1, "by": "c1", "now": at(FEBRUARY_1, 15)}
    with database.transaction() as session:
        complete_steps(session, steps=named, **common)
    with other_database.transaction() as session:
        for code, step in named:
            complete_step(session, code=code, step=step, **common)
    with database.reading() as ours, other_database.reading() as theirs:
        assert written(ours) == written(theirs)


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        ((CODES[1], "diagnosis.fair"), StepUnknown),
        ((CODES[0], "start.contact"), StepClosed),
    ],
)
def test_one_step_that_is_refused_refuses_all(
    database: Database, named: tuple[str, str], refusal: type[Refusal]
) -> None:
    open_enrolled(database, cooperatives=2)
    common = {"on": FEBRUARY_1, "by": "c1", "now": at(FEBRUARY_1, 15)}
    with database.transaction() as session:
        complete_step(session, code=CODES[0], step="start.contact", **common)
    with database.transaction() as session, pytest.raises(refusal):
        complete_steps(session, steps=[(CODES[0], "diagnosis.visit"), named], **common)
    with database.reading() as session:
        assert session.exec(select(func.count()).where(Step.status == "done")).one() == 1


def test_step_named_twice_is_done_once(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        named = [(CODES[0], "start.contact")] * 2
        assert len(complete_steps(session, steps=named, on=FEBRUARY_1, by="c1", now=at(FEBRUARY_1, 15))) == 1
    with database.reading() as session:
        assert [line for line in story(session) if line[1] == "step done"] == [("c1", "step done", "start.contact")]


def test_object_at_hand_follows_what_is_done_to_its_row(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        known = session.exec(select(Step).where(Step.key == "start.contact")).one()
        complete_steps(session, steps=[(CODES[0], known.key)], on=FEBRUARY_1, by="c1", now=at(FEBRUARY_1, 15))
        assert (known.status, known.done_on, known.remind_on) == ("done", FEBRUARY_1, None)


def measured(database: Database, on: date, levels: dict[str, int]) -> None:
    """Record M0 for some, and have the rule propose."""
    measures = [Measure(code, "M0", all_answers(level)) for code, level in levels.items()]
    with database.transaction() as session:
        record_evaluations(session, measures=measures, on=on, by="c1", now=at(on, 15))
        waiting = evaluations_waiting(session, cohort_of(session, CODE), on)
        propose_decisions(session, waiting, now=at(on, 16))


def test_proposals_signed_together_leave_what_signing_them_one_by_one_does(
    database: Database, other_database: Database
) -> None:
    for one in (database, other_database):
        open_enrolled(one, cooperatives=3, without_email=(3,))
        assign_coaches(one)
        measured(one, FEBRUARY_1, dict(zip(CODES, (1, 3, 3), strict=True)))
    now = instant_of(FEBRUARY_1, time(17))
    with database.transaction() as session:
        outcomes = sign_proposals(session, checkpoint="M0", codes=CODES, by="k1", now=now)
    with other_database.transaction() as session:
        for code in CODES:
            decide(session, code=code, checkpoint="M0", outcome="continue", by="k1", now=now)
    assert outcomes == dict.fromkeys(CODES, "continue")
    with database.reading() as ours, other_database.reading() as theirs:
        assert written(ours) == written(theirs)


def test_list_with_nothing_to_sign_is_refused_as_a_whole(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    measured(database, FEBRUARY_1, {CODES[0]: 3})
    now = at(FEBRUARY_1, 17)
    with database.transaction() as session, pytest.raises(NothingProposed, match=CODES[1]):
        sign_proposals(session, checkpoint="M0", codes=CODES[:2], by="k1", now=now)
    with database.transaction() as session:
        assert session.exec(select(Decision.status)).all() == ["proposed"]
        sign_proposals(session, checkpoint="M0", codes=CODES[:1], by="k1", now=now)
    with database.transaction() as session, pytest.raises(AlreadyDecided):
        sign_proposals(session, checkpoint="M0", codes=CODES[:1], by="k1", now=now)


def test_answer_that_only_equals_a_level_refuses_the_list(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    right = all_answers(1)
    wrong = right | {next(iter(right)): True}
    measures = [Measure(CODES[0], "M0", right), Measure(CODES[1], "M0", wrong)]
    with database.transaction() as session, pytest.raises(AnswerOutOfRange, match="= True"):
        record_evaluations(session, measures=measures, on=FEBRUARY_1, by="c1", now=at(FEBRUARY_1, 15))
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(Evaluation)).one() == 0


def test_evaluation_of_one_that_has_ended_refuses_the_list(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        enrolment_row(session, 2).status = "dropped"
    with pytest.raises(EnrolmentNotActive, match=CODES[1]):
        measured(database, FEBRUARY_1, dict.fromkeys(CODES[:2], 3))
    with database.reading() as session:
        assert session.exec(select(Evaluation).order_by(col(Evaluation.id))).all() == []


def test_decision_that_waits_for_a_second_person_is_not_signed_with_the_list(database: Database) -> None:
    open_enrolled(database)
    measured(database, FEBRUARY_1, {CODES[0]: 3})
    with database.transaction() as session:
        session.exec(select(Decision)).one().status = "to_countersign"
    with database.transaction() as session, pytest.raises(AwaitsSecond):
        sign_proposals(session, checkpoint="M0", codes=CODES[:1], by="k1", now=at(FEBRUARY_1, 17))
