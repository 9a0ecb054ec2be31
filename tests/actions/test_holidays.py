"""Feasts and other holidays: which days they close, what they move, and when their reminders leave."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from actions.cohorts import open_cohort
from actions.enrol import enrol_cohort
from actions.holidays import add_holiday, holidays_in, proclaim, remove_holiday
from actions.programmes import calendar_of, publish
from models import HolidayOverride, Notice
from models.session import Database
from programme.dates_errors import DaysBackwards, FeastTooLong, FeastUnknown, HolidayKnown, NotAHoliday
from programme.definition_file import shipped_text
from programme.diffs import Diff
from tests.world import NOW, add_cooperative, at, enrolment_row, morning, open_enrolled, open_followed, step_row, story

BY: dict[str, Any] = {"by": "k1", "now": at(date(2027, 1, 11), 11)}
VISIT = "diagnosis.visit"


def declare(database: Database, verb: Any, **facts: Any) -> Diff:
    """Look, and approve what was seen."""
    with database.transaction() as session:
        diff: Diff = verb(session, **BY | facts)
        verb(session, **BY | facts, approve=diff.digest)
    return diff


def overrides(database: Database) -> dict[date, str | None]:
    with database.reading() as session:
        return {row.on: row.name for row in session.exec(select(HolidayOverride).order_by(HolidayOverride.on))}


def test_proclaimed_days_take_the_place_of_the_estimated_ones(database: Database) -> None:
    declare(database, proclaim, first=date(2027, 5, 17), last=date(2027, 5, 18))
    assert overrides(database) == {
        date(2027, 5, 16): None,
        date(2027, 5, 17): "Fête du sacrifice",
        date(2027, 5, 18): "Fête du sacrifice",
    }


def test_feast_proclaimed_anew_takes_the_place_of_the_first_word(database: Database) -> None:
    declare(database, proclaim, first=date(2027, 5, 18), last=date(2027, 5, 19))
    declare(database, proclaim, first=date(2027, 5, 17), last=date(2027, 5, 18))
    assert overrides(database) == {
        date(2027, 5, 16): None,
        date(2027, 5, 17): "Fête du sacrifice",
        date(2027, 5, 18): "Fête du sacrifice",
    }


def test_proclaimed_feast_leaves_the_civil_holiday_it_was_estimated_on(database: Database) -> None:
    diff = declare(database, proclaim, first=date(2027, 8, 16), last=date(2027, 8, 17))
    assert diff.what.say() == "Anniversaire du prophète is proclaimed for 2027-08-16 to 2027-08-17"
    with database.reading() as session:
        calendar = calendar_of(session)
    names = {day: holiday.name for day in range(13, 19) if (holiday := calendar.holiday(date(2027, 8, day)))}
    assert names == {14: "Allégeance Oued Eddahab", 16: "Anniversaire du prophète", 17: "Anniversaire du prophète"}


@pytest.mark.parametrize(
    ("verb", "facts", "refusal"),
    [
        (proclaim, {"first": date(2027, 5, 18), "last": date(2027, 5, 17)}, DaysBackwards),
        (proclaim, {"first": date(2027, 5, 17), "last": date(2027, 5, 27)}, FeastTooLong),
        (proclaim, {"first": date(2027, 10, 4), "last": date(2027, 10, 5)}, FeastUnknown),
        (add_holiday, {"on": date(2027, 5, 1), "name": "Fête"}, HolidayKnown),
        (remove_holiday, {"on": date(2027, 5, 4)}, NotAHoliday),
    ],
)
def test_holiday_is_refused_in_a_sentence(database: Database, verb: Any, facts: Any, refusal: Any) -> None:
    with database.transaction() as session, pytest.raises(refusal):
        verb(session, **BY | facts)


def test_added_holiday_moves_its_steps_and_removed_they_come_back(database: Database) -> None:
    open_followed(database, cooperatives=2)
    there = declare(database, add_holiday, on=date(2027, 1, 25), name="Jour chômé")
    assert {(one.enrolment, one.step, one.on) for one in there.moved} == {
        ("SM-2027/001", VISIT, date(2027, 1, 26)),
        ("SM-2027/001", "start.data-protection", date(2027, 1, 26)),
        ("SM-2027/002", VISIT, date(2027, 1, 26)),
        ("SM-2027/002", "start.data-protection", date(2027, 1, 26)),
    }
    back = declare(database, remove_holiday, on=date(2027, 1, 25))
    assert {one.on for one in back.moved} == {date(2027, 1, 25)}
    assert overrides(database) == {}
    with database.reading() as session:
        assert step_row(session, VISIT).due_on == date(2027, 1, 25)
        assert story(session)[-2:] == [("k1", "dates moved", ""), ("k1", "dates moved", "")]


def test_derived_visit_of_which_nobody_heard_moves_in_silence(database: Database) -> None:
    open_followed(database)
    diff = declare(database, add_holiday, on=date(2027, 1, 25), name="Jour chômé")
    assert [line for line in diff.added if line.kind == "date_changed"] == []


def test_derived_visit_to_which_the_cooperative_was_invited_is_told(database: Database) -> None:
    open_followed(database)
    morning(database, date(2027, 1, 15))
    with database.transaction() as session:
        for notice in session.exec(select(Notice).where(Notice.kind == "meeting")):
            notice.status, notice.sent_at = "sent", datetime(2027, 1, 15, 10, tzinfo=UTC)
    diff = declare(database, add_holiday, on=date(2027, 1, 25), name="Jour chômé", now=at(date(2027, 1, 15), 12))
    assert [(line.step, line.to) for line in diff.added if line.kind == "date_changed"] == [
        (VISIT, "cooperative:SM-2027/001")
    ]
    assert {one.step: one.heard for one in diff.moved}[VISIT] == ("cooperative:SM-2027/001",)


def test_reminder_of_a_closed_day_leaves_on_the_working_day_before(database: Database) -> None:
    open_followed(database)
    morning(database, date(2027, 1, 13))
    diff = declare(database, add_holiday, on=date(2027, 1, 18), name="Jour chômé", now=at(date(2027, 1, 13), 11))
    gone = [(line.step, line.kind, line.on) for line in diff.cancelled if line.step == VISIT]
    come = [(line.step, line.kind, line.on) for line in diff.added if line.step == VISIT]
    assert (gone, come) == (
        [(VISIT, "step_reminder", date(2027, 1, 18))],
        [(VISIT, "step_reminder", date(2027, 1, 15))],
    )
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        rows = session.exec(select(Notice).where(Notice.kind == "step_reminder")).all()
        assert [row.due_on for row in rows if f"{VISIT}/step_reminder-7" in row.key] == [date(2027, 1, 15)]


def test_notice_promised_for_a_day_that_closes_waits_for_the_next_one(database: Database) -> None:
    open_followed(database)
    morning(database, date(2027, 1, 15))
    with database.transaction() as session:
        for notice in session.exec(select(Notice).where(Notice.status == "pending")):
            notice.send_at = datetime(2027, 1, 18, 9, tzinfo=UTC)
    declare(database, add_holiday, on=date(2027, 1, 18), name="Jour chômé", now=at(date(2027, 1, 17), 11))
    with database.reading() as session:
        days = {row.send_at.date() for row in session.exec(select(Notice).where(Notice.channel == "email"))}
    assert days == {date(2027, 1, 19)}


def test_notices_of_a_day_that_closes_leave_at_their_own_programmes_hour(database: Database) -> None:
    open_followed(database)
    body = shipped_text().replace("\nversion: 1", "\nversion: 2").replace('opens: "09:00"', 'opens: "11:30"')
    with database.transaction() as session:
        publish(session, body, by="k1", now=NOW)
        later = open_cohort(session, code="AL-2027", start_on=date(2027, 1, 18), now=NOW, by="k1")
        add_cooperative(session, later, 2, email="coop2@coop.example").code = "AL-2027/002"
        session.flush()
        enrol_cohort(session, code="AL-2027", by="k1", now=NOW)
        for notice in session.exec(select(Notice).where(Notice.kind == "welcome")):
            notice.send_at = datetime(2027, 1, 18, 9, tzinfo=UTC)
    declare(database, add_holiday, on=date(2027, 1, 18), name="Jour chômé", now=at(date(2027, 1, 17), 11))
    with database.reading() as session:
        left = {row.recipient: row.send_at for row in session.exec(select(Notice).where(Notice.kind == "welcome"))}
    assert left == {
        "cooperative:SM-2027/001": datetime(2027, 1, 19, 9, tzinfo=UTC),
        "cooperative:AL-2027/002": datetime(2027, 1, 19, 11, 30, tzinfo=UTC),
    }


def test_suspended_enrolment_is_left_alone(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        enrolment_row(session, 2).status = "suspended"
    diff = declare(database, add_holiday, on=date(2027, 1, 25), name="Jour chômé")
    assert {one.enrolment for one in diff.moved} == {"SM-2027/001"}


def test_holidays_of_a_year_say_which_are_estimates(database: Database) -> None:
    declare(database, proclaim, first=date(2027, 5, 17), last=date(2027, 5, 18))
    with database.reading() as session:
        may = {one.on.day: one.estimated for one in holidays_in(session, 2027) if one.on.month == 5}
        march = [one.estimated for one in holidays_in(session, 2027) if one.on.month == 3]
    assert (may, march) == ({1: False, 17: False, 18: False}, [True, True])
