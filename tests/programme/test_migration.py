"""What a second version changes in one plan: rules by their tables, and what holds for any plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from programme.calendar import Calendar
from programme.definition import Definition
from programme.definition_file import read_definition
from programme.legal import legal_plan
from programme.migration import Case, Migration, Moved, Turn, migration
from programme.planning import PlannedStage, end_of, plan
from programme.replanning import Held
from tests.journey.test_versions import second_text
from tests.programme.definition_texts import TEXT, edited

PLAIN = Calendar()
FIRST, SECOND = read_definition(TEXT), read_definition(second_text())
START = date(2027, 1, 4)
MINUTES = "      owner: coach\n      due: year-end + 6 months + 2 weeks\n"
FILING = """    - key: filing
      title: {fr: "Déposer {year}", ar: "إيداع {year}"}
      owner: cooperative
      due: year-end + 7 months
"""
STAGES = dict.fromkeys(("start", "diagnosis", "training", "coaching", "closing"), False)


def held_of(definition: Definition, start: date = START) -> tuple[Held, ...]:
    """Return a plan on which nothing has happened yet, its legal duties included."""
    steps = plan(definition, start, PLAIN)
    duties = legal_plan(definition, "12-31", start, end_of(definition, start, PLAIN), PLAIN)
    programme = [Held(one.key, one.rule, one.kind, one.nominal_on, one.due_on) for one in steps]
    return (
        *programme,
        *(Held(one.key, one.rule, one.kind, one.nominal_on, one.due_on, origin="legal") for one in duties),
    )


def case(today: date = date(2027, 1, 18), start: date = START, **more: object) -> Case:
    return replace(Case(start, today, held_of(FIRST, start), STAGES), **more)  # type: ignore[arg-type] # its own fields


def other(key: str, **values: object) -> tuple[Held, ...]:
    return tuple(replace(one, **values) if one.key == key else one for one in held_of(FIRST))  # type: ignore[arg-type]


def turned(text: str, situation: Case) -> Migration:
    return migration(Turn(FIRST, read_definition(text), PLAIN), situation)


def version_2(*changes: tuple[str, str]) -> str:
    return edited(("version: 1\n", "version: 2\n"), *changes)


def test_same_rules_change_nothing() -> None:
    assert turned(version_2(), case()) == Migration()


def test_added_moved_and_removed() -> None:
    found = migration(Turn(FIRST, SECOND, PLAIN), case())
    assert [(one.step.key, one.step.due_on, one.label) for one in found.added] == [
        ("coaching.M9-evaluation", date(2027, 10, 4), "M9"),
        ("coaching.M9-decision", date(2027, 10, 18), "M9"),
    ]
    assert found.moved == (
        Moved("diagnosis.restitution", "diagnosis.restitution", date(2027, 3, 8), date(2027, 3, 15), date(2027, 3, 15)),
    )
    assert [one.key for one in found.removed] == ["closing.exit-plan"]


def test_what_counts_from_a_moved_step_moves_with_it() -> None:
    found = turned(version_2(("due: start + 7 weeks", "due: start + 8 weeks")), case())
    assert [(one.key, str(one.was_on), str(one.on)) for one in found.moved] == [
        ("diagnosis.report", "2027-02-22", "2027-03-01"),
        ("diagnosis.report-validation", "2027-03-01", "2027-03-08"),
    ]


def test_what_counts_from_a_done_step_counts_from_its_own_date() -> None:
    text = version_2(("due: diagnosis.report + 5 working days", "due: diagnosis.report + 3 working days"))
    done = {"diagnosis.report": date(2027, 2, 24), "diagnosis.report-validation": date(2027, 3, 3)}
    held = [
        replace(one, is_open=one.key != "diagnosis.report", due_on=done.get(one.key, one.due_on))
        for one in held_of(FIRST)
    ]
    found = turned(text, case(held=tuple(held)))
    assert [(one.key, str(one.on)) for one in found.moved] == [("diagnosis.report-validation", "2027-03-01")]


def test_step_that_stands_off_its_rule_stays_as_far_off() -> None:
    text = version_2(("due: start + 5 weeks", "due: start + 6 weeks"))
    found = turned(text, case(held=other("diagnosis.swot", due_on=date(2027, 2, 11))))
    assert [(one.key, str(one.on)) for one in found.moved] == [("diagnosis.swot", "2027-02-18")]


def test_new_rule_makes_nobody_late() -> None:
    text = version_2(("due: start + 9 weeks", "due: start + 4 weeks"))
    found = turned(text, case(today=date(2027, 2, 20)))
    assert [(one.key, str(one.on)) for one in found.moved] == [("diagnosis.restitution", "2027-02-22")]


def test_step_that_is_late_already_stays_as_late() -> None:
    text = version_2(("due: start + 5 weeks", "due: start + 4 weeks"))
    assert turned(text, case(today=date(2027, 3, 1))).moved == ()


def test_pinned_and_done_steps_stay() -> None:
    text = version_2(("due: start + 9 weeks", "due: start + 10 weeks"))
    for values in ({"pinned": True}, {"is_open": False}):
        assert turned(text, case(held=other("diagnosis.restitution", **values))).moved == ()


def test_fewer_repetitions_remove_the_last_ones_that_are_open() -> None:
    text = version_2(
        ("repeat: {count: 12, every_weeks: 7}", "repeat: {count: 10, every_weeks: 7}"),
        ("repeat: {count: 12}", "repeat: {count: 10}"),
    )
    assert sorted(one.key for one in turned(text, case()).removed) == [
        "coaching.report-11",
        "coaching.report-12",
        "coaching.session-11",
        "coaching.session-12",
    ]


def test_make_up_of_a_module_that_goes_goes_too() -> None:
    text = version_2(
        (
            """      - key: governance
        title: {fr: "Formation : gouvernance", ar: "تكوين: الحكامة"}
        owner: coordinator
        kind: module
        at: "09:00"
        minutes: 420
        due: training.communication + 4 weeks
        avoid: [august, ramadan]
