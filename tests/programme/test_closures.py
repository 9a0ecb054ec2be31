"""Closed windows: which day a meeting falls on when its cooperative or its sector holds none."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.closures import Closure, closed_by, open_day
from programme.definition_file import read_definition, shipped_text
from programme.planning import plan, why_then

PLAIN = Calendar()
SHIPPED = read_definition(shipped_text())
HARVEST = Closure(date(2027, 4, 1), date(2027, 4, 30), "récolte")
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def test_open_day_comes_after_the_window_and_the_week_end():
    assert open_day(date(2027, 4, 5), PLAIN, closed=(HARVEST,)) == date(2027, 5, 3)
    assert open_day(date(2027, 3, 31), PLAIN, closed=(HARVEST,)) == date(2027, 3, 31)


def test_open_day_passes_two_windows_that_follow_each_other():
    works = Closure(date(2027, 5, 3), date(2027, 5, 7), "travaux")
    assert open_day(date(2027, 4, 5), PLAIN, closed=(works, HARVEST)) == date(2027, 5, 10)


@given(DAYS, st.lists(st.tuples(DAYS, st.integers(0, 120)), max_size=4))
def test_open_day_is_the_first_one_that_nothing_closes(day: date, spans: list[tuple[date, int]]):
    windows = tuple(Closure(first, date.fromordinal(first.toordinal() + days), "x") for first, days in spans)
    found = open_day(day, PLAIN, closed=windows)
    between = [date.fromordinal(number) for number in range(day.toordinal(), found.toordinal())]
    assert all(closed_by(one, windows) or not PLAIN.is_working(one) for one in between)
    assert closed_by(found, windows) is None
    assert PLAIN.is_working(found)


def test_plan_holds_no_meeting_in_a_closed_window_and_reports_go_on():
    plain = {step.key: step for step in plan(SHIPPED, date(2027, 1, 4), PLAIN)}
    closed = {step.key: step for step in plan(SHIPPED, date(2027, 1, 4), PLAIN, closed=(HARVEST,))}
    assert (plain["coaching.session-01"].due_on, closed["coaching.session-01"].due_on) == (
        date(2027, 4, 5),
        date(2027, 5, 3),
    )
    assert not [step for step in closed.values() if step.kind == "session" and HARVEST.covers(step.due_on)]
    assert closed["diagnosis.plan-validation"].due_on == plain["diagnosis.plan-validation"].due_on
    assert str(why_then(closed["coaching.session-01"], SHIPPED, PLAIN, (HARVEST,))) == (
        "3 months after the start is 2027-04-04, in closed days (récolte), then a holiday (Fête du Travail), "
        "then a week-end: moved to 2027-05-03"
    )
