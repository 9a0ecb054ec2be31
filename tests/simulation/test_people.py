"""Simulated people: drawn from a seed, the same whatever else is drawn."""

from __future__ import annotations

from datetime import date

import pytest

from programme.scoring import default_questionnaire, score
from simulation.people import People

ONE, DUE = "SM-2027/001", date(2027, 1, 18)
STEPS = [f"stage.step-{number}" for number in range(400)]


def test_chance_is_a_share_of_one_and_always_the_same() -> None:
    draws = [People(1).chance(ONE, step) for step in STEPS]
    assert draws == [People(1).chance(ONE, step) for step in STEPS]
    assert (min(draws) >= 0, max(draws) < 1, len(set(draws))) == (True, True, 400)
    assert 0.45 < sum(draws) / 400 < 0.55


def test_chance_does_not_depend_on_what_was_drawn_before() -> None:
    people = People(1)
    late = people.chance(ONE, "late")
    people.chance(ONE, "early")
    assert people.chance(ONE, "late") == late


def test_other_seed_is_another_world() -> None:
    assert People(1).chance(ONE, "mood") != People(2).chance(ONE, "mood")


def test_between_reaches_both_ends_and_no_further() -> None:
    assert {People(1).between(2, 5, step) for step in STEPS} == {2, 3, 4, 5}


@pytest.mark.parametrize("kind", ["meeting", "module", "session"])
def test_meetings_are_on_their_day(kind: str) -> None:
    assert {People(1).acts_on(ONE, step, kind, DUE) for step in STEPS} == {DUE}


def test_calls_are_made_within_three_days() -> None:
    days = {(People(1).acts_on(ONE, step, "call", DUE) - DUE).days for step in STEPS}
    assert days == {0, 1, 2, 3}


def test_most_are_in_time_some_late_few_silent() -> None:
    days = [(People(1).acts_on(ONE, step, "step", DUE) - DUE).days for step in STEPS]
    early, late, silent = (sum(low <= day <= high for day in days) for low, high in ((-6, 0), (2, 12), (24, 45)))
    assert early + late + silent == 400
    assert (early > 280, 40 < late < 100, 5 < silent < 40) == (True, True, True)


def test_most_sessions_are_held_and_most_modules_attended() -> None:
    held = sum(People(1).holds(ONE, step) for step in STEPS)
    attended = sum(People(1).attends(ONE, step) for step in STEPS)
    assert (held > 180, 320 < attended < 380) == (True, True)


def test_answers_can_be_scored_and_grow_with_the_months() -> None:
    questionnaire = default_questionnaire()
    values = []
    for months, checkpoint in ((0, "M0"), (24, "M24")):
        answers = People(1).answers(questionnaire, ONE, checkpoint, months)
        assert set(answers) == {item.key for item in questionnaire.items}
        values.append(score(questionnaire, answers).value)
    assert values[0] is not None
    assert values[1] is not None
    assert values[0] < values[1]
