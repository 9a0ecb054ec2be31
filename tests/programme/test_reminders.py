"""Which reminders a step owes, on which days, and what an outage leaves of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.definition import ReminderRule
from programme.definition_file import read_definition, shipped_text
from programme.reminders import Reminder, after_change, calendar_of, due, first_from, reminder_day

PLAIN = Calendar()
SHIPPED = read_definition(shipped_text())
MEETING = SHIPPED.reminders_for("meeting")
STEP = SHIPPED.reminders_for("step")
FRIDAY = date(2027, 3, 5)


def test_calendar_of_a_visit_on_a_friday():
    assert calendar_of(MEETING, FRIDAY, PLAIN) == [
        Reminder(date(2027, 2, 19), "owner", -14),
        Reminder(date(2027, 2, 23), "cooperative", -10),
        Reminder(date(2027, 2, 26), "owner", -7),
        Reminder(date(2027, 3, 3), "cooperative", -2),
        Reminder(date(2027, 3, 4), "owner", -1),
        Reminder(date(2027, 3, 8), "owner", 3),
        Reminder(date(2027, 3, 12), "coordinator", 7),
        Reminder(date(2027, 3, 26), "delegate", 21),
    ]


@pytest.mark.parametrize(
    ("due_on", "today", "first"),
    [
        # Moved on Monday 1 March to Friday 19 March: not the 14 days' reminder of 5 March, nor the cooperative's of the
        # 8th (the 9th is a feast), which would only repeat what was said on the 1st.
        (date(2027, 3, 19), date(2027, 3, 1), date(2027, 3, 12)),
        (date(2027, 3, 5), date(2027, 3, 2), date(2027, 3, 3)),  # moved back: each one's last reminder is owed
        (date(2027, 3, 3), date(2027, 3, 2), date(2027, 3, 5)),  # to tomorrow: only chasers are left
        (date(2027, 3, 1), date(2027, 3, 30), None),
    ],
)
def test_after_a_notice_of_change_what_was_just_said_is_not_repeated(due_on, today, first):
    assert after_change(MEETING, due_on, today, PLAIN, quiet_days=7) == first


def test_after_a_notice_of_change_the_owner_alone_hears_a_week_and_a_day_before():
    owner = [rule for rule in MEETING if rule.to == "owner"]
    assert after_change(owner, date(2027, 3, 19), date(2027, 3, 1), PLAIN, quiet_days=7) == date(2027, 3, 12)


def test_calendar_of_a_step_leaves_the_cooperative_out():
    assert {item.to for item in calendar_of(STEP, FRIDAY, PLAIN)} == {"owner", "coordinator", "delegate"}


@pytest.mark.parametrize(
    ("due_on", "days", "leaves_on"),
    [
        (date(2027, 1, 12), -1, date(2027, 1, 8)),  # Tuesday; Monday is the Manifesto, then the week-end
        (date(2027, 1, 18), -1, date(2027, 1, 15)),  # Monday
        (date(2027, 1, 14), -14, date(2026, 12, 31)),
        (date(2027, 1, 16), 0, date(2027, 1, 15)),  # a Saturday that somebody set
        (date(2027, 1, 6), 3, date(2027, 1, 8)),  # a Saturday: the Friday, still after the due date
        (date(2027, 1, 8), 3, date(2027, 1, 12)),  # back from the Manifesto it would be the due date itself
        (date(2027, 1, 8), 1, date(2027, 1, 12)),
        (date(2027, 1, 9), 1, date(2027, 1, 12)),  # a Saturday that somebody set
    ],
)
def test_reminder_day_is_a_working_day_and_a_chaser_stays_after_the_due_date(due_on, days, leaves_on):
    assert reminder_day(due_on, days, PLAIN) == leaves_on


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.integers(-30, 30))
def test_reminder_day_is_always_open_and_on_its_side_of_the_due_date(due_on, days):
    day = reminder_day(due_on, days, PLAIN)
    assert PLAIN.is_working(day)
    assert (day > due_on) == (days > 0)
    assert abs(day - (due_on + timedelta(days=days))) <= timedelta(days=5)


def test_reminder_is_late_only_after_the_due_date():
    assert [Reminder(FRIDAY, "owner", days).late for days in (-1, 0, 1)] == [False, False, True]


def test_due_says_the_reminder_of_the_day():
    found = due(STEP, FRIDAY, since=date(2027, 2, 26), today=date(2027, 2, 26), calendar=PLAIN)
    assert found == [Reminder(date(2027, 2, 26), "owner", -7)]


def test_due_says_nothing_between_two_reminders():
    assert due(STEP, FRIDAY, since=date(2027, 2, 27), today=date(2027, 3, 3), calendar=PLAIN) == []


def test_due_after_an_outage_says_the_latest_to_each_and_marks_the_others_as_stale():
    found = due(MEETING, FRIDAY, since=date(2027, 2, 19), today=date(2027, 3, 4), calendar=PLAIN)
    assert found == [
        Reminder(date(2027, 2, 19), "owner", -14, stale=True),
        Reminder(date(2027, 2, 23), "cooperative", -10, stale=True),
        Reminder(date(2027, 2, 26), "owner", -7, stale=True),
        Reminder(date(2027, 3, 3), "cooperative", -2),
        Reminder(date(2027, 3, 4), "owner", -1),
    ]


def test_due_on_the_day_itself_still_reminds():
    found = due(STEP, FRIDAY, since=date(2027, 3, 4), today=FRIDAY, calendar=PLAIN)
    assert found == [Reminder(date(2027, 3, 4), "owner", -1)]


def test_due_marks_a_reminder_of_a_past_date_as_stale():
    found = due(MEETING, FRIDAY, since=date(2027, 3, 3), today=date(2027, 3, 6), calendar=PLAIN)
    assert found == [
        Reminder(date(2027, 3, 3), "cooperative", -2, stale=True),
        Reminder(date(2027, 3, 4), "owner", -1, stale=True),
    ]


def test_due_after_a_long_outage_chases_each_once():
    found = due(MEETING, FRIDAY, since=date(2027, 2, 19), today=date(2027, 6, 1), calendar=PLAIN)
    assert [(item.to, item.days) for item in found if not item.stale] == [
        ("owner", 3),
        ("coordinator", 7),
        ("delegate", 21),
    ]


@given(
    st.dates(date(2027, 1, 1), date(2027, 12, 31)),
    st.integers(-40, 40),
    st.integers(0, 80),
)
def test_due_says_at_most_one_to_each_and_loses_none(due_on, begin, length):
    since = due_on + timedelta(days=begin)
    today = since + timedelta(days=length)
    found = due(MEETING, due_on, since=since, today=today, calendar=PLAIN)
    said = [item.to for item in found if not item.stale]
    reached = [item.on for item in calendar_of(MEETING, due_on, PLAIN) if since <= item.on <= today]
    assert len(said) == len(set(said))
    assert [item.on for item in found] == reached
    assert [item for item in found if not item.stale and not item.late and due_on < today] == []


@given(st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.integers(-40, 40))
def test_due_morning_by_morning_says_each_reminder_once(due_on, begin):
    day = since = due_on + timedelta(days=begin)
    said = []
    while (upcoming := first_from(MEETING, due_on, since, PLAIN)) is not None:
        day = upcoming
        said += due(MEETING, due_on, since=since, today=day, calendar=PLAIN)
        since = day + timedelta(days=1)
    assert said == [item for item in calendar_of(MEETING, due_on, PLAIN) if item.on >= due_on + timedelta(days=begin)]


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (date(2027, 1, 1), date(2027, 2, 19)),
        (date(2027, 2, 19), date(2027, 2, 19)),
        (date(2027, 2, 20), date(2027, 2, 26)),
        (date(2027, 3, 5), date(2027, 3, 8)),
        (date(2027, 3, 26), date(2027, 3, 26)),
        (date(2027, 3, 27), None),
    ],
)
def test_first_from_gives_the_next_reminders_day(since, first):
    assert first_from(STEP, FRIDAY, since, PLAIN) == first


def test_first_from_takes_the_earliest_whatever_the_order_of_the_rules():
    rules = (ReminderRule(days=3, to="owner"), ReminderRule(days=-7, to="owner"))
    assert first_from(rules, FRIDAY, date(2027, 1, 1), PLAIN) == date(2027, 2, 26)
