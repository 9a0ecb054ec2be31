"""Appeals against an exclusion or a refusal to select: fifteen days, one answer, and the time that was left."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from actions.appeals import close_appeal, file_appeal
from actions.ends import decline, end
from actions.enrol import enrol_cohort
from actions.pause import suspend
from models import Alert, Appeal
from models.session import Database
from programme.pausing_errors import AppealKnown, AppealTooLate, NoAppeal, NothingToAppeal, NotSelected
from tests.journey.living import live, promised_since
from tests.moulds import built_once
from tests.world import (
    CODE,
    at,
    enrolment_row,
    morning,
    open_followed,
    open_world,
    passage_row,
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
    """A cooperative with a coach, lived to 25 January; its contact is done."""
    open_followed(database)
    live(database, date(2027, 1, 4), date(2027, 1, 12))
    tick(database, "start.contact", date(2027, 1, 12))
    live(database, date(2027, 1, 13), date(2027, 1, 24))
    morning(database, LAST)
    return database


def appeal(database: Database, on: date, against: str = "exit") -> None:
    with database.transaction() as session:
        file_appeal(session, code=ONE, against=against, grounds="a flood", by="k1", now=at(on, 10))  # type: ignore[arg-type] # one of two


def answer(database: Database, on: date, *, upheld: bool) -> None:
    with database.transaction() as session:
        close_appeal(session, code=ONE, upheld=upheld, reason="the commission agreed", by="d1", now=at(on, 10))


def test_appeal_has_fifteen_days_the_last_one_included(started: Database) -> None:
    leave(started, "excluded")
    with pytest.raises(AppealTooLate, match="could appeal until 2027-02-09, 15 days after the decision of 2027-01-25"):
        appeal(started, date(2027, 2, 10))
    appeal(started, date(2027, 2, 9))
    with started.reading() as session:
        assert session.exec(select(Appeal)).one().status == "filed"


def test_appeal_upheld_gives_the_remaining_time_back_and_is_told_once(started: Database) -> None:
    with started.reading() as session:
        assert step_row(session, "diagnosis.swot").due_on == date(2027, 2, 8)
        opens_on = passage_row(session, "training").opens_on
    leave(started, "excluded")
    appeal(started, date(2027, 2, 1))
    answer(started, BACK, upheld=True)
    with started.reading() as session:
        enrolment = enrolment_row(session)
        assert (enrolment.status, enrolment.outcome, enrolment.ended_on) == ("active", None, None)
        assert step_row(session, "diagnosis.swot").due_on == date(2027, 3, 29)
        assert step_row(session, "start.contact").status == "done"
        assert passage_row(session, "training").opens_on == opens_on + (BACK - LAST)
        assert [key for key, _ in promised_since(session, BACK)] == [
            "-/resumed@2027-03-15/cooperative:SM-2027/001",
            "-/resumed@2027-03-15/coach:c1",
        ]
        assert [verb for _, verb, _ in story(session)][-4:] == [
            "ended",
            "appeal filed",
            "appeal upheld",
            "reinstated",
        ]


def test_appeal_upheld_wakes_reminders_and_stages(started: Database) -> None:
    leave(started, "excluded")
    appeal(started, date(2027, 2, 1))
    answer(started, BACK, upheld=True)
    with started.reading() as session:
        assert step_row(session, "diagnosis.swot").remind_on == date(2027, 3, 22)
        assert passage_row(session, "start").wake_on is not None
    written = live(started, BACK, date(2027, 3, 23))
    assert "c1@odco.example" in written


def test_appeal_upheld_counts_silence_anew(started: Database) -> None:
    leave(started, "excluded")
    appeal(started, date(2027, 2, 1))
    answer(started, date(2027, 7, 5), upheld=True)
    morning(started, date(2027, 7, 6))
    with started.reading() as session:
        enrolment = enrolment_row(session)
        assert session.exec(select(Alert).where(Alert.enrolment_id == enrolment.id)).all() == []


def test_appeal_upheld_after_a_pause_ends_the_pause_too(started: Database) -> None:
    with started.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(LAST, 10))
    leave(started, "excluded", on=date(2027, 2, 20))
    appeal(started, date(2027, 2, 25))
    answer(started, BACK, upheld=True)
    with started.reading() as session:
        assert step_row(session, "diagnosis.swot").due_on == date(2027, 3, 29)


def test_appeal_rejected_changes_nothing(started: Database) -> None:
    leave(started, "excluded")
    appeal(started, date(2027, 2, 1))
    answer(started, BACK, upheld=False)
    with started.reading() as session:
        assert enrolment_row(session).status == "excluded"
        assert session.exec(select(Appeal)).one().status == "rejected"
        assert promised_since(session, LAST, 15) == []
    with pytest.raises(AppealKnown, match=r"on 2027-02-01 already \(rejected\)"):
        appeal(started, date(2027, 2, 2))
    with pytest.raises(NoAppeal):
        answer(started, BACK, upheld=True)


def test_only_an_exclusion_is_appealed_against(started: Database) -> None:
    with pytest.raises(NothingToAppeal, match=r"it is under way"):
        appeal(started, LAST)
    leave(started)
    with pytest.raises(NothingToAppeal, match=r"it is dropped"):
        appeal(started, LAST)


def test_cooperative_that_is_not_selected_may_appeal_and_be_enrolled(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        decline(session, code=ONE, reason="fewer than 5 members", by="k1", now=at(date(2026, 12, 15), 10))
        enrolment = enrolment_row(session)
        assert (enrolment.status, enrolment.outcome) == ("excluded", "not selected")
    with pytest.raises(NothingToAppeal):
        appeal(database, date(2026, 12, 20))
    appeal(database, date(2026, 12, 20), "selection")
    answer(database, date(2026, 12, 22), upheld=True)
    with database.transaction() as session:
        assert enrolment_row(session).status == "selected"
        assert [row.code for row in enrol_cohort(session, code=CODE, by="k1", now=at(date(2026, 12, 23)))] == [ONE]


def test_only_a_selected_cooperative_is_declined(started: Database) -> None:
    with started.transaction() as session, pytest.raises(NotSelected, match="SM-2027/001 is under way"):
        decline(session, code=ONE, reason="x", by="k1", now=at(LAST))
