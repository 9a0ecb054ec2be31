"""Ends before the two years are over: what is open closes, nothing is sent any more, and all of it still counts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from actions.cohorts import open_cohort
from actions.decide import decide
from actions.ends import end
from actions.enrol import enrol_cohort
from actions.intake import take_in
from actions.pause import resume, suspend
from actions.spreadsheet import read_table
from actions.state import business_state, summary
from models import Alert, Cooperative, Enrolment, Notice, Step, Suspension
from models.session import Database
from programme.pausing_errors import (
    AlreadyEnded,
    EndUnknown,
    NotSuspended,
)
from tests.journey.living import live, promised_since
from tests.moulds import built_once
from tests.world import (
    CODE,
    at,
    enrolment_row,
    evaluate,
    morning,
    open_followed,
    open_world,
    step_row,
    story,
    tick,
)

ONE = "SM-2027/001"
LAST, BACK = date(2027, 1, 25), date(2027, 3, 15)


def leave(database: Database, how: str = "dropped", *, on: date = LAST, code: str = ONE) -> None:
    with database.transaction() as session:
        end(session, code=code, how=how, reason="they gave up", by="k1", now=at(on, 15))


@pytest.fixture
@built_once
def started(database: Database) -> Database:
    """Two cooperatives with a coach, the second without mail, lived to 25 January; the first one's contact is done."""
    open_followed(database, cooperatives=2, without_email=(2,))
    live(database, date(2027, 1, 4), date(2027, 1, 12))
    tick(database, "start.contact", date(2027, 1, 12))
    live(database, date(2027, 1, 13), date(2027, 1, 24))
    morning(database, LAST)
    return database


@pytest.mark.parametrize("how", ["dropped", "excluded", "dissolved"])
def test_end_closes_what_is_open_and_keeps_what_is_done(started: Database, how: str) -> None:
    leave(started, how)
    with started.reading() as session:
        enrolment = enrolment_row(session)
        steps = session.exec(select(Step).where(Step.enrolment_id == enrolment.id)).all()
        assert (enrolment.status, enrolment.outcome, enrolment.ended_on, enrolment.watch_on) == (how, how, LAST, None)
        assert {step.status for step in steps} == {"not_required", "done"}
        assert step_row(session, "start.contact").status == "done"
        assert {step.remind_on for step in steps} == {None}
        assert story(session)[-1] == ("k1", "ended", "")


def test_what_has_not_left_is_taken_back_with_the_reason(started: Database) -> None:
    with started.reading() as session:
        waiting = session.exec(
            select(Notice.key).where(Notice.status == "pending", col(Notice.key).startswith(ONE))
        ).all()
    leave(started)
    with started.reading() as session:
        taken = session.exec(select(Notice).where(col(Notice.key).in_(waiting))).all()
    assert {(row.status, row.reason) for row in taken} == {("cancelled", "enrolment ended: dropped")}


@pytest.mark.parametrize("code", [ONE, "SM-2027/002"])
def test_four_hundred_days_after_the_end_send_nothing(started: Database, code: str) -> None:
    for one in (ONE, "SM-2027/002"):
        leave(started, code=one)
    assert live(started, LAST, LAST + timedelta(days=400), every=10) == []
    with started.reading() as session:
        assert promised_since(session, LAST, 15) == []
        assert session.exec(select(Notice).where(Notice.status == "pending")).all() == []
        assert session.exec(select(Step).where(Step.status == "open")).all() == []
        assert code in {row.code for row in session.exec(select(Enrolment))}


