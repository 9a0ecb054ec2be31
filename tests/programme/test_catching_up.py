"""What is still said after an outage: a message of each kind, three in all, none of a date that is past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.catching_up import ENOUGH, LASTING, ORDER, PAST, Candidate, fresh_since, unsaid

PLAIN = Calendar()
TODAY = date(2027, 3, 29)
WHO = "cooperative:SM/001"
KINDS = (*ORDER, "step_late", "something")


def word(key: str, kind: str = "step_reminder", days: int | None = 7, who: str = WHO) -> Candidate:
    return Candidate(key, who, kind, None if days is None else TODAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2027, 3, 29), date(2027, 3, 25)),
        (date(2027, 3, 28), date(2027, 3, 24)),
        (date(2027, 3, 31), date(2027, 3, 29)),
        (date(2027, 1, 12), date(2027, 1, 7)),
    ],
    ids=["Monday", "Sunday", "Wednesday", "after a holiday"],
)
def test_two_working_days_are_not_a_backlog(today: date, since: date) -> None:
    assert fresh_since(today, PLAIN) == since


def test_nearest_of_a_kind_is_said() -> None:
    waiting = [word("far", days=14), word("near", days=2), word("middle", days=7)]
    assert unsaid(waiting, [], TODAY, {WHO}) == {"far": ENOUGH, "middle": ENOUGH}


def test_what_speaks_of_a_past_date_is_not_said() -> None:
    waiting = [word("gone", days=-1), word("today", days=0), word("welcome", "welcome", days=-40)]
    assert unsaid(waiting, [], TODAY, {WHO}) == {"gone": PAST}


def test_one_chaser_says_that_something_is_still_expected() -> None:
    assert unsaid([word("a", "step_late", -9), word("b", "step_late", -3)], [], TODAY, {WHO}) == {"a": ENOUGH}


def test_three_in_all_are_said_results_first() -> None:
    waiting = [
        word(kind, kind) for kind in ("step_late", "step_reminder", "meeting", "certificate", "checkpoint_result")
    ]
    assert set(unsaid(waiting, [], TODAY, {WHO})) == {"step_late", "step_reminder"}


def test_what_was_said_today_counts() -> None:
    assert unsaid([word("again"), word("first", "meeting")], [word("said")], TODAY, {WHO}) == {"again": ENOUGH}


def test_who_heard_all_along_is_not_concerned() -> None:
    assert unsaid([word("a"), word("b"), word("c", days=-3)], [], TODAY, set()) == {}


@given(
    st.lists(
        st.builds(
            word,
            st.uuids().map(str),
            st.sampled_from(KINDS),
            st.one_of(st.none(), st.integers(-60, 60)),
            st.sampled_from((WHO, "cooperative:SM/002")),
        ),
        max_size=20,
    )
)
def test_whatever_waits_nobody_gets_more(waiting: list[Candidate]) -> None:
    behind = {WHO, "cooperative:SM/002"}
    reasons = unsaid(waiting, [], TODAY, behind)
    for who in behind:
        said = [one for one in waiting if one.recipient == who and one.key not in reasons]
        could = {one.kind for one in waiting if one.recipient == who and reasons.get(one.key) != PAST}
        assert len(said) == len({one.kind for one in said}) == min(3, len(could))
        assert [one for one in said if one.about and one.about < TODAY and one.kind not in LASTING] == []
    left = [one for one in waiting if one.key not in reasons]
    assert unsaid(left, [], TODAY, behind) == {}
