"""Answers to scores: values, bands, what cannot be assessed or compared, and the data of the questionnaire v1."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme import scoring_errors as refusals
from programme.scoring import Answer, Change, Score, compare, default_questionnaire, load_questionnaire, score, weakest
from programme.wording import Bilingual

Sheet = dict[str, Answer]
V1 = default_questionnaire()
KEYS = tuple(item.key for item in V1.items)
MODULES = {"strategy", "project-design", "communication", "governance"}
BAND = {"key": "low", "at_least": 0, "title": {"fr": "Bas", "ar": "منخفض"}}
levels = st.one_of(st.integers(0, 4), st.just("na"), st.none())
sheets = st.dictionaries(st.sampled_from(KEYS), levels)
forms = st.sampled_from(["full", "short"])


def everywhere(level: Answer) -> Sheet:
    return dict.fromkeys(KEYS, level)


def on(key: str, *given: Answer) -> Sheet:
    """The answers to the five questions of one axis, in order; the first two are the short form's."""
    return dict(zip((item.key for item in V1.items if item.key.startswith(f"{key}.")), given, strict=True))


def value_of(measure: Score, key: str) -> Decimal | None:
    return next(axis.value for axis in measure.axes if axis.key == key)


def weak(sheet: Sheet) -> list[str]:
    return [axis.key for axis in weakest(score(V1, sheet), V1)]


def variant(**changes: object) -> str:
    """The questionnaire v1 as a file (JSON is YAML), with some of its entries replaced."""
    return json.dumps(V1.model_dump(mode="json") | changes)


def score_with_heavy_finance(weight: str, sheet: Sheet) -> Score:
    axes = V1.model_dump(mode="json")["axes"]
    axes[3] |= {"weight": weight}
    return score(load_questionnaire(variant(axes=axes)), sheet)


def first_question(**changes: object) -> str:
    axes = V1.model_dump(mode="json")["axes"]
    axes[0]["items"][0] |= changes
    return variant(axes=axes)


def test_score_of_all_fours_is_100_and_of_all_zeros_is_0() -> None:
    best, worst = score(V1, everywhere(4)), score(V1, everywhere(0))
    assert (best.value, best.band) == (Decimal("100.0"), "consolidated")
    assert (worst.value, worst.band) == (Decimal("0.0"), "fragile")


def test_axis_value_is_25_times_the_mean_of_what_applies() -> None:
    assert value_of(score(V1, on("finance", 4, 3, 2, 1, 1)), "finance") == Decimal("55.0")
    assert value_of(score(V1, on("finance", 4, 3, 2, 1, "na")), "finance") == Decimal("62.5")


def test_global_is_the_weighted_mean_of_assessable_axes() -> None:
    sheet = on("finance", 4, 4, 4, 4, 4) | on("people", 0, 0, 0, 0, 0)
    assert (score(V1, sheet).value, score_with_heavy_finance("3", sheet).value) == (Decimal("50.0"), Decimal("75.0"))


def test_score_without_answers_has_no_value_and_no_band() -> None:
    measure = score(V1, {})
    assert (measure.value, measure.band, {axis.value for axis in measure.axes}) == (None, None, {None})


def test_value_is_rounded_half_up_to_one_decimal() -> None:
    assert score(V1, on("finance", 1, 0, 0, 0, "na")).value == Decimal("6.3")  # 6.25
    thirds = on("finance", 0, 0, 0, 0, 0) | on("people", 0, 0, 0, 0, 0) | on("members", 4, 4, 4, 4, 4)
    assert score(V1, thirds).value == Decimal("33.3")


def test_band_applies_before_rounding() -> None:
    values = ["0", "39.99", "40", "69.5", "69.99", "70", "100"]
    names = ["fragile", "fragile", "structuring", "structuring", "structuring", "consolidated", "consolidated"]
    assert [V1.band_of(Fraction(value)).key for value in values] == names


