"""A pause freezes time: the arithmetic of remaining working days, and which reminders are still owed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from programme.calendar import Calendar
from programme.definition import ReminderRule
from programme.pausing import Timer, days_left, due_again, reminder_again, shifted

CALENDAR = Calendar()
RULES = (
    ReminderRule(days=-7, to="owner"),
    ReminderRule(days=-1, to="owner"),
    ReminderRule(days=3, to="owner"),
    ReminderRule(days=7, to="coordinator"),
)
DAYS = some.dates(date(2026, 6, 1), date(2029, 6, 1))


@pytest.mark.parametrize(
    ("due_on", "on", "left"),
    [
        (date(2027, 2, 3), date(2027, 2, 1), 2),
        (date(2027, 2, 3), date(2027, 2, 3), 0),
        (date(2027, 2, 3), date(2027, 2, 8), -3),
        (date(2027, 2, 3), date(2027, 1, 30), 2),  # a Saturday counts from the Monday after it
        (date(2027, 1, 12), date(2027, 1, 8), 1),  # Monday 11 January is a holiday
    ],
)
def test_days_left_are_working_days_and_negative_when_late(due_on: date, on: date, left: int) -> None:
    assert days_left(due_on, on, CALENDAR) == left


@pytest.mark.parametrize(
    ("left", "on", "due_on"),
    [
        (2, date(2027, 3, 15), date(2027, 3, 17)),
        (0, date(2027, 3, 14), date(2027, 3, 15)),
        (-3, date(2027, 3, 15), date(2027, 3, 8)),  # the Eid's two days are no working days
    ],
)
def test_due_again_has_the_same_working_days_left(left: int, on: date, due_on: date) -> None:
    assert due_again(left, on, CALENDAR) == due_on


def test_due_again_avoids_a_closed_season_for_what_is_to_come_only() -> None:
    august = frozenset({"august"})
    assert due_again(2, date(2027, 7, 29), CALENDAR, august) == date(2027, 9, 1)
    assert due_again(-2, date(2027, 9, 1), CALENDAR, august) == date(2027, 8, 30)


@given(due_on=DAYS, pauses=some.lists(some.tuples(some.integers(0, 60), some.integers(0, 400)), max_size=6))
def test_any_number_of_pauses_keeps_the_remaining_working_days(due_on: date, pauses: list[tuple[int, int]]) -> None:
    due_on = CALENDAR.on_or_after(due_on)
    day = due_on - timedelta(days=90)
    for since, lasts in pauses:
        suspended_on = day + timedelta(days=since)
        left = days_left(due_on, suspended_on, CALENDAR)
        resumed_on = suspended_on + timedelta(days=lasts)
        due_on = due_again(left, resumed_on, CALENDAR)
        assert days_left(due_on, resumed_on, CALENDAR) == left
        assert CALENDAR.is_working(due_on)
        day = resumed_on


@given(due_on=DAYS, on=DAYS)
def test_pause_of_no_time_changes_nothing(due_on: date, on: date) -> None:
    due_on = CALENDAR.on_or_after(due_on)
    assert due_again(days_left(due_on, on, CALENDAR), on, CALENDAR) == due_on


@given(first=DAYS, second=DAYS, on=DAYS, lasts=some.integers(0, 400))
def test_pause_keeps_the_order_of_dates(first: date, second: date, on: date, lasts: int) -> None:
    dates = sorted((CALENDAR.on_or_after(first), CALENDAR.on_or_after(second)))
    until_on = on + timedelta(days=lasts)
    again = [due_again(days_left(due_on, on, CALENDAR), until_on, CALENDAR) for due_on in dates]
    assert again == sorted(again)


def test_reminder_said_before_the_pause_is_not_said_again() -> None:
    """Due Wed 3 Feb, the 7-day reminder said on 27 Jan; resumed on Mon 15 Mar: the eve of Wed 17 Mar is next."""
    before = Timer(date(2027, 2, 3), date(2027, 2, 2))
    again = reminder_again(RULES, before, date(2027, 3, 17), date(2027, 3, 15), CALENDAR)
    assert again == date(2027, 3, 16)


def test_reminder_that_fell_into_the_pause_is_gone() -> None:
    before = Timer(date(2027, 2, 12), date(2027, 2, 5))
    again = reminder_again(RULES, before, date(2027, 3, 26), date(2027, 3, 22), CALENDAR)
    assert again == date(2027, 3, 25)


def test_chaser_said_before_the_pause_is_not_said_again() -> None:
    """Late since Mon 1 Feb, chased on Thu 4 Feb, suspended on Fri 5 Feb: on Mon 15 Mar only the +7 is left."""
    before = Timer(date(2027, 2, 1), date(2027, 2, 8))
    due_on = due_again(-4, date(2027, 3, 15), CALENDAR)
    assert due_on == date(2027, 3, 5)
    again = reminder_again(RULES, before, due_on, date(2027, 3, 15), CALENDAR)
    assert again == date(2027, 3, 12)


def test_chaser_still_owed_is_not_lost() -> None:
    """Its day by the new date lies before the resumption, by week-ends alone."""
    before = Timer(date(2027, 2, 1), date(2027, 2, 4))
    again = reminder_again(RULES, before, date(2027, 3, 10), date(2027, 3, 15), CALENDAR)
    assert again == date(2027, 3, 12)


def test_nothing_is_owed_of_what_nobody_need_hear() -> None:
    assert reminder_again(RULES, Timer(date(2027, 2, 1), None), date(2027, 3, 10), date(2027, 3, 15), CALENDAR) is None


def test_date_of_the_law_has_only_the_days_to_come() -> None:
    before = Timer(date(2027, 3, 31), date(2027, 2, 2))
    again = reminder_again(RULES, before, date(2027, 3, 31), date(2027, 3, 29), CALENDAR, fixed=True)
    assert again == date(2027, 3, 30)


def test_stage_boundary_comes_as_much_later_as_the_pause_lasted() -> None:
    assert shifted(date(2027, 4, 4), date(2027, 2, 1), date(2027, 3, 15)) == date(2027, 5, 16)
    assert shifted(date(2027, 1, 4), date(2027, 2, 1), date(2027, 3, 15)) == date(2027, 1, 4)
