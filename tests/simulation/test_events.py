"""What life does to a simulated cohort: drawn from the seed, and carried out with the verbs of real people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from actions.cohorts import cohort_of
from models import Contact, Enrolment, History
from models.session import Database
from simulation import events
from simulation.happenings import happen, moves_a_visit
from simulation.people import People
from tests.world import CODE, at, enrolment_row, open_followed, step_row

START = date(2027, 1, 4)
CODES = [f"SM-2027/{rank:03d}" for rank in range(1, 2001)]


def verbs(session: Session) -> list[tuple[str, str]]:
    return list(session.exec(select(History.by, History.verb).where(History.by == "simulation")).all())


def test_events_are_the_same_each_time_and_in_order() -> None:
    drawn = [events.of_cooperative(People(1), code, START) for code in CODES]
    assert drawn == [events.of_cooperative(People(1), code, START) for code in CODES]
    assert all(one == sorted(one, key=lambda event: event.on) for one in drawn)


def test_events_come_as_often_as_they_are_said_to() -> None:
    kinds = [event.kind for code in CODES for event in events.of_cooperative(People(1), code, START)]
    shares = {kind: kinds.count(kind) / len(CODES) for kind in ("pause", "resume", "drop out", "president")}
    expected = {"pause": events.PAUSES, "drop out": events.LEAVES, "president": events.PRESIDENTS}
    assert shares["pause"] == shares["resume"]
    assert {kind: round(shares[kind], 1) for kind in expected} == {kind: round(expected[kind], 1) for kind in expected}


@pytest.fixture
def cohort(database: Database) -> Database:
    open_followed(database, coaches=2)
    return database


def live(database: Database, monkeypatch: pytest.MonkeyPatch, kind: str, on: date) -> int:
    """Have one event on a day, whatever the seed says, and live that day."""
    happening = [events.Event(on, kind)]  # type: ignore[arg-type] # one of the kinds
    monkeypatch.setattr("simulation.happenings._events", lambda *_: happening)
    with database.transaction() as session:
        return happen(session, cohort_of(session, CODE), People(1), now=at(on, 15))


@pytest.mark.parametrize(
    ("kind", "status"), [("pause", "suspended"), ("drop out", "dropped"), ("president", "active"), ("resume", "active")]
)
def test_event_is_carried_out_with_its_verb_or_refused_like_a_real_one(
    cohort: Database, monkeypatch: pytest.MonkeyPatch, kind: str, status: str
) -> None:
    done = live(cohort, monkeypatch, kind, date(2027, 3, 1))
    with cohort.reading() as session:
        assert enrolment_row(session).status == status
        assert done == (0 if kind == "resume" else 1)  # nobody resumes who was not suspended


def test_new_president_answers_at_another_address(cohort: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    live(cohort, monkeypatch, "president", date(2027, 3, 1))
    with cohort.reading() as session:
        mine = select(Contact.email).join(Enrolment, Contact.cooperative_id == Enrolment.cooperative_id)
        rows = session.exec(mine.where(Contact.starts_on == date(2027, 3, 1))).all()
    assert rows == ["presidence-2.sm-2027-001@mourafaka-demo.example"]


def test_event_of_a_week_end_happens_on_the_monday(cohort: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.happenings._events", lambda *_: [events.Event(date(2027, 2, 27), "pause")])
    with cohort.transaction() as session:
        assert happen(session, cohort_of(session, CODE), People(1), now=at(date(2027, 3, 1), 15)) == 1


def test_coach_who_leaves_hands_over_to_those_who_stay(cohort: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "simulation.events.coach_leaves_on", lambda _people, coach, _start: date(2027, 3, 1) if coach == "c1" else None
    )
    monkeypatch.setattr("simulation.happenings._events", lambda *_: [])
    with cohort.transaction() as session:
        assert happen(session, cohort_of(session, CODE), People(1), now=at(date(2027, 3, 1), 15)) == 1
        assert ("simulation", "coach assigned") in verbs(session)


def test_visit_moves_shortly_before_its_day_to_a_working_day(cohort: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.events.moved_by", lambda *_: 5)
    due = date(2027, 1, 25)
    for day, moved in ((due - timedelta(days=7), 0), (due - timedelta(days=4), 1)):
        with cohort.transaction() as session:
            code = f"{CODE}/001"
            assert moves_a_visit(session, People(1), code, "diagnosis.visit", due, now=at(day, 15)) == moved
    with cohort.reading() as session:
        visit = step_row(session, "diagnosis.visit")
    assert (visit.due_on, visit.pinned) == (date(2027, 2, 1), True)