def test_band_of_a_global_that_only_rounds_to_70_is_structuring() -> None:
    measure = score_with_heavy_finance("1000", on("finance", 3, 3, 3, 3, 2) | on("people", 2, 2, 2, 2, 2))
    assert (measure.value, measure.band) == (Decimal("70.0"), "structuring")


def test_axis_of_40_is_structuring_and_of_70_consolidated() -> None:
    measure = score(V1, on("finance", 2, 2, 2, 1, 1) | on("people", 3, 3, 3, 3, 2))
    bands = {axis.key: axis.band for axis in measure.axes}
    assert (bands["finance"], bands["people"], bands["members"]) == ("structuring", "consolidated", None)


@pytest.mark.parametrize("missing", ["na", None])
def test_axis_with_one_of_five_missing_is_assessable(missing: Answer) -> None:
    assert value_of(score(V1, on("people", 2, 2, 2, 2, missing)), "people") == Decimal("50.0")


@pytest.mark.parametrize("missing", [("na", "na"), (None, None), ("na", None)])
def test_axis_with_two_of_five_missing_is_not_assessable(missing: tuple[Answer, Answer]) -> None:
    measure = score(V1, on("people", 4, 4, 4, *missing))
    assert value_of(measure, "people") is None
    assert str(measure.axes[-1].reason) == "Not assessable: 3 of 5 answered."


def test_axis_with_exactly_a_third_missing_is_assessable() -> None:
    axes = V1.model_dump(mode="json")["axes"]
    axes[0]["items"] = axes[0]["items"][:3]
    measure = score(load_questionnaire(variant(axes=axes)), {"governance.assembly": 2, "governance.board": 3})
    assert (value_of(measure, "governance"), measure.axes[0].reason) == (Decimal("62.5"), None)


def test_short_form_counts_only_its_own_questions_and_needs_both() -> None:
    measure = score(V1, on("finance", 4, 3, 0, 0, 0), "short")
    assert (value_of(measure, "finance"), measure.axes[3].asked) == (Decimal("87.5"), 2)
    assert value_of(score(V1, on("finance", 4, "na", 4, 4, 4), "short"), "finance") is None


def test_score_refuses_unknown_questions_all_at_once() -> None:
    with pytest.raises(refusals.UnknownQuestion) as refused:
        score(V1, {"finance.gold": 1, "finance.cash": 2, "moon.base": 3})
    assert str(refused.value) == (
        "Not in version 1 of the questionnaire: finance.gold, moon.base. "
        "Remove these answers, or score them with the version in which they were asked."
    )


@pytest.mark.parametrize("answer", [-1, 5, True, 2.0, "3", "NA", "", [2]])
def test_score_refuses_an_answer_off_the_scale(answer: object) -> None:
    sheet: dict[str, object] = {"finance.costing": answer}
    with pytest.raises(refusals.AnswerOutOfRange) as refused:
        score(V1, sheet, "short")  # type: ignore[arg-type]  # what a form or a file may send
    assert str(refused.value) == (
        f"These answers cannot be counted: finance.costing = {answer!r}. "
        'Give a whole number from 0 to 4, "na" when the question does not apply, or leave it empty.'
    )


def test_score_survives_json() -> None:
    measure = score(V1, on("finance", 4, 3, 2, 1, "na"), "short")
    stored = json.loads(json.dumps(measure.to_json()))
    assert (stored["version"], stored["form"], stored["value"], stored["band"]) == (1, "short", "87.5", "consolidated")
    assert Score.model_validate(stored) == measure


def test_weakest_are_at_most_three_and_weakest_first() -> None:
    sheet = everywhere(4) | on("people", 0, 0, 0, 0, 0) | on("members", 1, 1, 1, 1, 1)
    sheet |= on("finance", 1, 1, 1, 1, 0) | on("strategy", 1, 1, 1, 1, 2)
    assert weak(sheet) == ["people", "finance", "members"]


def test_weakest_breaks_ties_by_the_questionnaire_order() -> None:
    assert weak(everywhere(1)) == ["governance", "members", "administration"]


