"""A cohort's whole morning: done twice it does nothing twice, and only one is under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.morning import (
    Done,
    checkpoint_work,
    next_morning,
    next_sending,
    release_lease,
    reminder_chunks,
    reminder_work,
    stage_work,
    take_lease,
    what_is_due,
)
from models import Cohort, History, Lease, Notice, Step
from models.session import Database
from programme.errors import MorningBusy
from tests.world import (
    CODE,
    at,
    evaluate,
    morning,
    open_enrolled,
    open_followed,
    open_world,
    statements,
    step_row,
    tick,
)

NAME = "morning:SM-2027"
EIGHT = at(date(2027, 1, 4))
HALF_AN_HOUR = timedelta(minutes=30)


def take(database: Database, holder: str, minutes: int) -> int:
    now = EIGHT + timedelta(minutes=minutes)
    return take_lease(database, NAME, holder=holder, now=now, lasts=HALF_AN_HOUR)


def the_cohort(database: Database) -> Cohort:
    with database.reading() as session:
        return cohort_of(session, CODE)


def everything(database: Database) -> list[object]:
    with database.reading() as session:
        return [
            [row.model_dump() for row in session.exec(select(table).order_by("id")).all()]
            for table in (Step, Notice, History)
        ]


@pytest.mark.parametrize("day", [date(2027, 1, 4), date(2027, 1, 18), date(2027, 2, 2)])
def test_morning_twice_is_a_morning_once(database: Database, day: date) -> None:
    open_followed(database, cooperatives=3, without_email=(2,))
    for step in ("start.contact", "start.convention", "start.data-protection"):
        tick(database, step, date(2027, 1, 4))
    evaluate(database, "M0", date(2027, 1, 4))
    first = morning(database, day)
    before = everything(database)
    second = morning(database, day)
    assert (len(first.conclusions) > 0, first.promised > 0, first.failures) == (True, True, [])
    assert (second.conclusions, second.promised, second.failures) == ([], 0, [])
    assert everything(database) == before


def test_what_is_due_names_stages_in_the_programmes_order(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.reading() as session:
        early = what_is_due(session, cohort_of(session, CODE), at(date(2027, 1, 3)))
        late = what_is_due(session, cohort_of(session, CODE), at(date(2029, 1, 4)))
    assert early.is_empty
    assert list(late.stages) == ["start", "diagnosis", "training", "coaching", "closing"]
    assert (late.stages["coaching"], late.evaluations, late.reminders) == ([1, 2], [], True)


def test_reminders_come_in_chunks(database: Database) -> None:
    open_enrolled(database, cooperatives=70)
    chunks = list(reminder_chunks(database, the_cohort(database), at(date(2027, 2, 2))))
    sizes = [len(chunk) for chunk in chunks]
    assert (sizes[0], len(sizes), sum(sizes)) == (600, 2, len({one for chunk in chunks for one in chunk}))


def test_bad_records_among_many_are_found_and_the_others_done_together(database: Database) -> None:
    open_enrolled(database, cooperatives=20)
    for rank in (3, 4, 17):
        spoil(database, rank)
    with statements(database) as seen:
        done = morning(database, date(2027, 1, 4))
    with database.reading() as session:
        promised = session.exec(select(Notice.key).where(Notice.kind == "step_reminder")).all()
    assert sorted(what for what, _ in done.failures) == [f"SM-2027/{rank:03}/start.contact" for rank in (3, 4, 17)]
    assert all(why.startswith("KeyError in ") and "forgotten" not in why for _, why in done.failures)
    assert (len(promised), done.promised) == (37, 37)
    assert sum("step.rule" in statement for statement in seen) < 30  # tries: item by item it would be 41


def spoil(database: Database, rank: int) -> int:
    """Give a step a rule that is in no definition, and return its id."""
    with database.transaction() as session:
        step = step_row(session, "start.contact", rank=rank)
        step.rule = "start.forgotten"
        assert step.id is not None
        return step.id


def test_step_that_fails_holds_back_nobody_and_is_reported(database: Database) -> None:
    open_enrolled(database, cooperatives=3)
    spoil(database, 2)
    done = morning(database, date(2027, 1, 4))
    with database.reading() as session:
        keys = session.exec(select(Notice.key).where(Notice.kind == "step_reminder").order_by(Notice.key)).all()
    assert [what for what, _ in done.failures] == ["SM-2027/002/start.contact"]
    assert [key.partition("/step_")[0] for key in keys] == [
        "SM-2027/001/start.contact",
        "SM-2027/001/start.convention",
        "SM-2027/002/start.convention",
        "SM-2027/003/start.contact",
        "SM-2027/003/start.convention",
    ]


def test_meeting_whose_hour_cannot_be_said_holds_back_nobody(database: Database) -> None:
    """Its invitation has the shape of the others', but for a value that the template cannot read."""
    open_enrolled(database, cooperatives=3)
    with database.transaction() as session:
        step = step_row(session, "diagnosis.visit", rank=2)
        step.at = "9:5"
    done = morning(database, date(2027, 1, 15))
    with database.reading() as session:
        keys = session.exec(select(Notice.key).where(Notice.kind == "meeting").order_by(Notice.key)).all()
    assert [what for what, _ in done.failures] == ["SM-2027/002/diagnosis.visit"]
    assert "UnusableFact" in done.failures[0][1]
    assert [key.partition("/diagnosis")[0] for key in keys] == ["SM-2027/001", "SM-2027/003"]


