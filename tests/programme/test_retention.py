"""How long people's data are kept after what they took part in has closed."""

from __future__ import annotations

from datetime import date

import pytest

from programme.retention import is_over, last_kept_no_longer


@pytest.mark.parametrize(
    ("today", "years", "last"),
    [
        (date(2034, 1, 4), 5, date(2029, 1, 4)),
        (date(2032, 2, 29), 5, date(2027, 2, 28)),
        (date(2033, 3, 1), 5, date(2028, 3, 1)),
        (date(2034, 1, 4), 1, date(2033, 1, 4)),
    ],
)
def test_years_are_counted_to_the_day(today: date, years: int, last: date) -> None:
    assert last_kept_no_longer(today, years) == last


@pytest.mark.parametrize(
    ("ends", "over"),
    [
        ([date(2029, 1, 3)], True),
        ([date(2029, 1, 4)], True),
        ([date(2029, 1, 5)], False),
        ([date(2027, 1, 1), date(2028, 1, 1)], True),
        ([date(2027, 1, 1), date(2033, 1, 1)], False),
        ([date(2027, 1, 1), None], False),
        ([None], False),
        ([], False),
    ],
)
def test_retention_is_over_when_everything_ended_long_ago(ends: list[date | None], over: bool) -> None:
    assert is_over(ends, date(2034, 1, 4), 5) == over
