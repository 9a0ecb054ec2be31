"""The hours of meetings: a coach's visits do not fall together."""

from __future__ import annotations

from datetime import date, time

from programme.calendar import Calendar
from programme.definition_file import read_definition, shipped_text
from programme.planning import hour_of, plan

DEFINITION = read_definition(shipped_text())


def test_five_cooperatives_of_a_coach_have_five_different_visits() -> None:
    rule = DEFINITION.by_key["coaching.session"]
    seen = {
        (step.due_on, hour_of(rule, rank))
        for rank in range(1, 6)
        for step in plan(DEFINITION, date(2027, 1, 4), Calendar(), rank=rank)
        if step.key == "coaching.session-01"
    }
    assert len(seen) == 5


def test_days_of_a_spread_are_filled_before_hours() -> None:
    rule = DEFINITION.by_key["diagnosis.visit"].model_copy(update={"spread_days": 2})
    assert [hour_of(rule, rank) for rank in range(5)] == [time(9), time(9), time(10, 30), time(10, 30), time(12)]


def test_a_module_has_one_hour_for_all() -> None:
    rule = DEFINITION.by_key["training.strategy"]
    assert {hour_of(rule, rank) for rank in range(33)} == {time(9)}