def test_step_that_fails_alone_is_reported_too(database: Database) -> None:
    open_enrolled(database)
    spoilt = spoil(database, 1)
    done = reminder_work(database, the_cohort(database), [spoilt], EIGHT)
    assert (done.promised, [what for what, _ in done.failures]) == (0, ["SM-2027/001/start.contact"])


def work_on_stages(database: Database, cohort: Cohort) -> Done:
    return stage_work(database, cohort, "start", [1, 2], EIGHT)


def work_on_checkpoints(database: Database, _cohort: Cohort) -> Done:
    return checkpoint_work(database, [1, 2], EIGHT)


def work_on_reminders(database: Database, cohort: Cohort) -> Done:
    return reminder_work(database, cohort, [1, 2, 3], at(date(2027, 1, 18)))


@pytest.mark.parametrize(
    ("work", "table"),
    [(work_on_stages, "passage"), (work_on_checkpoints, "evaluation"), (work_on_reminders, "holiday_override")],
)
def test_database_that_fails_is_nobodys_failure(
    database: Database, work: Callable[[Database, Cohort], Done], table: str
) -> None:
    open_enrolled(database, cooperatives=2)
    cohort = the_cohort(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO elsewhere")
    with pytest.raises(DBAPIError, match=f'no such table: {table}|relation "{table}" does not exist'):
        work(database, cohort)


def test_lease_is_refused_while_somebody_else_holds_it(database: Database) -> None:
    assert take(database, "one", 0) == 1
    with pytest.raises(MorningBusy, match=r"morning of SM-2027 is under way \(until 2027-01-04T08:30:00"):
        take(database, "two", 29)


def test_lease_is_taken_when_it_has_expired_with_a_higher_fence(database: Database) -> None:
    assert [take(database, "one", 0), take(database, "two", 30)] == [1, 2]
    with pytest.raises(MorningBusy):
        take(database, "one", 31)


def test_lease_is_kept_by_its_holder(database: Database) -> None:
    assert [take(database, "one", 0), take(database, "one", 20)] == [1, 2]
    with pytest.raises(MorningBusy):
        take(database, "two", 45)


def test_lease_that_was_given_back_is_free(database: Database) -> None:
    take(database, "one", 0)
    release_lease(database, NAME, holder="one", now=EIGHT + timedelta(minutes=2))
    assert take(database, "two", 2) == 2


def test_lease_of_another_is_not_given_back(database: Database) -> None:
    take(database, "one", 0)
    release_lease(database, NAME, holder="two", now=EIGHT + timedelta(minutes=1))
    with database.reading() as session:
        lease = session.exec(select(Lease)).one()
    assert (lease.holder, lease.until, lease.fence) == ("one", EIGHT + HALF_AN_HOUR, 1)


def test_leases_of_two_cohorts_do_not_meet(database: Database) -> None:
    take(database, "one", 0)
    assert take_lease(database, "morning:SM-2028", holder="two", now=EIGHT, lasts=HALF_AN_HOUR) == 1


def asked(session: Session) -> tuple[date | None, date | None]:
    return next_morning(session), next_sending(session)


def test_next_morning_and_sending_are_the_first_days_with_something_to_do(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.reading() as session:
        assert asked(session) == (None, None)
    open_day = date(2027, 1, 4)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="k1", now=at(date(2026, 12, 14)))
    with database.reading() as session:
        assert asked(session) == (open_day, open_day)
    morning(database, open_day)
    with database.reading() as session:
        assert next_morning(session) == date(2027, 1, 5)


def test_recorded_evaluation_is_work_for_a_morning(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2026, 12, 28))
    with database.reading() as session:
        assert next_morning(session) == date(2026, 12, 28)
