"""Working days, holidays, closed seasons and sending hours of Morocco."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import ONE_DAY, Calendar, Holiday, SendHours, legal_holidays, ramadan

PLAIN = Calendar()
HOURS = SendHours()
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))
BOTH = frozenset({"august", "ramadan"})

HOLIDAYS_2027 = [
    (date(2027, 1, 1), "Nouvel an", False),
    (date(2027, 1, 11), "Manifeste de l'indépendance", False),
    (date(2027, 1, 14), "Nouvel an Amazigh", False),
    (date(2027, 3, 9), "Fête de la rupture du jeûne", True),
    (date(2027, 3, 10), "Fête de la rupture du jeûne", True),
    (date(2027, 5, 1), "Fête du Travail", False),
    (date(2027, 5, 16), "Fête du sacrifice", True),
    (date(2027, 5, 17), "Fête du sacrifice", True),
    (date(2027, 6, 6), "Nouvel an musulman", True),
    (date(2027, 7, 30), "Fête du Trône", False),
    (date(2027, 8, 14), "Allégeance Oued Eddahab; Anniversaire du prophète", True),
    (date(2027, 8, 15), "Anniversaire du prophète", True),
    (date(2027, 8, 20), "La révolution du roi et du peuple", False),
    (date(2027, 8, 21), "Fête de la Jeunesse", False),
    (date(2027, 10, 31), "Fête de l'Unité", False),
    (date(2027, 11, 6), "La marche verte", False),
    (date(2027, 11, 18), "Fête de l'indépendance", False),
]


def test_legal_holidays_of_2027_are_named_and_the_religious_ones_marked_as_estimates():
    found = sorted((day.on, day.name, day.estimated) for day in legal_holidays(2027).values())
    assert found == HOLIDAYS_2027


def test_legal_holidays_name_two_on_one_day_apart():
    assert legal_holidays(2029)[date(2029, 2, 14)].name == "Fête de la rupture du jeûne"
    assert legal_holidays(2027)[date(2027, 8, 14)].fixed_name == "Allégeance Oued Eddahab"


def test_holiday_proclaimed_by_a_coordinator_closes_the_day():
    proclaimed = Calendar({date(2027, 3, 11): "Aïd al-Fitr"})
    assert PLAIN.is_working(date(2027, 3, 11))
    assert proclaimed.holiday(date(2027, 3, 11)) == Holiday(date(2027, 3, 11), "Aïd al-Fitr", fixed_name="Aïd al-Fitr")
    assert not proclaimed.is_working(date(2027, 3, 11))


def test_holiday_withdrawn_by_a_coordinator_opens_the_day():
    moved = Calendar({date(2027, 3, 9): None})
    assert not PLAIN.is_working(date(2027, 3, 9))
    assert moved.holiday(date(2027, 3, 9)) is None
    assert moved.is_working(date(2027, 3, 9))


def test_holiday_withdrawn_leaves_the_civil_one_of_the_same_day():
    moved = Calendar({date(2027, 8, 14): None})
    holiday = moved.holiday(date(2027, 8, 14))
    assert (holiday and holiday.name) == "Allégeance Oued Eddahab"
    assert holiday is not None
    assert not holiday.estimated


@pytest.mark.parametrize(
    ("day", "working", "sending"),
    [
        (date(2027, 1, 8), True, True),  # a Friday
        (date(2027, 1, 9), False, True),  # a Saturday
        (date(2027, 1, 10), False, False),  # a Sunday
        (date(2027, 1, 11), False, False),  # a Monday, the Manifesto
        (date(2027, 5, 1), False, False),  # a Saturday, Labour Day
    ],
)
def test_days_are_open_for_work_and_for_sending(day, working, sending):
    assert (PLAIN.is_working(day), PLAIN.is_sending_day(day)) == (working, sending)


def test_ramadan_2027_is_the_thirty_days_before_the_feast():
    assert ramadan(2027) == ((date(2027, 2, 7), date(2027, 3, 8)),)


def test_ramadan_begins_twice_in_2030():
    begun = [first for year in (2030, 2031) for first, _ in ramadan(year) if first.year == 2030]
    assert begun == [date(2030, 1, 5), date(2030, 12, 25)]
    assert PLAIN.in_season(date(2030, 1, 5), BOTH) == "ramadan"
    assert PLAIN.in_season(date(2030, 12, 25), BOTH) == "ramadan"
    assert PLAIN.in_season(date(2030, 12, 24), BOTH) is None


def test_ramadan_ends_twice_in_2033():
    assert [last for _, last in ramadan(2033)] == [date(2033, 1, 1), date(2033, 12, 22)]


@pytest.mark.parametrize(
    ("day", "seasons", "found"),
    [
        (date(2027, 7, 31), BOTH, None),
        (date(2027, 8, 1), BOTH, "august"),
        (date(2027, 8, 31), BOTH, "august"),
        (date(2027, 9, 1), BOTH, None),
        (date(2027, 8, 15), frozenset({"ramadan"}), None),
        (date(2027, 2, 6), BOTH, None),
        (date(2027, 2, 7), BOTH, "ramadan"),
        (date(2027, 3, 8), BOTH, "ramadan"),
        (date(2027, 3, 9), BOTH, None),
        (date(2027, 2, 20), frozenset({"august"}), None),
        (date(2027, 2, 20), frozenset(), None),
    ],
)
def test_in_season_tells_which_closed_season_a_day_is_in(day, seasons, found):
    assert PLAIN.in_season(day, seasons) == found


def test_in_season_lasts_a_day_longer_when_the_feast_is_proclaimed_a_day_later():
    later = Calendar({date(2027, 3, 9): None, date(2027, 3, 11): "Aïd al-Fitr"})
    assert later.in_season(date(2027, 3, 9), BOTH) == "ramadan"
    assert later.on_or_after(date(2027, 3, 8), BOTH) == date(2027, 3, 12)


def test_in_season_moves_a_day_earlier_when_the_feast_is_proclaimed_a_day_earlier():
    earlier = Calendar({date(2027, 3, 8): "Aïd al-Fitr", date(2027, 3, 10): None})
    assert earlier.in_season(date(2027, 3, 8), BOTH) is None
    assert earlier.in_season(date(2027, 2, 6), BOTH) == "ramadan"
    assert earlier.on_or_after(date(2027, 3, 5), BOTH) == date(2027, 3, 10)


@pytest.mark.parametrize(
    ("day", "avoid", "found"),
    [
        (date(2027, 1, 8), frozenset(), date(2027, 1, 8)),
        (date(2027, 1, 9), frozenset(), date(2027, 1, 12)),  # Saturday, Sunday, the Manifesto
        (date(2027, 8, 2), frozenset(), date(2027, 8, 2)),
        (date(2027, 8, 2), BOTH, date(2027, 9, 1)),
        (date(2027, 2, 10), BOTH, date(2027, 3, 11)),  # the feast's two days follow Ramadan
    ],
)
def test_on_or_after_finds_the_next_open_day(day, avoid, found):
    assert PLAIN.on_or_after(day, avoid) == found


def test_on_or_before_finds_the_last_open_day():
    assert PLAIN.on_or_before(date(2027, 1, 11)) == date(2027, 1, 8)
    assert PLAIN.on_or_before(date(2027, 1, 12)) == date(2027, 1, 12)


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (date(2027, 1, 8), 1, date(2027, 1, 12)),
        (date(2027, 1, 8), 3, date(2027, 1, 15)),  # the 14th is the Amazigh new year
        (date(2027, 1, 12), -1, date(2027, 1, 8)),
        (date(2027, 1, 12), -6, date(2026, 12, 31)),
        (date(2027, 1, 9), 0, date(2027, 1, 9)),
        (date(2027, 1, 9), 1, date(2027, 1, 12)),
        (date(2027, 1, 9), -1, date(2027, 1, 8)),
    ],
)
def test_add_working_days_skips_what_is_closed_both_ways(day, count, found):
    assert PLAIN.add_working_days(day, count) == found


def test_working_days_between_counts_the_last_and_not_the_first():
    assert PLAIN.working_days_between(date(2027, 1, 8), date(2027, 1, 15)) == 3
    assert PLAIN.working_days_between(date(2027, 1, 8), date(2027, 1, 8)) == 0
    assert PLAIN.working_days_between(date(2027, 1, 15), date(2027, 1, 8)) == 0


@given(DAYS, st.integers(0, 60))
def test_add_working_days_and_working_days_between_agree(day, count):
    last = PLAIN.add_working_days(day, count)
    assert PLAIN.working_days_between(day, last) == count


@given(DAYS, st.integers(1, 60))
def test_add_working_days_back_returns_to_a_working_day(day, count):
    start = PLAIN.on_or_after(day)
    assert PLAIN.add_working_days(PLAIN.add_working_days(start, count), -count) == start


@given(DAYS)
def test_on_or_after_passes_over_nothing_open(day):
    found = PLAIN.on_or_after(day, BOTH)
    passed = [day + timedelta(days=number) for number in range((found - day).days)]
    assert PLAIN.is_working(found)
    assert PLAIN.in_season(found, BOTH) is None
    assert [one for one in passed if PLAIN.is_working(one) and PLAIN.in_season(one, BOTH) is None] == []


@pytest.mark.parametrize(
    ("wall", "allowed", "opening"),
    [
        (datetime(2027, 1, 8, 8, 59, tzinfo=UTC), False, datetime(2027, 1, 8, 9, tzinfo=UTC)),
        (datetime(2027, 1, 8, 9, 0, tzinfo=UTC), True, datetime(2027, 1, 8, 9, tzinfo=UTC)),
        (datetime(2027, 1, 8, 16, 59, 59, tzinfo=UTC), True, datetime(2027, 1, 8, 16, 59, 59, tzinfo=UTC)),
        (datetime(2027, 1, 8, 17, 0, tzinfo=UTC), False, datetime(2027, 1, 9, 9, tzinfo=UTC)),
        (datetime(2027, 1, 9, 12, 0, tzinfo=UTC), True, datetime(2027, 1, 9, 12, tzinfo=UTC)),  # Saturday
        (datetime(2027, 1, 9, 17, 0, tzinfo=UTC), False, datetime(2027, 1, 12, 9, tzinfo=UTC)),
        (datetime(2027, 1, 10, 8, 0, tzinfo=UTC), False, datetime(2027, 1, 12, 9, tzinfo=UTC)),  # Sunday
        (datetime(2027, 1, 11, 12, 0, tzinfo=UTC), False, datetime(2027, 1, 12, 9, tzinfo=UTC)),  # the Manifesto
    ],
)
def test_send_hours_open_from_nine_to_five_on_sending_days(wall, allowed, opening):
    assert HOURS.allow(wall, PLAIN) == allowed
    assert HOURS.next_opening(wall, PLAIN) == opening


def test_send_hours_follow_a_proclaimed_holiday():
    closed = Calendar({date(2027, 1, 8): "Deuil national"})
    assert HOURS.next_opening(datetime(2027, 1, 8, 10, tzinfo=UTC), closed) == datetime(2027, 1, 9, 9, tzinfo=UTC)


def test_send_hours_of_every_day_are_open_on_sundays_and_holidays_too():
    every, holiday = SendHours(every_day=True), Calendar({date(2027, 1, 8): "proclaimed"})
    sunday = datetime(2027, 1, 10, 10, tzinfo=UTC)
    assert every.allow(sunday, PLAIN)
    assert not HOURS.allow(sunday, PLAIN)
    assert every.next_opening(datetime(2027, 1, 7, 18, tzinfo=UTC), holiday) == datetime(2027, 1, 8, 9, tzinfo=UTC)
    assert HOURS.next_opening(datetime(2027, 1, 7, 18, tzinfo=UTC), holiday) == datetime(2027, 1, 9, 9, tzinfo=UTC)


@given(DAYS, st.times(), st.times(time(0), time(12)))
def test_send_hours_next_opening_is_open_and_never_earlier(day, at, opens):
    hours = SendHours(opens, time(17))
    wall = datetime.combine(day, at, tzinfo=UTC)
    opening = hours.next_opening(wall, PLAIN)
    assert hours.allow(opening, PLAIN)
    assert wall <= opening < wall + 7 * ONE_DAY


def test_calendar_of_a_programme_that_rests_on_other_days():
    fridays = Calendar(closed=("friday",), holidays_too=False)
    assert [fridays.is_working(date(2027, 3, day)) for day in (5, 6, 7, 8, 9)] == [False, True, True, True, True]
    assert fridays.on_or_after(date(2027, 3, 5)) == date(2027, 3, 6)
    assert fridays.on_or_before(date(2027, 3, 5)) == date(2027, 3, 4)
    assert fridays.working_days_between(date(2027, 3, 4), date(2027, 3, 11)) == 6


def test_notices_do_not_leave_on_sundays_and_holidays_though_a_programme_works_then():
    every_day = Calendar(closed=(), holidays_too=False)
    assert [every_day.is_working(date(2027, 3, day)) for day in (7, 9)] == [True, True]
    assert [every_day.is_sending_day(date(2027, 3, day)) for day in (6, 7, 9)] == [True, False, False]