@pytest.mark.parametrize(("checkpoint", "outcome"), [("M0", "exit"), ("M24", "participation")])
def test_decided_end_is_told_and_then_nothing_for_four_hundred_days(
    started: Database, checkpoint: str, outcome: str
) -> None:
    leave(started, code="SM-2027/002")
    evaluate(started, checkpoint, LAST)
    live(started, LAST, date(2027, 1, 26))
    with started.transaction() as session:
        now = at(date(2027, 1, 26), 15)
        decide(session, code=ONE, checkpoint=checkpoint, outcome=outcome, by="k1", reason="closed", now=now)
    assert set(live(started, date(2027, 1, 26), date(2027, 1, 27))) == {"coop1@coop.example"}
    assert live(started, date(2027, 1, 28), date(2028, 3, 3), every=10) == []
    with started.reading() as session:
        assert {row.status for row in session.exec(select(Notice))} <= {"sent", "cancelled"}


def test_ended_enrolment_still_counts(started: Database) -> None:
    with started.reading() as session:
        before = summary(session, CODE)
    leave(started)
    with started.reading() as session:
        after = summary(session, CODE)
        state = business_state(session)["cohorts"][0]["enrolments"]
    assert sum(after.statuses.values()) == sum(before.statuses.values()) == 2
    assert sum(after.steps.values()) == sum(before.steps.values())
    assert [(one["code"], one["status"]) for one in state] == [(ONE, "dropped"), ("SM-2027/002", "active")]


def test_end_of_a_suspended_enrolment_ends_its_pause(started: Database) -> None:
    with started.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(LAST, 10))
    leave(started, "dissolved", on=date(2027, 3, 1))
    with started.reading() as session:
        assert session.exec(select(Suspension)).one().until_on == date(2027, 3, 1)
    assert live(started, date(2027, 3, 1), date(2027, 3, 31)) != []  # the other one goes on
    with started.reading() as session:
        assert [key for key, _ in promised_since(session, date(2027, 3, 1)) if "001" in key] == []


def test_nothing_ends_twice(started: Database) -> None:
    leave(started)
    with pytest.raises(AlreadyEnded, match=r"SM-2027/001 has ended on 2027-01-25 \(dropped out\)"):
        leave(started, "excluded", on=date(2027, 2, 1))


def test_end_of_an_unknown_kind_is_refused(started: Database) -> None:
    with pytest.raises(EndUnknown, match="write one of dropped, excluded, dissolved"):
        leave(started, "fired")


LIST = (
    "nom_cooperative;province;date_creation;adherents_actuels;tribunal;numero_registre\n"
    "Coopérative 1;Agadir Ida-Ou-Tanane;01/06/2025;9;Agadir;1/2025\n"
)


def test_another_cohort_is_a_new_enrolment(started: Database, tmp_path: Path) -> None:
    leave(started)
    now, path = at(date(2027, 6, 1), 10), tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    with started.transaction() as session:
        open_cohort(session, code="SM-2028", start_on=date(2028, 1, 3), by="k1", now=now, called_on=date(2027, 6, 1))
        assert take_in(session, table=read_table(path), code="SM-2028", by="k1", now=now).stored == 1
        enrol_cohort(session, code="SM-2028", by="k1", now=now)
    with started.reading() as session:
        cooperatives = session.exec(select(Cooperative).where(Cooperative.register_number == "1/2025")).all()
        mine = select(Enrolment).where(Enrolment.cooperative_id == cooperatives[0].id)
        rows = session.exec(mine.order_by(Enrolment.code)).all()
    assert len(cooperatives) == 1
    assert [(row.code, row.status) for row in rows] == [(ONE, "dropped"), ("SM-2028/001", "active")]


def test_cooperative_that_is_enrolled_late_is_not_silent_yet(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="k1", now=at(date(2027, 5, 3)))
    morning(database, date(2027, 5, 4))
    with database.reading() as session:
        assert [row.kind for row in session.exec(select(Alert))] == ["checkpoint_late"]


def test_ended_enrolment_is_not_resumed(started: Database) -> None:
    leave(started)
    with started.transaction() as session, pytest.raises(NotSuspended, match="is dropped out, not suspended"):
        resume(session, code=ONE, by="k1", now=at(LAST, 16))
