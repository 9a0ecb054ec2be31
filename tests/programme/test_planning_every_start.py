"""What holds for the plan of every start day of four years."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest

from programme.calendar import Calendar
from programme.definition_file import read_definition
from programme.planning import PlannedStep, plan, slots, stage_windows, why_then
from programme.timing import START
from tests.programme.definition_texts import SPREAD

PLAIN = Calendar()
SHIPPED = read_definition(SPREAD)
EVERY_START = [date(2026, 1, 1) + timedelta(days=number) for number in range(1461)]
MODULES = ["training.strategy", "training.project-design", "training.communication", "training.governance"]
SESSIONS = [f"coaching.session-{number:02d}" for number in range(1, 13)]
CLOSED = frozenset({"august", "ramadan"})


class Made(NamedTuple):
    """A start day and the plan made for it."""

    start: date
    steps: list[PlannedStep]
    on: Mapping[str, date]


def made(start: date, rank: int) -> Made:
    """Plan an enrolment, its dates by key too."""
    steps = plan(SHIPPED, start, PLAIN, rank=rank)
    return Made(start, steps, {START: start} | {step.key: step.due_on for step in steps})


@pytest.fixture(scope="module")
def every_plan() -> list[Made]:
    """The plans of every start day, for the two days over which a coach's visits are spread."""
    assert (EVERY_START[0], EVERY_START[-1]) == (date(2026, 1, 1), date(2029, 12, 31))
    return [made(start, rank) for start in EVERY_START for rank in (0, 1)]


def test_every_date_is_a_working_day_not_before_its_rules_own_day(every_plan):
    assert [
        (each.start, step.key)
        for each in every_plan
        for step in each.steps
        if not (PLAIN.is_working(step.due_on) and each.start <= step.nominal_on <= step.due_on)
    ] == []


def test_every_step_follows_the_one_it_counts_from(every_plan):
    anchored = [(slot.key, slot.timing.anchor) for slot in slots(SHIPPED)]
    assert [
        (each.start, key) for each in every_plan for key, anchor in anchored if each.on[key] < each.on[anchor]
    ] == []


def test_every_two_sessions_are_three_to_twelve_weeks_apart(every_plan):
    gaps = {(each.on[later] - each.on[earlier]).days for each in every_plan for earlier, later in pairwise(SESSIONS)}
    assert 3 * 7 <= min(gaps) <= max(gaps) <= 12 * 7
    assert (min(gaps), max(gaps)) == (43, 55)  # seven weeks, less or more a feast and a week-end


def test_every_module_is_outside_august_and_ramadan(every_plan):
    assert [(each.start, key) for each in every_plan for key in MODULES if PLAIN.in_season(each.on[key], CLOSED)] == []


def test_every_two_modules_are_at_least_four_weeks_apart(every_plan):
    gaps = {(each.on[later] - each.on[earlier]).days for each in every_plan for earlier, later in pairwise(MODULES)}
    assert min(gaps) == 28
    assert max(gaps) < 10 * 7  # four weeks and a closed season


def test_every_module_leaves_time_for_its_make_up(every_plan):
    until = SHIPPED.stage("training").make_ups_until
    assert until is not None
    make_up = timedelta(weeks=SHIPPED.stage("training").make_up_after_weeks)
    assert [
        each.start for each in every_plan if each.on[MODULES[-1]] + make_up > until.nominal({START: each.start}, PLAIN)
    ] == []


def test_every_step_is_within_its_stages_window(every_plan):
    """No slip has to be allowed: each window is wider than its rules by more than the longest closure.

    A rule's day slips by up to 4 days for week-ends and feasts, by 3 more for a spread visit, and
    a module by a closed season; the windows' ends are not moved.
    """
    outside = []
    for each in every_plan:
        windows = {window.stage: window for window in stage_windows(SHIPPED, each.start, PLAIN)}
        outside += [
            (each.start, step.key)
            for step in each.steps
            if not windows[step.stage].opens_on <= step.due_on <= windows[step.stage].closes_on
        ]
    assert outside == []


def test_every_step_slips_no_further_than_its_closures(every_plan):
    longest: dict[str, int] = {}
    for step in (step for each in every_plan for step in each.steps):
        longest[step.kind] = max(longest.get(step.kind, 0), (step.due_on - step.nominal_on).days)
    assert longest == {
        "step": 4,  # a week-end and a feast of two days
        "report": 4,
        "evaluation": 4,
        "decision": 4,
        "meeting": 7,  # the same, and the next working day after another closure
        "session": 7,
        "module": 34,  # a Ramadan or an August, with what surrounds it
    }


def test_every_evaluation_is_within_its_checkpoints_window(every_plan):
    late = []
    for checkpoint in SHIPPED.checkpoints:
        key = f"{checkpoint.stage}.{checkpoint.key}-evaluation"
        for each in every_plan:
            rule_on = checkpoint.due.nominal({START: each.start}, PLAIN)
            if not timedelta(0) <= each.on[key] - rule_on <= timedelta(weeks=checkpoint.weeks_after):
                late.append((each.start, key))
    assert late == []


def test_every_development_plan_is_validated_before_the_first_session_and_module(every_plan):
    steps = [
        "diagnosis.visit",
        "diagnosis.swot",
        "diagnosis.report",
        "diagnosis.report-validation",
        "diagnosis.restitution",
        "diagnosis.plan-draft",
        "diagnosis.plan-adoption",
        "diagnosis.plan-validation",
    ]
    assert [
        (each.start, later)
        for each in every_plan
        for earlier, later in pairwise(steps)
        if each.on[later] < each.on[earlier]
    ] == []
    assert [
        (each.start, first)
        for each in every_plan
        for first in ("coaching.session-01", "training.strategy")
        if each.on[first] <= each.on["diagnosis.plan-validation"]
    ] == []


def test_every_date_is_explained_by_its_rule_and_both_days(every_plan):
    unexplained = []
    rules = {slot.key: "the start" if slot.timing.anchor == START else "“" for slot in slots(SHIPPED)}
    for each in every_plan[::14]:  # each day of the week comes; two thousand sentences a year would say the same
        for step in each.steps:
            said = str(why_then(step, SHIPPED, PLAIN))
            was = f" is {step.nominal_on}"
            moved = f": moved to {step.due_on}" if step.due_on != step.nominal_on else ""
            if not (rules[step.key] in said and (was in said) is bool(moved)) or not said.endswith(
                moved or ", as the programme has it"
            ):
                unexplained.append((each.start, said))
    assert unexplained == []