def test_weakest_leaves_out_50_itself_and_what_is_not_assessable() -> None:
    sheet = on("people", 2, 2, 2, 2, 2) | on("finance", 0, 0, 0, None, None) | on("members", 2, 2, 2, 2, 1)
    assert weak(sheet) == ["members"]


def test_weakest_axis_gives_action_module_and_theme() -> None:
    (axis,) = weakest(score(V1, on("members", 0, 0, 0, 0, 0)), V1)
    assert (axis.module, axis.theme.fr) == ("communication", "Faire participer chaque adhérente et chaque adhérent")
    assert axis.action.ar == "تحيين سجل المتعاونين وإخبار كل عضو، كل ثلاثة أشهر، بالنتائج والقرارات"


def test_weakest_refuses_the_questionnaire_of_another_version() -> None:
    with pytest.raises(refusals.ScoreOfAnotherQuestionnaire) as refused:
        weakest(score(V1, everywhere(1)), load_questionnaire(variant(version=2)))
    assert refused.value.facts == {"measured": "mourafaka v1", "given": "mourafaka v2"}


def test_compare_gives_the_progress_of_each_axis_and_of_the_whole() -> None:
    progress = compare(score(V1, everywhere(1)), score(V1, everywhere(1) | on("finance", 4, 4, 4, 4, 4)))
    assert progress.overall == Change(Decimal("25.0"), Decimal("34.4"))
    assert progress.overall.difference == Decimal("9.4")
    assert progress.axes["finance"] == Change(Decimal("25.0"), Decimal("100.0"))
    assert (len(progress.axes), progress.reason, progress.left_out) == (8, None, ())


def test_compare_measures_like_with_like_when_an_axis_was_not_assessable() -> None:
    before = on("finance", 2, 2, 2, 2, 2)
    progress = compare(score(V1, before), score(V1, before | on("people", 0, 0, 0, 0, 0)))
    assert progress.overall == Change(Decimal("50.0"), Decimal("50.0"))
    assert (list(progress.axes), len(progress.left_out), progress.left_out[-1]) == (["finance"], 7, "people")


def test_compare_refuses_two_versions_and_two_forms() -> None:
    progress = compare(score(V1, everywhere(1)), score(load_questionnaire(variant(version=2)), everywhere(2)))
    assert str(progress.reason) == "Not comparable: measured with mourafaka v1, then with mourafaka v2."
    assert (progress.overall, progress.axes) == (None, {})
    progress = compare(score(V1, everywhere(1)), score(V1, everywhere(2), "short"))
    assert str(progress.reason) == "Not comparable: one measure used the full questionnaire, the other its short form."


def test_compare_refuses_measures_without_a_common_axis() -> None:
    progress = compare(score(V1, on("finance", 1, 1, 1, 1, 1)), score(V1, on("people", 1, 1, 1, 1, 1)))
    assert str(progress.reason) == "Not comparable: no axis is assessable in both measures."


@given(sheets, forms)
def test_score_stays_between_0_and_100(sheet: Sheet, form: Literal["full", "short"]) -> None:
    measure = score(V1, sheet, form)
    values = [value for value in (measure.value, *(axis.value for axis in measure.axes)) if value is not None]
    assert [value for value in values if not 0 <= value <= 100] == []
    assert (measure.value is None) == all(axis.value is None for axis in measure.axes)


@given(sheets, st.sampled_from(KEYS), st.integers(0, 3), forms)
def test_score_never_falls_when_an_answer_rises(
    sheet: Sheet, key: str, level: int, form: Literal["full", "short"]
) -> None:
    lower, higher = score(V1, sheet | {key: level}, form), score(V1, sheet | {key: level + 1}, form)
    pairs = [(lower.value, higher.value)] + [(a.value, b.value) for a, b in zip(lower.axes, higher.axes, strict=True)]
    assert [pair for pair in pairs if (pair[0] is None) != (pair[1] is None)] == []
    assert [(a, b) for a, b in pairs if a is not None and b is not None and a > b] == []