""",
            "",
        )
    )
    make_up = Held(
        "training.governance-make-up-1",
        "training.governance",
        "module",
        date(2027, 9, 6),
        date(2027, 9, 6),
        origin="make_up",
    )
    found = turned(text, case(held=(*held_of(FIRST), make_up)))
    assert {one.key for one in found.removed} == {"training.governance", "training.governance-make-up-1"}


def test_legal_duties_follow_their_new_rule_and_a_new_one_comes_when_it_is_still_ahead() -> None:
    """A sixth duty: the filing of the minutes, a month after the assembly; that of 2026 is past on 2 August 2027."""
    text = version_2(
        ("due: year-end + 5 months", "due: year-end + 5 months + 1 weeks"),
        (
            MINUTES,
            MINUTES + FILING,
        ),
    )
    found = turned(text, case(today=date(2027, 8, 2)))
    assert [(one.step.key, str(one.step.due_on)) for one in found.added] == [("legal.filing-2027", "2028-07-31")]
    assert [(one.key, str(one.on)) for one in found.moved] == [("legal.assembly-notice-2027", "2028-06-07")]


def test_programme_without_a_legal_calendar_any_more_asks_for_no_duty() -> None:
    after = SECOND.model_copy(update={"legal": None})
    found = migration(Turn(FIRST, after, PLAIN), case())
    assert sum(one.origin == "legal" for one in found.removed) == 10


def test_window_of_a_stage_that_is_over_stays() -> None:
    text = version_2(("closes: start + 14 weeks", "closes: start + 15 weeks"))
    assert turned(text, case()).windows == (PlannedStage("diagnosis", date(2027, 1, 18), date(2027, 4, 19)),)
    assert turned(text, case(stages={**STAGES, "diagnosis": True})).windows == ()


def test_window_after_a_pause_comes_as_much_later() -> None:
    text = version_2(("closes: start + 14 weeks", "closes: start + 15 weeks"))
    found = turned(text, case(pauses=((date(2027, 3, 1), date(2027, 3, 29)),)))
    assert found.windows == (PlannedStage("diagnosis", date(2027, 1, 18), date(2027, 5, 17)),)


def applied(situation: Case, found: Migration) -> Case:
    """Return the plan as it stands after a migration."""
    moved = {one.key: one for one in found.moved}
    gone = {one.key for one in found.removed}
    held = [
        replace(
            one,
            is_open=one.is_open and one.key not in gone,
            due_on=moved[one.key].on if one.key in moved else one.due_on,
        )
        for one in situation.held
    ]
    new = [
        Held(one.step.key, one.step.rule, one.step.kind, one.step.nominal_on, one.step.due_on)
        for one in found.added
        if one.is_written
    ]
    return replace(situation, held=(*held, *new))


@settings(max_examples=40, deadline=None)
@given(
    st.dates(date(2025, 6, 1), date(2027, 6, 30)),
    st.sets(st.integers(0, 60), max_size=20),
    st.sets(st.integers(0, 60), max_size=5),
    st.sampled_from(("skip", "schedule")),
)
def test_closed_and_pinned_steps_stay_and_twice_is_once(
    start: date, done: set[int], pinned: set[int], choice: str
) -> None:
    held = tuple(
        replace(one, is_open=number not in done, pinned=number in pinned)
        for number, one in enumerate(held_of(FIRST, start))
    )
    situation = case(date(2027, 1, 18), start, held=held)
    turn = Turn(FIRST, SECOND, PLAIN, {"M9": choice})  # type: ignore[dict-item] # one of the two
    found = migration(turn, situation)
    untouchable = {one.key for one in held if not one.is_open}
    assert untouchable & {one.key for one in (*found.moved, *found.removed, *found.remade)} == set()
    assert {one.key for one in held if one.pinned} & {one.key for one in found.moved} == set()
    assert [one for one in found.added if one.is_written and one.step.due_on < situation.from_on] == []
    assert [one for one in found.moved if one.on < situation.from_on <= one.was_on] == []
    again = migration(Turn(SECOND, SECOND, PLAIN), applied(situation, found))
    assert again == Migration()
