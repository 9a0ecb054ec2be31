"""The tables of docs/dates.md, line by line."""

from __future__ import annotations

from datetime import date

import pytest

from programme.calendar import Calendar
from programme.timing import read_timing

PLAIN = Calendar()


@pytest.mark.parametrize(
    ("start", "months"),
    [
        ("2026-08-31", {1: "2026-09-30", 6: "2027-02-28", 12: "2027-08-31", 24: "2028-08-31"}),
        ("2027-08-31", {1: "2027-09-30", 6: "2028-02-29", 12: "2028-08-31", 24: "2029-08-31"}),
        ("2027-01-31", {1: "2027-02-28", 6: "2027-07-31", 12: "2028-01-31", 24: "2029-01-31"}),
        ("2028-02-29", {1: "2028-03-29", 6: "2028-08-29", 12: "2029-02-28", 24: "2030-02-28"}),
        ("2027-01-04", {1: "2027-02-04", 6: "2027-07-04", 12: "2028-01-04", 24: "2029-01-04"}),
    ],
)
def test_months_keep_the_day_or_the_month_s_end(start: str, months: dict[int, str]):
    anchors = {"start": date.fromisoformat(start)}
    found = {count: read_timing(f"start + {count} months").nominal(anchors, PLAIN).isoformat() for count in months}
    assert found == months


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2027, 2, 1), date(2027, 2, 3), 2),
        (date(2027, 3, 15), date(2027, 3, 17), 2),
        (date(2027, 1, 8), date(2027, 1, 12), 1),
        (date(2027, 3, 8), date(2027, 3, 11), 1),
    ],
)
def test_working_days_count_the_last_day_and_not_the_first(first: date, last: date, count: int):
    assert PLAIN.working_days_between(first, last) == count
