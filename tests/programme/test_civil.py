"""Morocco's civil days, by the time zone data that knows of the change of 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from programme.civil import civil_day, instant_of, wall


def test_instant_of_a_wall_time_is_the_same_hour_in_utc_since_september_2026():
    assert instant_of(date(2027, 6, 15), time(9)) == datetime(2027, 6, 15, 9, tzinfo=UTC)
    assert instant_of(date(2027, 2, 15), time(9)) == datetime(2027, 2, 15, 9, tzinfo=UTC)


def test_instant_of_a_wall_time_was_an_hour_earlier_in_utc_before():
    assert instant_of(date(2026, 6, 15), time(9)) == datetime(2026, 6, 15, 8, tzinfo=UTC)


def test_instant_of_says_utc():
    assert instant_of(date(2027, 6, 15), time(9)).tzinfo == UTC


def test_civil_day_changes_at_midnight_in_casablanca():
    assert civil_day(datetime(2027, 6, 14, 23, 59, tzinfo=UTC)) == date(2027, 6, 14)
    assert civil_day(datetime(2026, 6, 14, 23, 0, tzinfo=UTC)) == date(2026, 6, 15)


def test_wall_reads_an_instant_in_casablanca():
    said = wall(datetime(2027, 6, 15, 9, 30, tzinfo=UTC))
    assert (said.hour, said.minute, said.utcoffset()) == (9, 30, timedelta(0))


def test_wall_refuses_an_instant_without_zone():
    with pytest.raises(AssertionError):
        wall(datetime(2027, 6, 15, 9))  # noqa: DTZ001 - that is the point
