"""A start and a feast that move: all that follows them, what stays, and who hears of it."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar
from sqlmodel import select

from actions.holidays import proclaim
from actions.replan import change_start
from models import Notice, Step
from models.session import Database
from notifications.answers import MemoryMailer
from tests.journey.moving import ONE, approve, live, move, world
from tests.world import CODE, at, enrolment_row, passage_row, step_row, story, tick

DONE_BY_MARCH = (
    ("start.contact", date(2027, 1, 15)),
    ("start.convention", date(2027, 1, 18)),
    ("start.data-protection", date(2027, 1, 22)),
    ("diagnosis.swot", date(2027, 2, 5)),
    ("diagnosis.report", date(2027, 2, 19)),
    ("diagnosis.report-validation", date(2027, 2, 26)),
)


def test_start_moves_what_is_derived_and_leaves_what_is_done_or_pinned(database: Database) -> None:
    world(database, date(2027, 1, 4))
    for step, on in (*DONE_BY_MARCH, ("diagnosis.visit", date(2027, 1, 25))):
        tick(database, step, on)
    move(database, date(2027, 4, 14), date(2027, 3, 1), step="coaching.session-01")
    live(database, date(2027, 3, 1))
    with database.reading() as session:
        fixed = {row.key: row.due_on for row in session.exec(select(Step)) if row.status == "done" or row.pinned}
        sent = session.exec(select(Notice.id).where(Notice.status == "sent")).all()
    facts = {"code": ONE, "start_on": date(2027, 1, 18), "by": "c1", "now": at(date(2027, 3, 1), 11)}
    diff = approve(database, change_start, **facts)
    live(database, date(2027, 3, 2))
    moved = {one.step: (one.was_on, one.on) for one in diff.moved}
    assert moved["coaching.M12-evaluation"] == (date(2028, 1, 4), date(2028, 1, 18))
    assert moved["closing.M24-evaluation"] == (date(2029, 1, 4), date(2029, 1, 18))
    assert fixed.keys() & moved.keys() == set()
    with database.reading() as session:
        rows = session.exec(select(Step)).all()
        again = [
            row.key for row in session.exec(select(Notice).where(Notice.status == "sent")) if row.id not in set(sent)
        ]
        enrolment, closing = enrolment_row(session), passage_row(session, "closing")
    assert {row.key: row.due_on for row in rows if row.key in fixed} == fixed
    assert {row.key: row.due_on for row in rows if row.key in moved} == {key: on for key, (_, on) in moved.items()}
    invited = "SM-2027/001/diagnosis.restitution/date_changed-1@2027-03-22/cooperative:SM-2027/001"
    assert again == [invited]  # nobody else hears of a step
    assert (enrolment.start_on, closing.opens_on, closing.wake_on) == (
        date(2027, 1, 18),
        date(2028, 12, 18),
        date(2028, 12, 18),
    )


def test_start_that_moves_is_one_line_in_the_coach_s_day(database: Database) -> None:
    world(database, date(2027, 1, 4))
    facts = {"code": ONE, "start_on": date(2027, 1, 18), "by": "k1", "now": at(date(2026, 12, 21), 11)}
    diff = approve(database, change_start, **facts)
    with database.reading() as session:
        kinds = select(Notice).where(Notice.kind.in_(("info", "date_changed", "welcome")))
        new = session.exec(kinds.order_by(Notice.id)).all()
        told = [(row.kind, row.recipient, row.status, row.facts.get("text") or row.facts["start_on"]) for row in new]
        history = story(session)
    count = len(diff.moved)
    assert told == [
        ("welcome", "cooperative:SM-2027/001", "pending", "2027-01-18"),
        (
            "info",
            "coach:c1",
            "pending",
            f"Le démarrage passe du 04/01/2027 au 18/01/2027 : {count} dates du plan ont changé.",
        ),
    ]
    assert history[-1] == ("k1", "start moved", "")


VISIT = "diagnosis.visit"


def calendars(mailer: MemoryMailer, to: str = "coop1@coop.example") -> list[tuple[str, str, int, date]]:
    """Return what calendars were told by the mails to an address: method, UID, SEQUENCE and day."""
    found = []
    for address, body in mailer.sent:
        for part in message_from_bytes(body, policy=policy.default).walk():
            if address == to and part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_content())
                [event] = calendar.walk("VEVENT")
                found.append((calendar["METHOD"], event["UID"], event["SEQUENCE"], event["DTSTART"].dt.date()))
    return found


def test_invited_cooperative_hears_of_the_new_day_in_its_calendar(database: Database) -> None:
    world(database, date(2027, 1, 4))
    with database.reading() as session:
        due_on = step_row(session, VISIT).due_on
    days = [due_on - timedelta(days=days) for days in range(8, 0, -1)]
    uid = f"SM-2027-001-{VISIT}"
    invited = calendars(live(database, *days))
    assert invited[-1] == ("REQUEST", uid, 0, due_on)
    facts = {"code": ONE, "start_on": date(2027, 2, 1), "by": "c1", "now": at(days[-1], 11)}
    diff = approve(database, change_start, **facts)
    line = (ONE, VISIT, "date_changed", f"cooperative:{ONE}", None)
    assert line in [(one.enrolment, one.step, one.kind, one.to, one.on) for one in diff.added]
    with database.reading() as session:
        new_day = step_row(session, VISIT).due_on
    assert new_day > due_on
    assert calendars(live(database, days[-1], due_on)) == [("REQUEST", uid, 1, new_day)]


def test_meeting_that_would_be_past_by_the_new_start_is_called_off(database: Database) -> None:
    world(database, date(2027, 2, 1))
    with database.reading() as session:
        due_on = step_row(session, VISIT).due_on
    days = [due_on - timedelta(days=days) for days in range(8, 0, -1)]
    invited = calendars(live(database, *days))
    facts = {"code": ONE, "start_on": date(2027, 1, 4), "by": "c1", "now": at(days[-1], 11)}
    diff = approve(database, change_start, **facts)
    line = (ONE, VISIT, "meeting_cancelled", f"cooperative:{ONE}", None)
    assert line in [(one.enrolment, one.step, one.kind, one.to, one.on) for one in diff.added]
    [told] = [one for one in calendars(live(database, days[-1], due_on)) if one[1] == invited[-1][1]]
    assert told == ("CANCEL", invited[-1][1], invited[-1][2] + 2, due_on)


def test_cooperative_that_holds_no_invitation_hears_of_no_step(database: Database) -> None:
    world(database, date(2027, 1, 4))
    live(database, date(2027, 1, 4))
    approve(database, change_start, code=ONE, start_on=date(2027, 2, 1), by="c1", now=at(date(2027, 1, 4), 17))
    with database.reading() as session:
        assert (
            session.exec(select(Notice.key).where(Notice.kind.in_(("date_changed", "meeting_cancelled")))).all() == []
        )


EID = {"first": date(2027, 5, 17), "last": date(2027, 5, 18), "by": "k1", "now": at(date(2027, 5, 7), 11)}


def test_proclaimed_feast_moves_the_session_to_the_working_day_after(database: Database) -> None:
    world(database, date(2027, 2, 18), cooperatives=3)
    diff = approve(database, proclaim, **EID)
    assert diff.what.say() == "Fête du sacrifice is proclaimed for 2027-05-17 to 2027-05-18"
    assert diff.about["closed"] == ["2027-05-18"]
    assert {
        (one.enrolment, one.was_on, one.on, str(one.why)) for one in diff.moved if one.step == "coaching.session-01"
    } == {
        (
            f"{CODE}/00{rank}",
            date(2027, 5, 18),
            date(2027, 5, 19),
            "2027-05-18 is a holiday (Fête du sacrifice)",
        )
        for rank in (1, 2, 3)
    }
    with database.reading() as session:
        assert step_row(session, "coaching.session-01", rank=2).due_on == date(2027, 5, 19)
        assert step_row(session, "coaching.report-01", rank=2).due_on == date(2027, 5, 31)


def test_feast_is_proclaimed_for_nobody_before_it_is_approved(database: Database) -> None:
    world(database, date(2027, 2, 18))
    with database.transaction() as session:
        proclaim(session, **EID)
    with database.transaction() as session:
        assert step_row(session, "coaching.session-01").due_on == date(2027, 5, 18)
        assert len(proclaim(session, **EID).moved) > 0


def test_pinned_session_on_the_feast_moves_and_its_cooperative_is_told(database: Database) -> None:
    world(database, date(2027, 1, 4))
    move(database, date(2027, 5, 18), date(2027, 4, 1), step="coaching.session-02")
    live(database, date(2027, 4, 1))
    approve(database, proclaim, **EID)
    with database.reading() as session:
        row = step_row(session, "coaching.session-02")
        changes = session.exec(
            select(Notice).where(Notice.kind == "date_changed", Notice.status == "pending").order_by(Notice.key)
        ).all()
    assert (row.due_on, row.pinned, row.moves) == (date(2027, 5, 19), True, 2)
    assert [(one.recipient, one.facts["was_on"], one.facts["on"]) for one in changes] == [
        ("coach:c1", "2027-05-18", "2027-05-19"),
        ("cooperative:SM-2027/001", "2027-05-18", "2027-05-19"),
    ]


@pytest.mark.parametrize("day", [date(2027, 5, 7), date(2027, 5, 10)])
def test_feast_that_is_proclaimed_twice_changes_nothing_the_second_time(database: Database, day: date) -> None:
    world(database, date(2027, 2, 18))
    approve(database, proclaim, **EID)
    again = approve(database, proclaim, **EID | {"now": at(day, 15)})
    assert (again.moved, again.about["closed"], again.about["opened"]) == ([], [], [])
