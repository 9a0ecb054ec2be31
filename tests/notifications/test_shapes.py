"""What is promised has the shape of something that rendered: a wrong shape or value is found at the promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.errors import MissingFact, UnusableFact
from notifications.kinds import COOPERATIVE_KINDS, READINGS
from notifications.rendering import render, template_version
from notifications.samples import every_case, facts_for
from notifications.shapes import assured, class_of, shape_of
from programme.errors import Refusal

REMINDER = facts_for("step_reminder", "fr")
MEETING = facts_for("meeting", "fr")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", "empty"),
        ("2027-03-05", "date"),
        ("2027-02-30", "figures"),
        ("10:00", "hour"),
        ("T10:00", "hour"),
        ("9:5", "figures"),
        ("0661000000", "figures"),
        ("certificate", "word certificate"),
        ("Mme Exemple", "text"),
        ("تعاونية", "text"),
        ("+212600000012", "text"),
    ],
)
def test_text_has_the_class_that_a_template_may_parse_or_look_up(text: str, known: str) -> None:
    assert class_of(text) == known


@pytest.mark.parametrize(
    "other",
    [
        {"recipient": "M. Autre"},
        {"contact_phone": "+212600000099"},
        {"due_on": "2028-12-31"},
        {"step": {"fr": "Autre chose", "ar": "شيء آخر"}},
    ],
)
def test_names_titles_and_days_leave_the_shape_as_it_is(other: dict[str, Any]) -> None:
    assert shape_of(REMINDER | other) == shape_of(REMINDER)


@pytest.mark.parametrize(
    "other",
    [
        {"recipient": None},
        {"recipient": ""},
        {"days": 1},
        {"days": "7"},
        {"days": True},
        {"due_on": "2027-02-30"},
        {"due_on": "Friday"},
        {"step": {"fr": "Autre chose"}},
        {"step": {"fr": "Autre chose", "ar": None}},
        {"step": ["fr", "ar"]},
        {"more": "facts"},
    ],
)
def test_what_may_decide_makes_another_shape(other: dict[str, Any]) -> None:
    assert shape_of(REMINDER | other) != shape_of(REMINDER)


def test_same_day_twice_is_another_shape_than_two_days() -> None:
    moved = facts_for("date_changed", "fr")
    assert shape_of(moved | {"was_on": "2027-03-19"}) != shape_of(moved)


def test_version_is_that_of_the_templates() -> None:
    assert [assured("step_reminder", "fr", REMINDER) for _ in range(2)] == [template_version("step_reminder", "fr")] * 2


def without(facts: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != name}


@pytest.mark.parametrize(
    ("kind", "facts", "refusal"),
    [
        ("step_reminder", without(REMINDER, "due_on"), MissingFact),
        ("step_reminder", without(REMINDER, "contact_phone"), MissingFact),
        ("step_reminder", REMINDER | {"step": {"ar": "مصادقة"}}, MissingFact),
        ("step_reminder", REMINDER | {"step": None}, MissingFact),
        ("step_reminder", REMINDER | {"due_on": "2027-02-30"}, UnusableFact),
        ("step_reminder", REMINDER | {"days": None}, UnusableFact),
        ("meeting", MEETING | {"at": "9:5"}, UnusableFact),
        ("checkpoint_result", facts_for("checkpoint_result", "fr") | {"outcome": "perhaps"}, MissingFact),
    ],
)
def test_bad_shape_or_value_is_refused_after_good_ones_have_rendered(
    kind: str, facts: dict[str, Any], refusal: type[Refusal]
) -> None:
    for good in every_case(kind):
        assured(kind, "fr", good)
    for _ in range(2):
        with pytest.raises(refusal):
            assured(kind, "fr", facts)


def refused(say: Callable[[str, str, dict[str, Any]], object], kind: str, reading: str, facts: dict[str, Any]) -> bool:
    try:
        say(kind, reading, facts)
    except Refusal:
        return True
    return False


VALUES: list[Any] = [
    None,
    "",
    " ",
    "texte",
    "Texte",
    "exit",
    "2027-03-05",
    "2027-02-30",
    "10:00",
    "24:61",
    0,
    1,
    7,
    -3,
    True,
    1.5,
    [],
    {},
    {"fr": "Un", "ar": "واحد"},
    {"fr": "Un"},
    {"fr": 1, "ar": 2},
]


@st.composite
def notices(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Facts of a kind of notice of which up to three are missing, or are something else than they should be."""
    kind, reading = draw(st.sampled_from(COOPERATIVE_KINDS)), draw(st.sampled_from(READINGS))
    facts = facts_for(kind, reading) | draw(st.sampled_from([{}, *every_case(kind)]))
    for name in draw(st.lists(st.sampled_from(sorted(facts)), max_size=3, unique=True)):
        if draw(st.booleans()):
            facts[name] = draw(st.sampled_from(VALUES))
        else:
            del facts[name]
    return kind, reading, facts


@settings(deadline=None, max_examples=300)  # the first rendering of a kind compiles its templates
@given(notices())
def test_it_refuses_what_rendering_refuses_and_nothing_else(notice: tuple[str, str, dict[str, Any]]) -> None:
    kind, reading, facts = notice
    assert refused(assured, kind, reading, facts) == refused(render, kind, reading, facts)