@given(sheets, st.randoms(use_true_random=False))
def test_score_does_not_depend_on_the_order_of_entries(sheet: Sheet, random: Random) -> None:
    assert score(V1, dict(random.sample(list(sheet.items()), len(sheet)))) == score(V1, sheet)


@given(st.lists(levels, min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_axis_does_not_depend_on_which_question_got_which_answer(answers: list[Answer], random: Random) -> None:
    assert score(V1, on("people", *random.sample(answers, 5))) == score(V1, on("people", *answers))


@given(sheets, forms)
def test_weakest_are_weak_and_in_order(sheet: Sheet, form: Literal["full", "short"]) -> None:
    measure = score(V1, sheet, form)
    below = sorted(axis.value for axis in measure.axes if axis.value is not None and axis.value < 50)
    assert [value_of(measure, axis.key) for axis in weakest(measure, V1)] == below[:3]


def texts() -> list[Bilingual]:
    axes = [text for axis in V1.axes for text in (axis.title, axis.action, axis.theme)]
    items = [text for item in V1.items for text in (item.text, *item.anchors)]
    return [V1.title, *(band.title for band in V1.bands), *axes, *items]


def test_v1_has_eight_axes_of_five_questions_two_of_them_short() -> None:
    keys = ["governance", "members", "administration", "finance", "production", "marketing", "strategy", "people"]
    assert [axis.key for axis in V1.axes] == keys
    assert [(len(axis.items), len(axis.asked("short"))) for axis in V1.axes] == [(5, 2)] * 8
    assert [len(item.anchors) for item in V1.items] == [5] * 40


def test_v1_is_written_in_both_scripts() -> None:
    assert len(texts()) == 1 + 3 + 8 * 3 + 40 * 6
    assert [text.fr for text in texts() if not re.fullmatch(r"[ -~à-ÿœÀÉŒ]+", text.fr)] == []
    assert [text.ar for text in texts() if not re.fullmatch(r"[\u0621-\u0652 ،؟.():]+", text.ar)] == []


def test_v1_never_describes_two_levels_of_a_question_alike() -> None:
    assert [item.key for item in V1.items if len({anchor.fr for anchor in item.anchors}) != 5] == []
    assert [item.key for item in V1.items if len({anchor.ar for anchor in item.anchors}) != 5] == []
    assert len({item.text.fr for item in V1.items}) == len({item.text.ar for item in V1.items}) == 40


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("axes: [", "while parsing"),
        ("- a list", "valid dictionary"),
        (variant(pass_mark=50), "pass_mark: Extra inputs"),
        (variant(not_assessable_above="1"), "not_assessable_above: "),
        (first_question(key="governance.board"), "keys used twice: governance.board"),
        (first_question(key="finance.assembly"), "keys that do not start with the axis: finance.assembly"),
        (first_question(text={"fr": "Une question ?"}), "axes.0.items.0.text.ar"),
        (first_question(anchors=[{"fr": "Non.", "ar": "لا."}] * 4), "axes.0.items.0.anchors"),
        (variant(axes=[V1.model_dump(mode="json")["axes"][0] | {"items": []}]), "no question for the short form"),
        (variant(axes=[V1.model_dump(mode="json")["axes"][0] | {"weight": 0}]), "axes.0.weight"),
        (variant(bands=[BAND | {"at_least": 10}]), "bands must start at 0 and rise"),
        (variant(bands=[BAND, BAND | {"key": "high"}]), "bands must start at 0 and rise"),
        (variant(bands=[BAND, BAND | {"at_least": 40}]), "keys used twice: low"),
    ],
)
def test_load_refuses_and_names_the_place(text: str, problem: str) -> None:
    with pytest.raises(refusals.QuestionnaireInvalid) as refused:
        load_questionnaire(text)
    assert problem in str(refused.value)


def test_load_checks_the_training_modules_it_is_given() -> None:
    assert load_questionnaire(variant(), modules=MODULES) == V1
    with pytest.raises(refusals.QuestionnaireInvalid, match="unknown training module: marketing, strategy"):
        load_questionnaire(variant(), modules=MODULES - {"strategy"})
