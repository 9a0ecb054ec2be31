"""Moving a date, giving it back to its rule, and a new start: what is refused, what is written, what is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from actions.replan import change_start, move_step, unpin_step
from models import History, Notice, Step
from models.session import Database
from programme.dates_errors import (
    CallNotMoved,
    DayBeforeStart,
    DayClosed,
    DayPast,
    HourUnfit,
    NotAMeeting,
    NothingToMove,
    NotPinned,
    PinnedBeforeStart,
    PlanChanged,
    StartUnchanged,
)
from programme.diffs import Diff
from programme.errors import Refusal, StepClosed, StepUnknown
from tests.world import CODE, at, enrolment_row, morning, open_followed, passage_row, step_row, tick

ONE = f"{CODE}/001"
VISIT = "diagnosis.visit"
TODAY = date(2027, 1, 11)


@pytest.fixture
def world(database: Database) -> Database:
    open_followed(database)
    return database


def move(session: Session, **facts: Any) -> Diff:
    chosen = {"code": ONE, "step": VISIT, "on": date(2027, 1, 27), "by": "k1", "now": at(TODAY, 11)} | facts
    return move_step(session, **chosen)


def moved(session: Session, **facts: Any) -> Diff:
    return move(session, **facts, approve=move(session, **facts).digest)


def test_move_changes_nothing_before_it_is_approved(world: Database) -> None:
    with world.transaction() as session:
        diff = move(session)
        counted = session.exec(select(func.count()).select_from(Notice)).one()
    with world.reading() as session:
        row = step_row(session, VISIT)
        assert session.exec(select(func.count()).select_from(Notice)).one() == counted
    assert [(one.step, one.was_on, one.on) for one in diff.moved] == [(VISIT, date(2027, 1, 25), date(2027, 1, 27))]
    assert (row.due_on, row.pinned, row.moves) == (date(2027, 1, 25), False, 0)


def test_move_pins_the_date_and_writes_the_history(world: Database) -> None:
    with world.transaction() as session:
        moved(session, at="14:30", place="Taroudant", reason="la présidente est absente")
    with world.reading() as session:
        row = step_row(session, VISIT)
        line = session.exec(select(History).order_by(col(History.id).desc())).first()
    assert (row.due_on, row.nominal_on, row.at, row.place) == (
        date(2027, 1, 27),
        date(2027, 1, 25),
        "14:30",
        "Taroudant",
    )
    assert (row.pinned, row.moves) == (True, 1)
    assert line is not None
    assert (line.verb, line.subject, line.by, line.why) == ("date moved", VISIT, "k1", "la présidente est absente")
    assert line.detail["moves"] == [{"step": VISIT, "was_on": "2027-01-25", "on": "2027-01-27", "why": "set by hand"}]


def test_move_of_the_first_module_takes_the_others_along(world: Database) -> None:
    with world.transaction() as session:
        diff = moved(session, step="training.strategy", on=date(2027, 4, 12))
    assert [(one.step, one.on, str(one.why)) for one in diff.moved][:2] == [
        ("training.strategy", date(2027, 4, 12), "set by hand"),
        ("training.project-design", date(2027, 5, 10), "training.strategy + 4 weeks, which has moved"),
    ]
    with world.reading() as session:
        rows = session.exec(select(Step).where(Step.kind == "module").order_by(col(Step.due_on))).all()
    assert [(row.pinned, row.due_on) for row in rows] == [
        (True, date(2027, 4, 12)),
        (False, date(2027, 5, 10)),
        (False, date(2027, 6, 7)),
        (False, date(2027, 7, 5)),
    ]


def test_what_was_approved_must_be_what_is_now(world: Database) -> None:
    with world.transaction() as session:
        seen = move(session)
        moved(session, on=date(2027, 1, 26))
        with pytest.raises(PlanChanged) as refused:
            move(session, approve=seen.digest)
    assert str(refused.value).startswith(f"The plan has changed since you looked (you approve {seen.digest}, now")


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"on": date(2027, 1, 8)}, DayPast),
        ({"on": date(2027, 1, 30)}, DayClosed),
        ({"on": date(2027, 1, 14)}, DayClosed),
        ({"step": "training.strategy", "on": date(2027, 8, 4)}, DayClosed),
        ({"on": date(2027, 1, 25)}, NothingToMove),
        ({"step": "diagnosis.swot", "at": "10:00"}, NotAMeeting),
        ({"at": "25:00"}, HourUnfit),
        ({"at": "23:30"}, HourUnfit),
        ({"at": "9:30"}, HourUnfit),
        ({"on": date(2026, 12, 30), "now": at(date(2026, 12, 21))}, DayBeforeStart),
        ({"step": "no.step"}, StepUnknown),
    ],
)
def test_move_is_refused_in_a_sentence(world: Database, facts: dict[str, Any], refusal: type[Refusal]) -> None:
    with world.transaction() as session, pytest.raises(refusal):
        move(session, **facts)


def test_closed_day_is_refused_with_the_next_open_one(world: Database) -> None:
    with world.transaction() as session, pytest.raises(DayClosed) as refused:
        move(session, on=date(2027, 1, 30))
    assert str(refused.value) == "2027-01-30 is a week-end: choose an open day, such as 2027-02-01."


def test_done_step_and_call_are_not_moved(database: Database) -> None:
    open_followed(database, without_email=(1,))
    morning(database, date(2027, 1, 4))
    with database.transaction() as session:
        calls = select(Step.key).where(Step.kind == "call", Step.status == "open").order_by(col(Step.id))
        call = session.exec(calls).first()
        with pytest.raises(CallNotMoved):
            move(session, step=call)
        session.rollback()
    tick(database, "start.contact", date(2027, 1, 8))
    with database.transaction() as session, pytest.raises(StepClosed):
        move(session, step="start.contact")


def test_same_day_at_another_hour_keeps_the_reminders_to_come(world: Database) -> None:
    morning(world, date(2027, 1, 11))
    with world.transaction() as session:
        diff = moved(session, on=date(2027, 1, 25), at="16:00")
    morning(world, date(2027, 1, 15))
    morning(world, date(2027, 1, 18))
    morning(world, date(2027, 1, 22))
    with world.reading() as session:
        told = session.exec(select(Notice).join(Step).where(Step.key == VISIT).order_by(col(Notice.id))).all()
    assert diff.moved[0].more == {"at": ("10:30", "16:00")}
    assert [row.key.split("/")[3] for row in told if row.status == "pending"] == [
        "date_changed-1@2027-01-25",
        "date_changed-1@2027-01-25",
        "meeting-2@2027-01-25",
        "step_reminder-1@2027-01-25",
    ]
    assert [row.facts["at"] for row in told if row.kind == "meeting" and row.status == "pending"] == ["16:00"]


def test_unpinned_date_goes_back_to_its_rule(world: Database) -> None:
    facts: dict[str, Any] = {"code": ONE, "step": VISIT, "by": "k1", "now": at(TODAY, 12)}
    with world.transaction() as session:
        with pytest.raises(NotPinned):
            unpin_step(session, **facts)
        moved(session)
        diff = unpin_step(session, **facts)
        unpin_step(session, **facts, approve=diff.digest)
    with world.reading() as session:
        row = step_row(session, VISIT)
    assert (row.due_on, row.pinned) == (date(2027, 1, 25), False)
    assert [str(one.why) for one in diff.moved] == ["back to its rule, start + 3 weeks"]


def start(session: Session, on: date, approve: str | None = None, by: str = "k1") -> Diff:
    return change_start(session, code=ONE, start_on=on, by=by, now=at(TODAY, 11), approve=approve)


def test_start_is_refused_when_nothing_changes_or_a_pinned_date_would_come_before_it(world: Database) -> None:
    with world.transaction() as session:
        with pytest.raises(StartUnchanged):
            start(session, date(2027, 1, 4))
        moved(session)
        with pytest.raises(PinnedBeforeStart):
            start(session, date(2027, 2, 1))


def test_start_keeps_the_reminders_of_pinned_dates_and_what_waits(world: Database) -> None:
    with world.transaction() as session:
        moved(session, by="c1")
        diff = start(session, date(2027, 1, 18))
    assert [(line.kind, line.to, line.on) for line in sorted(diff.kept, key=lambda line: line.order)] == [
        ("date_changed", "cooperative:SM-2027/001", date(2027, 1, 11)),
        ("step_reminder", "coach:c1", date(2027, 1, 20)),
        ("meeting", "cooperative:SM-2027/001", date(2027, 1, 25)),
        ("step_reminder", "coach:c1", date(2027, 1, 26)),
    ]


def test_start_moves_the_windows_that_are_not_behind(world: Database) -> None:
    morning(world, date(2027, 1, 4))
    with world.transaction() as session:
        start(session, date(2027, 2, 1), start(session, date(2027, 2, 1)).digest)
        begun, training = passage_row(session, "start"), passage_row(session, "training")
        assert enrolment_row(session).start_on == date(2027, 2, 1)
        assert (begun.entered_on, begun.closes_on, begun.wake_on) == (
            date(2027, 1, 4),
            date(2027, 3, 1),
            date(2027, 3, 2),
        )
        assert (training.opens_on, training.wake_on) == (date(2027, 5, 1), date(2027, 5, 1))
