"""What the answers to a questionnaire say: axes, bands, the weakest axes, and the progress between two measures.

Values go from 0 to 100 and are exact fractions until the end: rounding (one decimal, half up) is for reading only,
so bands, limits and ranks never depend on it. Source: the programme's questionnaire v1; its figures are data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from programme.counts import not_assessable
from programme.scoring_errors import (
    AnswerOutOfRange,
    QuestionnaireInvalid,
    ScoreOfAnotherQuestionnaire,
    UnknownQuestion,
)
from programme.wording import Bilingual, Sentence, sentence
from programme.yaml_text import read_yaml, shipped

SHIPPED = "questionnaire-v1.yaml"
TOP = 4  # the highest answer; the scale is part of the rule "mean × 25", not of a version

Form = Literal["full", "short"]
"""All the questions (M0, M12, M24), or only those marked short (M6, M18)."""

Answer = int | Literal["na"] | None
"""0 to 4, "na" when the question does not apply, None (or no entry at all) when it is unanswered."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Frozen):
    """A question and what each level, from 0 up, looks like on the spot."""

    key: str = Field(pattern=r"^[a-z-]+\.[a-z-]+$")
    text: Bilingual
    anchors: tuple[Bilingual, ...] = Field(min_length=TOP + 1, max_length=TOP + 1)
    short: bool = False


class Axis(_Frozen):
    """A group of questions, and what is offered when it is weak: a plan action, a training module, a coaching theme."""

    key: str = Field(pattern=r"^[a-z-]+$")
    title: Bilingual
    weight: Decimal = Field(default=Decimal(1), gt=0)
    action: Bilingual
    module: str
    theme: Bilingual
    items: tuple[Item, ...]

    def asked(self, form: Form) -> tuple[Item, ...]:
        """Return the questions that ``form`` asks, in the questionnaire's order; never none."""
        return tuple(item for item in self.items if item.short or form == "full")

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        if strangers := [item.key for item in self.items if item.key.split(".")[0] != self.key]:
            raise ValueError(f"keys that do not start with the axis: {', '.join(strangers)}")
        if not self.asked("short"):
            raise ValueError("no question for the short form")
        return self


class Band(_Frozen):
    """A level of maturity: the values from ``at_least`` up to the next band, which is not included."""

    key: str
    at_least: Decimal = Field(ge=0, le=100)
    title: Bilingual


class Questionnaire(_Frozen):
    """One version of a questionnaire; a published version is never edited, only followed by another."""

    questionnaire: str
    version: int = Field(ge=1)
    title: Bilingual
    bands: tuple[Band, ...] = Field(min_length=1)
    weak_below: Decimal = Field(ge=0, le=100)
    weakest_at_most: int = Field(ge=0)
    not_assessable_above: Fraction = Field(ge=0, lt=1)
    axes: tuple[Axis, ...] = Field(min_length=1)

    @property
    def items(self) -> tuple[Item, ...]:
        """Every question, in order."""
        return tuple(item for axis in self.axes for item in axis.items)

    def band_of(self, value: Fraction) -> Band:
        """Return the last band that ``value`` (unrounded, 0 to 100) reaches: 69.99 has not reached 70."""
        return [band for band in self.bands if value >= Fraction(band.at_least)][-1]

    @model_validator(mode="after")
    def _check_keys_and_bands(self) -> Self:
        keys = [thing.key for group in (self.bands, self.axes, self.items) for thing in group]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"keys used twice: {', '.join(twice)}")
        starts = [band.at_least for band in self.bands]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError("bands must start at 0 and rise")
        return self


class AxisScore(_Frozen):
    """What was answered on one axis; ``value`` and ``band`` are None when it is not assessable, never zero."""

    key: str
    weight: Decimal
    asked: int
    answered: int
    points: int
    value: Decimal | None
    band: str | None

    @property
    def exact(self) -> Fraction | None:
        """The unrounded value, 0 to 100."""
        return None if self.value is None else Fraction(self.points * 100, self.answered * TOP)

    @property
    def reason(self) -> Sentence | None:
        """Why the axis is not assessable; None when it is."""
        return not_assessable(self.answered, self.asked) if self.value is None else None


