"""Which mails are beyond the plan, and how many of them leave without a person's word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.kinds import COOPERATIVE_KINDS
from programme.breaker import DATED, SIGNED, is_beyond, is_mass, most
from programme.calendar import Calendar

CALENDAR = Calendar()
FRIDAY, MONDAY = date(2027, 1, 15), date(2027, 1, 18)


@pytest.mark.parametrize(
    ("beyond", "enrolments", "held"),
    [
        (50, 0, False),
        (51, 0, True),
        (50, 33, False),
        (51, 33, True),
        (51, 500, True),
        (51, 510, False),
        (52, 510, True),
        (60, 600, False),
        (61, 600, True),
        (60, 609, False),
        (61, 609, True),
        (61, 610, False),
        (1000, 10_000, False),
        (1001, 10_000, True),
    ],
)
def test_more_than_50_and_more_than_a_tenth_needs_a_word(beyond: int, enrolments: int, held: bool) -> None:
    assert is_mass(beyond, enrolments) is held


@given(st.integers(0, 20_000), st.integers(0, 100_000))
def test_mass_is_over_both_bounds(beyond: int, enrolments: int) -> None:
    assert is_mass(beyond, enrolments) == (beyond > 50 and beyond * 10 > enrolments)
    assert is_mass(most(enrolments), enrolments) is False


@pytest.mark.parametrize("kind", sorted(DATED | SIGNED))
def test_what_is_promised_on_its_own_day_is_the_plans(kind: str) -> None:
    assert is_beyond(kind, FRIDAY, FRIDAY, CALENDAR) is False


@pytest.mark.parametrize("kind", ["coach_digest", "coordinator_digest", "delegate_digest"])
def test_message_of_the_day_is_always_the_plans(kind: str) -> None:
    assert is_beyond(kind, date(2026, 1, 5), FRIDAY, CALENDAR) is False


@pytest.mark.parametrize("kind", ["date_changed", "meeting_cancelled", "a kind that nobody has named here"])
def test_what_nobody_has_dated_or_signed_is_beyond_the_plan(kind: str) -> None:
    assert is_beyond(kind, FRIDAY, FRIDAY, CALENDAR) is True


@pytest.mark.parametrize(
    ("due_on", "beyond"),
    [
        (MONDAY, False),
        (date(2027, 1, 16), False),
        (FRIDAY, False),
        (date(2027, 1, 13), False),
        (date(2027, 1, 12), True),
    ],
)
def test_what_is_promised_more_than_two_working_days_late_is_beyond(due_on: date, beyond: bool) -> None:
    """Thursday 14 January is a holiday."""
    assert is_beyond("step_reminder", due_on, MONDAY, CALENDAR) is beyond


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 30))
def test_what_is_promised_ahead_of_its_day_is_never_beyond(promised_on: date, ahead: int) -> None:
    assert is_beyond("welcome", promised_on + timedelta(days=ahead), promised_on, CALENDAR) is False


def test_every_kind_for_cooperatives_is_judged_on_purpose() -> None:
    assert set(COOPERATIVE_KINDS) - DATED - SIGNED <= {"date_changed", "meeting_cancelled"}
