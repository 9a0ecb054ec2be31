"""A visit that moves and comes back: what people hear, what stays, and what is said before anything is changed."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from models import Notice, Step
from models.session import Database
from tests.journey.moving import ONE, VISIT, lines, live, move, standing, world

FEBRUARY = [date(2027, 2, day) for day in (19, 23, 26)]
"""The days on which a visit of 5 March is spoken of before it is moved."""


def test_visit_that_moves_and_comes_back_is_told_once_each_time(database: Database) -> None:
    world(database, date(2027, 2, 12), cooperatives=2)
    live(database, *FEBRUARY, date(2027, 3, 1))
    move(database, date(2027, 3, 19), date(2027, 3, 1))
    with database.reading() as session:
        after = standing(session, VISIT)
        others = session.exec(select(Step.due_on).where(Step.key == VISIT).order_by(col(Step.id))).all()
        reminder = session.exec(
            select(Notice).where(Notice.key == f"{ONE}/{VISIT}/step_reminder-1@2027-03-05/coach:c1")
        ).one()
    assert others == [date(2027, 3, 19), date(2027, 3, 5)]
    assert reminder.reason == "the date has moved from 2027-03-05 to 2027-03-19: set by hand"
    assert [row for row in after if "SM-2027/001" in row[1] or row[1] == "coach:c1"][:6] == [
        ("date_changed-1@2027-03-19", "cooperative:SM-2027/001", "pending"),
        ("meeting-10@2027-03-05", "cooperative:SM-2027/001", "sent"),
        ("meeting-2@2027-03-05", "cooperative:SM-2027/001", "cancelled"),
        ("step_reminder-14@2027-03-05", "coach:c1", "sent"),
        ("step_reminder-1@2027-03-05", "coach:c1", "cancelled"),
        ("step_reminder-7@2027-03-05", "coach:c1", "sent"),
    ]


def _about_one(database: Database) -> dict[str, str]:
    with database.reading() as session:
        rows = session.exec(
            select(Notice).where(col(Notice.key).startswith(f"{ONE}/{VISIT}/")).order_by(col(Notice.id))
        )
        return {row.key.split("/")[3]: row.status for row in rows}


def test_change_notice_says_old_and_new_date_and_moves_the_calendar_s_event(database: Database) -> None:
    world(database, date(2027, 2, 12))
    live(database, *FEBRUARY)
    move(database, date(2027, 3, 19), date(2027, 3, 1))
    mailer = live(database, date(2027, 3, 1))
    ((address, body),) = [mail for mail in mailer.sent if b"date_changed" in mail[1] or b"coop1@" in mail[1]]
    with database.reading() as session:
        notice = session.exec(select(Notice).where(Notice.kind == "date_changed")).one()
    assert address == "coop1@coop.example"
    assert (notice.facts["was_on"], notice.facts["on"], notice.facts["at"]) == ("2027-03-05", "2027-03-19", "10:30")
    assert (notice.facts["uid"], notice.facts["sequence"]) == ("SM-2027-001-diagnosis.visit", 1)
    assert b"text/calendar" in body


def test_reminders_follow_the_new_date(database: Database) -> None:
    """The invitation ten days before falls on the feast of 9 March: it would leave a week after the change is told."""
    world(database, date(2027, 2, 12))
    live(database, *FEBRUARY)
    move(database, date(2027, 3, 19), date(2027, 3, 1))
    live(database, *[date(2027, 3, day) for day in (1, 2, 3, 4, 5, 9, 12, 17, 18)])
    assert {key: status for key, status in _about_one(database).items() if "19" in key} == {
        "date_changed-1@2027-03-19": "sent",
        "step_reminder-7@2027-03-19": "sent",
        "meeting-2@2027-03-19": "sent",
        "step_reminder-1@2027-03-19": "sent",
    }


def test_moved_back_the_old_reminder_lives_again_and_none_is_repeated(database: Database) -> None:
    world(database, date(2027, 2, 12))
    live(database, *FEBRUARY)
    there = move(database, date(2027, 3, 19), date(2027, 3, 1))
    live(database, date(2027, 3, 1))
    back = move(database, date(2027, 3, 5), date(2027, 3, 2))
    live(database, *[date(2027, 3, day) for day in (2, 3, 4)])
    assert _about_one(database) == {
        "step_reminder-14@2027-03-05": "sent",
        "meeting-10@2027-03-05": "sent",
        "step_reminder-7@2027-03-05": "sent",
        "meeting-2@2027-03-05": "sent",
        "step_reminder-1@2027-03-05": "sent",
        "date_changed-1@2027-03-19": "sent",
        "step_reminder-7@2027-03-19": "cancelled",
        "meeting-2@2027-03-19": "cancelled",
        "step_reminder-1@2027-03-19": "cancelled",
        "date_changed-2@2027-03-05": "sent",
    }
    assert lines(there, "cancelled") == [
        ("meeting", "cooperative", date(2027, 3, 3)),
        ("step_reminder", "coach", date(2027, 3, 4)),
    ]
    assert lines(there, "added") == [
        ("date_changed", "cooperative", None),
        ("meeting", "cooperative", date(2027, 3, 17)),
        ("step_reminder", "coach", date(2027, 3, 12)),
        ("step_reminder", "coach", date(2027, 3, 18)),
    ]
    assert lines(back, "kept") == [
        ("meeting", "cooperative", date(2027, 2, 23)),
        ("step_reminder", "coach", date(2027, 2, 19)),
        ("step_reminder", "coach", date(2027, 2, 26)),
    ]


def test_nobody_else_hears_of_a_visit_that_moves(database: Database) -> None:
    world(database, date(2027, 2, 12), cooperatives=2)
    live(database, *FEBRUARY, date(2027, 3, 1))
    with database.reading() as session:
        before = {row.key for row in session.exec(select(Notice))}
    move(database, date(2027, 3, 19), date(2027, 3, 1))
    with database.reading() as session:
        new = [row.key for row in session.exec(select(Notice)) if row.key not in before and row.status == "pending"]
    assert new == [f"{ONE}/{VISIT}/date_changed-1@2027-03-19/cooperative:{ONE}"]


def test_change_that_has_not_left_gives_way_to_the_next_one(database: Database) -> None:
    world(database, date(2027, 2, 12))
    live(database, *FEBRUARY)
    move(database, date(2027, 3, 19), date(2027, 3, 1), by="k1")
    move(database, date(2027, 3, 22), date(2027, 3, 1), by="k1")
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.kind == "date_changed").order_by(col(Notice.id))).all()
    assert [(row.recipient, row.facts["was_on"], row.facts["on"], row.status) for row in rows] == [
        ("cooperative:SM-2027/001", "2027-03-05", "2027-03-19", "cancelled"),
        ("coach:c1", "2027-03-05", "2027-03-19", "cancelled"),
        ("cooperative:SM-2027/001", "2027-03-05", "2027-03-22", "pending"),
        ("coach:c1", "2027-03-05", "2027-03-22", "pending"),
    ]


def test_change_that_is_undone_before_it_left_is_not_told(database: Database) -> None:
    world(database, date(2027, 2, 12))
    live(database, *FEBRUARY)
    move(database, date(2027, 3, 19), date(2027, 3, 1), by="k1")
    move(database, date(2027, 3, 5), date(2027, 3, 1), by="k1")
    live(database, *[date(2027, 3, day) for day in (1, 2, 3, 4)])
    with database.reading() as session:
        changes = session.exec(select(Notice.status).where(Notice.kind == "date_changed")).all()
    assert changes == ["cancelled", "cancelled"]
    assert _about_one(database)["step_reminder-1@2027-03-05"] == "sent"
    assert _about_one(database)["meeting-2@2027-03-05"] == "sent"


def test_cooperative_without_mail_is_called_and_its_coach_reads_of_it_once(database: Database) -> None:
    world(database, date(2027, 2, 12), without_email=(1,))
    live(database, *FEBRUARY)
    move(database, date(2027, 3, 19), date(2027, 3, 1), by="k1")
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.status == "pending", Notice.kind != "coach_digest")).all()
        told = sorted((row.kind, row.recipient) for row in rows if "date_changed" in row.key)
    assert told == [("call", "coach:c1"), ("date_changed", "cooperative:SM-2027/001")]
