"""What moves, and what does not, when a start, a date, the calendar or a window changes in a plan under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.closures import Closure
from programme.definition_file import read_definition, shipped_text
from programme.planning import plan
from programme.replanning import Basis, Change, Held, Move, replan
from tests.programme.definition_texts import SPREAD

PLAIN = Calendar()
SHIPPED = read_definition(shipped_text())
SHARED_OUT = read_definition(SPREAD)
START = date(2027, 1, 4)
BASIS = Basis(START, PLAIN)
PROCLAIMED = Calendar({date(2027, 5, 16): None, date(2027, 5, 17): "Eid", date(2027, 5, 18): "Eid"})
STARTS = st.dates(date(2026, 6, 1), date(2028, 12, 31))


def held(start: date = START, *, calendar: Calendar = PLAIN, rank: int = 0) -> dict[str, Held]:
    """A whole plan as it stands on the day it was made."""
    return {
        step.key: Held(step.key, step.rule, step.kind, step.nominal_on, step.due_on)
        for step in plan(SHIPPED, start, calendar, rank=rank)
    }


def changed(steps: Mapping[str, Held], **changes: object) -> dict[str, Held]:
    return {**steps, **{str(step.key): step for step in changes.values() if isinstance(step, Held)}}


def moved(steps: Mapping[str, Held], change: Change) -> dict[str, date]:
    return {move.key: move.on for move in replan(SHIPPED, steps.values(), change) if move.on != move.was_on}


def applied(steps: Mapping[str, Held], moves: Sequence[Move]) -> dict[str, Held]:
    return {
        **steps,
        **{move.key: replace(steps[move.key], due_on=move.on, nominal_on=move.nominal_on) for move in moves},
    }


def test_new_start_moves_what_is_open_and_follows_its_rule():
    steps = held()
    visit = replace(steps["diagnosis.visit"], is_open=False)
    pinned = replace(steps["coaching.session-02"], due_on=date(2027, 5, 26), pinned=True)
    moves = moved(changed(steps, a=visit, b=pinned), Change(BASIS, replace(BASIS, start_on=date(2027, 1, 18))))
    assert moves["coaching.M12-evaluation"] == date(2028, 1, 18)
    assert moves["closing.M24-evaluation"] == date(2029, 1, 18)
    assert {"diagnosis.visit", "coaching.session-02"} & moves.keys() == set()


def test_report_follows_its_pinned_session_and_not_the_start():
    steps = held()
    pinned = replace(steps["coaching.session-02"], due_on=date(2027, 5, 26), pinned=True)
    report = replace(steps["coaching.report-02"], due_on=date(2027, 6, 7))
    later = replace(BASIS, start_on=date(2027, 1, 18))
    assert "coaching.report-02" not in moved(changed(steps, a=pinned, b=report), Change(BASIS, later))


def test_date_set_by_hand_takes_along_what_counts_from_it():
    moves = moved(held(), Change(BASIS, BASIS, set_on={"training.strategy": date(2027, 4, 12)}))
    assert moves == {
        "training.strategy": date(2027, 4, 12),
        "training.project-design": date(2027, 5, 10),
        "training.communication": date(2027, 6, 7),
        "training.governance": date(2027, 7, 5),
    }


def test_freed_step_goes_back_to_its_rule():
    steps = held()
    away = replace(steps["diagnosis.visit"], due_on=date(2027, 2, 1), pinned=True)
    change = Change(BASIS, BASIS, freed=frozenset({"diagnosis.visit"}))
    assert moved(changed(steps, a=away), change) == {"diagnosis.visit": date(2027, 1, 25)}


def test_proclaimed_feast_moves_what_falls_on_it_pinned_or_not():
    steps = held()
    pinned = replace(steps["coaching.session-02"], due_on=date(2027, 5, 18), pinned=True)
    moves = replan(
        SHIPPED,
        changed(steps, a=pinned).values(),
        Change(BASIS, replace(BASIS, calendar=PROCLAIMED), today=date(2027, 5, 7)),
    )
    assert [(move.key, move.on, str(move.why)) for move in moves if move.key == "coaching.session-02"] == [
        ("coaching.session-02", date(2027, 5, 19), "2027-05-18 is a holiday (Eid)")
    ]


def test_calendar_moves_neither_what_is_past_nor_anything_to_today():
    steps = {
        "diagnosis.visit": replace(held()["diagnosis.visit"], due_on=date(2027, 1, 26), nominal_on=date(2027, 1, 25))
    }
    was = replace(BASIS, calendar=Calendar({date(2027, 1, 25): "Jour chômé"}))
    assert moved(steps, Change(was, BASIS, today=date(2027, 1, 24))) == {"diagnosis.visit": date(2027, 1, 25)}
    assert moved(steps, Change(was, BASIS, today=date(2027, 1, 25))) == {}
    assert moved(steps, Change(was, BASIS, today=date(2027, 1, 27))) == {}


def test_closed_window_moves_meetings_and_they_come_back():
    closed = replace(BASIS, closed=(Closure(date(2027, 4, 1), date(2027, 4, 30), "récolte"),))
    there = replan(SHIPPED, held().values(), Change(BASIS, closed, today=date(2027, 3, 1)))
    assert {move.key: move.on for move in there if "session-01" in move.key} == {
        "coaching.session-01": date(2027, 5, 3)
    }
    assert str(there[0].why) == "2027-04-05 is in closed days (récolte)"
    moved_away = applied(held(), there)
    back = replan(SHIPPED, moved_away.values(), Change(closed, BASIS, today=date(2027, 3, 1)))
    assert applied(moved_away, back) == held()


def test_step_off_its_rule_is_not_dragged_back():
    steps = held()
    resumed = {key: replace(step, due_on=step.due_on + timedelta(days=28)) for key, step in steps.items()}
    change = Change(BASIS, replace(BASIS, calendar=PROCLAIMED), today=date(2027, 5, 7))
    assert set(moved(resumed, change)) <= {key for key, step in resumed.items() if step.due_on == date(2027, 5, 18)}


def recovery(session_on: date, *, pinned: bool = False) -> dict[str, Held]:
    report_on = PLAIN.on_or_after(session_on + timedelta(days=10))
    return {
        "coaching.recovery-session-01": Held(
            "coaching.recovery-session-01",
            "coaching.session",
            "session",
            session_on,
            session_on,
            pinned=pinned,
            origin="recovery",
        ),
        "coaching.recovery-report-01": Held(
            "coaching.recovery-report-01", "coaching.report", "report", report_on, report_on, origin="recovery"
        ),
    }


def test_recovery_keeps_its_days_but_leaves_a_closed_one_with_its_report():
    steps = held() | recovery(date(2027, 5, 18))
    start = Change(BASIS, replace(BASIS, start_on=date(2027, 1, 18)))
    assert not [key for key in moved(steps, start) if "recovery" in key]
    feast = Change(BASIS, replace(BASIS, calendar=PROCLAIMED), today=date(2027, 5, 7))
    assert {key: on for key, on in moved(steps, feast).items() if "recovery" in key} == {
        "coaching.recovery-session-01": date(2027, 5, 19),
        "coaching.recovery-report-01": date(2027, 5, 31),
    }


@given(STARTS, st.integers(0, 40))
@settings(max_examples=60)
def test_untouched_plan_does_not_move_without_a_change(start: date, rank: int):
    steps = plan(SHARED_OUT, start, PLAIN, rank=rank)
    standing = [Held(step.key, step.rule, step.kind, step.nominal_on, step.due_on) for step in steps]
    assert replan(SHARED_OUT, standing, Change(Basis(start, PLAIN), Basis(start, PLAIN)), rank=rank) == []


@given(STARTS, STARTS)
@settings(max_examples=60)
def test_new_start_of_an_untouched_plan_is_the_plan_of_that_start(start: date, other: date):
    change = Change(Basis(start, PLAIN), Basis(other, PLAIN))
    assert applied(held(start), replan(SHIPPED, held(start).values(), change)) == held(other)


KEYS = sorted(held())
FATES = st.fixed_dictionaries(
    {},
    optional={key: st.tuples(st.sampled_from(["done", "pinned", "displaced"]), st.integers(-20, 60)) for key in KEYS},
)
CALENDARS = st.dictionaries(
    st.dates(date(2027, 1, 1), date(2029, 1, 31)), st.sampled_from(["Fête", None]), max_size=12
).map(Calendar)
WINDOWS = st.lists(st.tuples(st.dates(date(2027, 1, 1), date(2028, 12, 1)), st.integers(0, 60)), max_size=2).map(
    lambda spans: tuple(Closure(first, first + timedelta(days=days), "x") for first, days in spans)
)


def lived(fates: Mapping[str, tuple[str, int]]) -> dict[str, Held]:
    steps = held()
    for key, (fate, days) in fates.items():
        on = PLAIN.on_or_after(steps[key].due_on + timedelta(days=days))
        steps[key] = replace(steps[key], due_on=on, is_open=fate != "done", pinned=fate == "pinned")
    return steps


@given(FATES, STARTS, CALENDARS, WINDOWS)
@example(  # a step off its rule's day that a closed window pushes onto it
    {"training.strategy": ("done", 1)}, START, PLAIN, (Closure(date(2027, 5, 1), date(2027, 5, 3), "x"),)
)
@settings(max_examples=150)
def test_replanning_twice_is_replanning_once(
    fates: dict[str, tuple[str, int]], start: date, calendar: Calendar, closed: tuple[Closure, ...]
):
    steps, after = lived(fates), Basis(start, calendar, closed)
    once = applied(steps, replan(SHIPPED, steps.values(), Change(BASIS, after)))
    assert replan(SHIPPED, once.values(), Change(after, after)) == []
    assert {key: step.due_on for key, step in once.items() if not step.is_open} == {
        key: step.due_on for key, step in steps.items() if not step.is_open
    }


@given(FATES, CALENDARS, WINDOWS, st.dates(date(2027, 1, 1), date(2028, 12, 31)))
@settings(max_examples=100)
def test_calendar_leaves_the_past_alone_and_no_open_step_on_a_day_it_closes(
    fates: dict[str, tuple[str, int]], calendar: Calendar, closed: tuple[Closure, ...], today: date
):
    steps, after = lived(fates), Basis(START, calendar, closed)
    moves = replan(SHIPPED, steps.values(), Change(BASIS, after, today=today))
    assert all(move.was_on >= today and (move.on > today or move.on >= move.was_on) for move in moves)
    once = applied(steps, moves)
    assert all(calendar.is_working(step.due_on) for step in once.values() if step.is_open and step.due_on >= today)