class Score(_Frozen):
    """One measure, readable without its questionnaire; ``value`` and ``band`` are None when no axis is assessable."""

    questionnaire: str
    version: int
    form: Form
    value: Decimal | None
    band: str | None
    axes: tuple[AxisScore, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """Return plain JSON values (decimals as text); `Score.model_validate` reads them back."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Change:
    """A value before and after, rounded as they are shown."""

    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """After less before, of the shown values: whoever subtracts them by hand finds the same."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """The progress between two measures, or only the ``reason`` why they are not comparable.

    Only axes assessable in both count, and ``overall`` is taken over those alone: it would otherwise move because an
    axis came or went. ``left_out`` names the others.
    """

    reason: Sentence | None = None
    overall: Change | None = None
    axes: Mapping[str, Change] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def load_questionnaire(text: str, *, modules: Collection[str] | None = None) -> Questionnaire:
    """Read a questionnaire from YAML; with ``modules``, refuse an axis that names another training module."""
    try:
        _node, content = read_yaml(text, is_ours=text == shipped(SHIPPED))
        questionnaire = Questionnaire.model_validate(content)
    except yaml.YAMLError as error:
        raise QuestionnaireInvalid(problems=str(error)) from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise QuestionnaireInvalid(problems="; ".join(problems)) from error
    if strangers := [axis.key for axis in questionnaire.axes if modules is not None and axis.module not in modules]:
        raise QuestionnaireInvalid(problems=f"unknown training module: {', '.join(strangers)}")
    return questionnaire


@cache
def default_questionnaire() -> Questionnaire:
    """Return the programme's questionnaire v1."""
    return load_questionnaire(shipped(SHIPPED))


def score(questionnaire: Questionnaire, answers: Mapping[str, Answer], form: Form = "full") -> Score:
    """Return what ``answers``, by question key, say about the cooperative.

    The short form counts only its own questions; answers to the others are accepted and left aside.
    Refuses an unknown question and an answer off the scale.
    """
    _refuse_what_cannot_count(questionnaire, answers)
    axes = tuple(_score_axis(questionnaire, axis, answers, form) for axis in questionnaire.axes)
    value = _weighted_mean(axes)
    return Score(
        questionnaire=questionnaire.questionnaire,
        version=questionnaire.version,
        form=form,
        value=None if value is None else _rounded(value),
        band=None if value is None else questionnaire.band_of(value).key,
        axes=axes,
    )


def weakest(score: Score, questionnaire: Questionnaire) -> tuple[Axis, ...]:
    """Return the axes to work on, the weakest first; equal ones in the questionnaire's order."""
    measured, given = _name(score), _name(questionnaire)
    if measured != given:
        raise ScoreOfAnotherQuestionnaire(measured=measured, given=given)
    limit = Fraction(questionnaire.weak_below)
    weak = {axis.key: axis.exact for axis in score.axes if axis.exact is not None and axis.exact < limit}
    ranked = sorted((axis for axis in questionnaire.axes if axis.key in weak), key=lambda axis: weak[axis.key])
    return tuple(ranked[: questionnaire.weakest_at_most])


def compare(before: Score, after: Score) -> Comparison:
    """Return the progress from one measure to another of the same version and form, else why there is none."""
    if reason := _incomparable(before, after):
        return Comparison(reason=reason)
    later = {axis.key: axis for axis in after.axes}
    changes = {
        axis.key: Change(axis.value, other.value)
        for axis in before.axes
        if axis.value is not None and (other := later[axis.key]).value is not None
    }
    old, new = (_weighted_mean(axis for axis in measure.axes if axis.key in changes) for measure in (before, after))
    if old is None or new is None:
        return Comparison(reason=sentence("Not comparable: no axis is assessable in both measures."))
    left_out = tuple(axis.key for axis in before.axes if axis.key not in changes)
    return Comparison(overall=Change(_rounded(old), _rounded(new)), axes=changes, left_out=left_out)


def _refuse_what_cannot_count(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> None:
    known = {item.key for item in questionnaire.items}
    if unknown := [key for key in answers if key not in known]:
        raise UnknownQuestion(items=", ".join(unknown), version=questionnaire.version)
    if wrong := [f"{key} = {answer!r}" for key, answer in answers.items() if not _on_scale(answer)]:
        raise AnswerOutOfRange(answers=", ".join(wrong))


def _on_scale(answer: object) -> bool:
    """Say whether an answer is one; True and 3.0 are not, although Python finds them equal to 1 and 3."""
    return answer is None or answer == "na" or (type(answer) is int and 0 <= answer <= TOP)


def _score_axis(questionnaire: Questionnaire, axis: Axis, answers: Mapping[str, Answer], form: Form) -> AxisScore:
    given = [answers.get(item.key) for item in axis.asked(form)]
    levels = [answer for answer in given if isinstance(answer, int)]
    missing = Fraction(len(given) - len(levels), len(given))
    value = None if missing > questionnaire.not_assessable_above else Fraction(sum(levels) * 100, len(levels) * TOP)
    return AxisScore(
        key=axis.key,
        weight=axis.weight,
        asked=len(given),
        answered=len(levels),
        points=sum(levels),
        value=None if value is None else _rounded(value),
        band=None if value is None else questionnaire.band_of(value).key,
    )


def _weighted_mean(axes: Iterable[AxisScore]) -> Fraction | None:
    """Return the unrounded mean of the assessable axes; None when there is none."""
    weighed = [(Fraction(axis.weight), axis.exact) for axis in axes if axis.exact is not None]
    total = sum((weight for weight, _ in weighed), Fraction(0))
    return sum((weight * exact for weight, exact in weighed), Fraction(0)) / total if total else None


def _rounded(value: Fraction) -> Decimal:
    """Round to one decimal, half up, as people do: 62.25 reads 62.3."""
    return Decimal((value * 10 + Fraction(1, 2)) // 1).scaleb(-1)


def _name(read: Score | Questionnaire) -> str:
    return f"{read.questionnaire} v{read.version}"


def _incomparable(before: Score, after: Score) -> Sentence | None:
    """Return why two measures cannot be compared; None when they can."""
    if _name(before) != _name(after):
        return sentence("Not comparable: measured with {old}, then with {new}.", old=_name(before), new=_name(after))
    if before.form != after.form:
        return sentence("Not comparable: one measure used the full questionnaire, the other its short form.")
    return None
