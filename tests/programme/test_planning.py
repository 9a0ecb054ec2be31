"""The dates of an enrolment, by the calendar and by the cooperative's rank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.definition import Definition
from programme.definition_file import read_definition, shipped_text
from programme.planning import (
    PlannedStage,
    PlannedStep,
    cycle,
    end_of,
    landing,
    numbered,
    plan,
    slots,
    stage_windows,
    title_of,
    why_then,
)
from programme.timing import START
from tests.programme.definition_texts import SPREAD

PLAIN = Calendar()
SHIPPED = read_definition(shipped_text())
SHARED_OUT = read_definition(SPREAD)
READ_AGAIN = read_definition(shipped_text())
MODULES = ["training.strategy", "training.project-design", "training.communication", "training.governance"]
SESSIONS = [f"coaching.session-{number:02d}" for number in range(1, 13)]
STARTS = st.dates(date(2026, 1, 1), date(2029, 12, 31))


class Made(NamedTuple):
    """A start day and the plan made for it."""

    start: date
    steps: list[PlannedStep]
    on: Mapping[str, date]


def made(start: date, *, rank: int = 0, definition: Definition = SHIPPED, calendar: Calendar = PLAIN) -> Made:
    """Plan an enrolment, its dates by key too."""
    steps = plan(definition, start, calendar, rank=rank)
    return Made(start, steps, {START: start} | {step.key: step.due_on for step in steps})


def test_plan_has_every_step_of_the_programme():
    assert len(made(date(2027, 1, 4)).steps) == 4 + 8 + 4 + 12 + 12 + 2 + 5 * 2


def test_plan_of_a_start_on_a_monday():
    on = made(date(2027, 1, 4)).on
    assert {key: on[key] for key in on if not key.startswith("coaching.")} == {
        "start": date(2027, 1, 4),
        "start.coach": date(2027, 1, 12),
        "start.convention": date(2027, 1, 18),
        "start.contact": date(2027, 1, 18),
        "start.data-protection": date(2027, 1, 25),
        "diagnosis.visit": date(2027, 1, 25),
        "diagnosis.M0-evaluation": date(2027, 2, 1),
        "diagnosis.M0-decision": date(2027, 2, 15),
        "diagnosis.swot": date(2027, 2, 8),
        "diagnosis.report": date(2027, 2, 22),
        "diagnosis.report-validation": date(2027, 3, 1),
        "diagnosis.restitution": date(2027, 3, 8),
        "diagnosis.plan-draft": date(2027, 3, 15),
        "diagnosis.plan-adoption": date(2027, 3, 22),
        "diagnosis.plan-validation": date(2027, 3, 29),
        "training.strategy": date(2027, 4, 5),
        "training.project-design": date(2027, 5, 3),
        "training.communication": date(2027, 5, 31),
        "training.governance": date(2027, 6, 28),
        "closing.assembly": date(2028, 12, 11),
        "closing.exit-plan": date(2028, 12, 18),
        "closing.M24-evaluation": date(2029, 1, 4),
        "closing.M24-decision": date(2029, 1, 18),
    }


def test_plan_of_a_start_on_a_monday_spreads_the_sessions_over_the_two_years():
    on = made(date(2027, 1, 4)).on
    assert [on[key] for key in SESSIONS] == [
        date(2027, 4, 5),
        date(2027, 5, 24),
        date(2027, 7, 12),
        date(2027, 8, 30),
        date(2027, 10, 18),
        date(2027, 12, 6),
        date(2028, 1, 24),
        date(2028, 3, 13),
        date(2028, 5, 2),
        date(2028, 6, 19),
        date(2028, 8, 7),
        date(2028, 9, 25),
    ]
    assert on["coaching.report-01"] == date(2027, 4, 15)
    assert on["coaching.report-12"] == date(2028, 10, 5)


def test_plan_measures_at_the_anniversaries_of_the_start():
    on = made(date(2027, 1, 4)).on
    assert [on[f"coaching.{key}-evaluation"] for key in ("M6", "M12", "M18")] == [
        date(2027, 7, 5),
        date(2028, 1, 4),
        date(2028, 7, 4),
    ]


def test_plan_counts_months_from_the_start_on_the_last_day_of_a_month():
    on = made(date(2026, 8, 31)).on
    assert on["coaching.M6-evaluation"] == date(2027, 3, 1)  # 28 February is a Sunday
    assert on["coaching.M12-evaluation"] == date(2027, 8, 31)


def test_plan_moves_modules_past_august():
    on = made(date(2027, 5, 3)).on
    assert [on[key] for key in MODULES] == [
        date(2027, 9, 1),
        date(2027, 9, 29),
        date(2027, 10, 27),
        date(2027, 11, 24),
    ]


def test_plan_says_what_each_step_is():
    steps = {step.key: step for step in made(date(2027, 1, 4)).steps}
    assert steps["coaching.session-03"] == PlannedStep(
        key="coaching.session-03",
        rule="coaching.session",
        stage="coaching",
        kind="session",
        owner="coach",
        number=3,
        nominal_on=date(2027, 7, 11),
        due_on=date(2027, 7, 12),
    )


def test_plan_is_in_the_order_of_the_dates():
    steps = made(date(2027, 1, 4)).steps
    assert steps == sorted(steps, key=lambda step: (step.due_on, step.key))


def test_plan_follows_a_proclaimed_holiday():
    proclaimed = Calendar({date(2027, 1, 25): "Jour proclamé"})
    moved = made(date(2027, 1, 4), calendar=proclaimed)
    visit = next(step for step in moved.steps if step.key == "diagnosis.visit")
    assert visit.due_on == date(2027, 1, 26)
    assert str(why_then(visit, SHIPPED, proclaimed)) == (
        "3 weeks after the start is 2027-01-25, a holiday (Jour proclamé): moved to 2027-01-26"
    )


def test_plan_spreads_a_coachs_visits_over_two_days_and_begins_again():
    days = [made(date(2027, 1, 4), rank=rank, definition=SHARED_OUT).on["diagnosis.visit"] for rank in range(5)]
    assert days == [
        date(2027, 1, 25),
        date(2027, 1, 26),
        date(2027, 1, 25),
        date(2027, 1, 26),
        date(2027, 1, 25),
    ]


def test_landing_spreads_over_working_days_only():
    visit = SHIPPED.by_key["diagnosis.visit"].model_copy(update={"spread_days": 4})
    assert [landing(visit, date(2027, 1, 8), PLAIN, rank=rank) for rank in range(5)] == [
        date(2027, 1, 8),  # Friday; the Monday after is the Manifesto
        date(2027, 1, 12),
        date(2027, 1, 13),
        date(2027, 1, 15),  # the 14th is the Amazigh new year
        date(2027, 1, 8),
    ]


def test_landing_spreads_out_of_a_closed_season():
    module = SHIPPED.by_key["training.strategy"].model_copy(update={"spread_days": 2})
    assert landing(module, date(2027, 7, 29), PLAIN, rank=1) == date(2027, 9, 1)


@given(STARTS, st.integers(0, 20))
def test_plan_of_the_same_inputs_is_the_same(start, rank):
    assert made(start, rank=rank).steps == made(start, rank=rank, definition=READ_AGAIN, calendar=Calendar()).steps


@given(STARTS, st.integers(0, 20))
def test_plan_of_a_rank_moves_only_what_is_spread(start, rank):
    first, other = made(start), made(start, rank=rank, definition=SHARED_OUT)
    # Reports follow their session.
    moved = {step.rule for step in first.steps if other.on[step.key] != step.due_on}
    assert moved <= {"diagnosis.visit", "diagnosis.restitution", "coaching.session", "coaching.report"}
    for key in ("diagnosis.visit", "diagnosis.restitution", *SESSIONS):
        assert other.on[key] == PLAIN.add_working_days(first.on[key], rank % 2)


def test_stage_windows_count_from_the_start_alone():
    assert stage_windows(SHIPPED, date(2027, 1, 4), PLAIN) == [
        PlannedStage("start", date(2027, 1, 4), date(2027, 2, 1)),
        PlannedStage("diagnosis", date(2027, 1, 18), date(2027, 4, 12)),
        PlannedStage("training", date(2027, 4, 4), date(2027, 9, 4)),
        PlannedStage("coaching", date(2027, 4, 4), date(2028, 12, 4)),
        PlannedStage("closing", date(2028, 12, 4), date(2029, 2, 1)),
    ]


def test_end_of_is_the_last_day_of_the_two_years():
    assert end_of(SHIPPED, date(2027, 1, 4), PLAIN) == date(2029, 1, 3)
    assert end_of(SHIPPED, date(2028, 2, 29), PLAIN) == date(2030, 2, 27)


def test_title_of_a_repeated_step_carries_its_number():
    assert title_of(SHIPPED, "coaching.session", 3).fr == "Séance d'accompagnement n° 3"
    assert title_of(SHIPPED, "coaching.session", 3).ar == "جلسة المواكبة رقم 3"


def test_title_of_a_single_step_is_its_own():
    assert title_of(SHIPPED, "diagnosis.visit", None).fr == "Visite de diagnostic"


def test_numbered_keys_sort_as_their_numbers():
    keys = [numbered("coaching.session", number) for number in range(1, 13)]
    assert keys == SESSIONS
    assert keys == sorted(keys)


def test_slots_come_after_their_anchors():
    known = {START}
    for slot in slots(SHIPPED):
        assert slot.timing.anchor in known
        known.add(slot.key)


def test_cycle_finds_none_in_the_shipped_definition():
    assert cycle(SHIPPED) is None
