"""Whom a morning tells of which step, and what it writes down without saying it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import func, select

from actions.cohorts import cohort_of
from actions.due import steps_due
from actions.programmes import publish
from actions.remind import remind
from models import Notice, Step
from models.session import Database
from programme.definition_file import shipped_text
from tests.world import (
    CODE,
    NOW,
    at,
    enrolment_row,
    morning,
    notice_row,
    open_enrolled,
    open_followed,
    statements,
    step_row,
    tick,
    told,
)

STALE = "its day passed while nothing ran"


def remind_of(database: Database, ids: list[int], day: date) -> int:
    with database.transaction() as session:
        return remind(session, cohort_of(session, CODE), ids, now=at(day))


def due(database: Database, day: date) -> list[int]:
    with database.reading() as session:
        return steps_due(session, cohort_of(session, CODE), day, limit=10_000)


def test_owner_is_reminded_seven_days_before_and_looked_at_again(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 5))
    with database.reading() as session:
        assert told(session, "start.coach") == [("coordinator:k1 step_reminder", "pending", "")]
        assert step_row(session, "start.coach").remind_on == date(2027, 1, 8)


@pytest.mark.parametrize(
    ("day", "recipient", "kind"),
    [
        (date(2027, 1, 15), "coordinator:k1", "step_late"),
        (date(2027, 1, 19), "coordinator:k1", "escalation"),
        (date(2027, 2, 2), "delegate:d1", "escalation"),
    ],
)
def test_late_step_is_chased_and_goes_up(database: Database, day: date, recipient: str, kind: str) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        step_row(session, "start.coach").remind_on = day
    morning(database, day)
    with database.reading() as session:
        assert told(session, "start.coach") == [(f"{recipient} {kind}", "pending", "")]


def test_cooperative_is_invited_to_a_meeting(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        meeting = notice_row(session, "SM-2027/001/diagnosis.visit/meeting-10@2027-01-25/cooperative:SM-2027/001")
    assert (meeting.channel, meeting.facts["on"], meeting.facts["at"], meeting.facts["ends_at"]) == (
        "email",
        "2027-01-25",
        "10:30",
        "11:50",
    )


def test_step_of_a_coach_goes_to_the_coordinator_while_there_is_none(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 4))
    with database.reading() as session:
        assert told(session, "start.contact") == [("coordinator:k1 step_reminder", "pending", "")]


def test_after_an_outage_only_the_latest_is_said_to_each(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 2, 3))
    with database.reading() as session:
        coach = told(session, "start.coach")
        visit = told(session, "diagnosis.visit")
    assert coach == [
        ("coordinator:k1 step_reminder", "skipped", STALE),
        ("coordinator:k1 step_reminder", "skipped", STALE),
        ("coordinator:k1 step_late", "pending", ""),
        ("coordinator:k1 escalation", "pending", ""),
        ("delegate:d1 escalation", "pending", ""),
    ]
    assert ("cooperative:SM-2027/001 meeting", "pending", "") not in visit
    assert visit.count(("cooperative:SM-2027/001 meeting", "skipped", STALE)) == 2


def test_after_an_outage_nothing_is_said_of_a_meeting_that_is_over(database: Database) -> None:
    open_enrolled(database, without_email=(1,))
    morning(database, date(2027, 1, 27))
    with database.reading() as session:
        states = {row.status for row in session.exec(select(Notice).where(Notice.kind == "meeting"))}
        calls = session.exec(select(Step.key).where(Step.origin == "call")).all()
    assert states == {"skipped"}
    assert [key for key in calls if "legal" not in key] == ["call.-/welcome/cooperative:SM-2027/001"]


def test_nothing_is_said_of_what_is_done(database: Database) -> None:
    open_enrolled(database)
    tick(database, "start.coach", date(2027, 1, 4))
    morning(database, date(2027, 1, 5))
    with database.reading() as session:
        assert told(session, "start.coach") == []


def test_nothing_is_said_of_a_step_done_since_it_was_asked_for(database: Database) -> None:
    open_enrolled(database)
    ids = due(database, date(2027, 1, 5))
    with database.reading() as session:
        coach = step_row(session, "start.coach").id
    tick(database, "start.coach", date(2027, 1, 4))
    remind_of(database, ids, date(2027, 1, 5))
    assert coach in ids
    with database.reading() as session:
        assert told(session, "start.coach") == []


@pytest.mark.parametrize("status", ["suspended", "completed", "dropped", "excluded", "dissolved"])
def test_nothing_is_said_to_who_is_not_active(database: Database, status: str) -> None:
    open_enrolled(database)
    ids = due(database, date(2027, 1, 5))
    with database.transaction() as session:
        enrolment_row(session).status = status
    assert len(ids) > 0
    assert (due(database, date(2027, 1, 5)), remind_of(database, ids, date(2027, 1, 5))) == ([], 0)


def test_reminding_twice_says_nothing_twice(database: Database) -> None:
    open_followed(database, cooperatives=2, without_email=(2,))
    ids = due(database, date(2027, 1, 18))
    first = remind_of(database, ids, date(2027, 1, 18))
    with database.reading() as session:
        before = session.exec(select(func.count()).select_from(Notice)).one()
    second = remind_of(database, ids, date(2027, 1, 18))
    with database.reading() as session:
        after = session.exec(select(func.count()).select_from(Notice)).one()
    assert first > 10
    assert (second, after) == (0, before)


def test_longest_waiting_steps_come_first(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        days = [session.get_one(Step, one).remind_on for one in due(database, date(2027, 2, 1))]
    assert days == sorted(days)
    assert (len(days), days[0]) == (9, date(2027, 1, 4))


def test_enrolment_of_another_version_is_told_by_its_own_rules(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    second = (
        shipped_text()
        .replace("version: 1\n", "version: 2\n", 1)
        .replace("{days: -7, to: owner}", "{days: -6, to: owner}")
    )
    with database.transaction() as session:
        version = publish(session, second, by="k1", now=NOW)
        assert version.id is not None
        enrolment_row(session, 2).programme_version_id = version.id
        step_row(session, "start.coach", rank=2).remind_on = date(2027, 1, 6)
    morning(database, date(2027, 1, 6))
    with database.reading() as session:
        keys = session.exec(select(Notice.key).join(Step).where(Step.key == "start.coach").order_by(Notice.key)).all()
    assert keys == [
        "SM-2027/001/start.coach/step_reminder-7@2027-01-12/coordinator:k1",
        "SM-2027/002/start.coach/step_reminder-6@2027-01-12/coordinator:k1",
    ]


def count_statements(database: Database, day: date, some: int) -> tuple[int, int]:
    """Return how many questions and updates the reminders of ``some`` due steps take, and how many were promised.

    Inserts are not counted: SQLite gives the ids of new rows back one by one.
    """
    ids = due(database, day)[:some]
    assert len(ids) == some
    with statements(database) as seen:
        promised = remind_of(database, ids, day)
    return sum(not statement.startswith("INSERT") for statement in seen), promised


@pytest.mark.parametrize("without_email", [(), tuple(range(1, 21))])
def test_statements_of_a_chunk_do_not_grow_with_its_steps(database: Database, without_email: tuple[int, ...]) -> None:
    """At most 19, 10 steps or 80: the steps, 4 of people, 2 of the backlog, texts, keys, 2 a day's message, updates."""
    open_followed(database, cooperatives=20, without_email=without_email)
    few, promised_few = count_statements(database, date(2027, 1, 19), 10)
    many, promised_many = count_statements(database, date(2027, 1, 19), 80)
    assert promised_many > 5 * promised_few
    assert max(few, many) <= 19
