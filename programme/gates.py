"""Recorded facts → a proposed decision with its reasons, and whether a stage is completed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from programme.definition import Exit, Gate, Requirement, StageRule
from programme.definition_terms import ENDINGS, FactName, Outcome
from programme.wording import Sentence, counted, recounted, sentence

Facts = Mapping[FactName, int | None]
"""What is recorded of an enrolment, as whole numbers (yes = 1, no = 0); None where it cannot be measured."""

REASONS: Mapping[FactName, tuple[Sentence, Sentence]] = {
    "sessions_held": (
        counted(
            "{count} of {of} coaching sessions held, needs {needed}",
            "{count} of {of} coaching sessions held, needs {needed}",
            0,
        ),
        sentence("coaching sessions: not measured"),
    ),
    "modules_present": (
        counted(
            "{count} of {of} training modules attended, needs {needed}",
            "{count} of {of} training modules attended, needs {needed}",
            0,
        ),
        sentence("training modules: not measured"),
    ),
    "plan_done_percent": (
        sentence("{value} % of the plan's actions done, needs {needed} %"),
        sentence("the development plan has no action: nothing to measure"),
    ),
    "endline_done": (
        sentence("endline diagnosis done: {value} of 1"),
        sentence("endline diagnosis: not measured"),
    ),
    "assembly_held": (
        sentence("last general assembly held: {value} of 1"),
        sentence("last general assembly: not known"),
    ),
    "global_score": (
        sentence("global score {value} of 100, needs {needed}"),
        sentence("global score: not assessable"),
    ),
}
"""The sentence of each fact, still without its figures, and what is said when it cannot be measured."""

SHARES: Mapping[FactName, Sentence] = {
    "sessions_held": counted(
        "{count} of {of} held = {share} %, needs {needed} %", "{count} of {of} held = {share} %, needs {needed} %", 0
    ),
    "modules_present": counted(
        "{count} of {of} attended = {share} %, needs {needed} %",
        "{count} of {of} attended = {share} %, needs {needed} %",
        0,
    ),
}
"""The sentence of each fact that can be asked for as a share of its whole."""


@dataclass(frozen=True)
class Reason:
    """One requirement, what was recorded, and whether that is enough; ``needed`` is a percentage when ``share``."""

    fact: FactName
    value: int | None
    needed: int
    of: int | None
    met: bool
    share: bool = False

    def sentence(self) -> Sentence:
        """Say it: what was recorded and what is needed."""
        measured, unknown = REASONS[self.fact]
        if self.value is None:
            return unknown
        facts = {"value": self.value, "needed": self.needed, "of": self.of}
        if self.share:
            return recounted(SHARES[self.fact], self.value, **facts, share=said_share(self.value, self.of or 1))
        return recounted(measured, self.value, **facts)

    def to_json(self) -> dict[str, Any]:
        """Return it as a decision keeps it; ``Reason(**stored)`` reads it again."""
        stored = {"fact": self.fact, "value": self.value, "needed": self.needed, "of": self.of, "met": self.met}
        return {**stored, "share": True} if self.share else stored


def said_share(value: int, whole: int) -> str:
    """Return a share in per cent as it is said: one decimal at most, halves up (4 of 6 is 66.7, 3 of 4 is 75)."""
    tenths = (2000 * value + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}".removesuffix(".0")


@dataclass(frozen=True)
class Proposal:
    """What the engine proposes at a checkpoint; a named person decides."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


def weigh(requirement: Requirement, facts: Facts) -> Reason:
    """Hold one requirement against the facts.

    A plan without actions has nothing to be late with: that requirement alone is met when it
    cannot be measured. Any other unmeasured fact is not met.
    """
    value = facts.get(requirement.fact)
    is_share, needed = requirement.percent is not None, requirement.percent or requirement.at_least or 0
    met = requirement.fact == "plan_done_percent" if value is None else _reaches(value, requirement)
    return Reason(requirement.fact, value, needed, requirement.of, met, is_share)


def _reaches(value: int, requirement: Requirement) -> bool:
    """Tell it in whole numbers: two thirds are never 66 or 67 per cent."""
    if requirement.percent is not None:
        return value * 100 >= requirement.percent * (requirement.of or 1)
    return value >= (requirement.at_least or 0)


def propose(gate: Gate, facts: Facts) -> Proposal:
    """Return the gate's proposal with a reason for every requirement, met or not."""
    reasons = tuple(weigh(requirement, facts) for requirement in gate.weighed)
    asked = len(gate.requires)
    if gate.floor is not None and not all(reason.met for reason in reasons[asked:]):
        return Proposal(gate.floor.not_met, reasons)
    return Proposal(gate.met if all(reason.met for reason in reasons[:asked]) else gate.not_met, reasons)


def choices(gate: Gate) -> tuple[Outcome, ...]:
    """Return what a person may decide: the last checkpoint ends the enrolment, the others go on or exit."""
    if gate.met not in ENDINGS:
        return ("continue", "recovery", "exit")
    lowest: tuple[Outcome, ...] = ("exit",) if gate.floor is not None and gate.floor.not_met == "exit" else ()
    return ("certificate", "participation", *lowest)


def can_complete(stage: StageRule, key: str) -> bool:
    """Tell whether the closing of one step can make a stage's exit hold; the key is without the stage."""
    return key in stage.exit.done if stage.exit.done else True


def is_completed(stage: StageRule, *, open_keys: Collection[str], done_keys: Collection[str], facts: Facts) -> bool:
    """Tell whether a stage's exit rule holds; the keys are those of its steps, without the stage."""
    rule: Exit = stage.exit
    if rule.fact is not None:
        return (facts.get(rule.fact) or 0) >= rule.at_least
    if rule.done:
        return set(rule.done) <= set(done_keys)
    return not open_keys
