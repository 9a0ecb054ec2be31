"""What makes no sense in a definition beside its stages: the legal calendar, the alerts, the program's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from programme.definition import Definition
from programme.definition_terms import RECOVERY_REPORT_LIKE
from programme.gates import choices
from programme.legal import STAGE, YEAR
from programme.timing import YEAR_END
from programme.wording import Sentence, counted, sentence

Path = tuple[str | int, ...]
RESERVED_STAGES = frozenset({STAGE, "call"})
ADDED_STEPS = re.compile(r"recovery-(session|report)-\d+|.+-make-up-\d+")
"""What the keys of the steps that are added to a plan look like (`actions/extra_steps.py`)."""


def nonsense_beside(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield each thing that makes no sense, with the path to where it is written."""
    yield from _reserved_stages(definition)
    yield from _reserved_steps(definition)
    yield from _legal(definition)
    yield from _alerts(definition)
    yield from _recovery(definition)
    yield from _floors(definition)


def _reserved_stages(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the stages whose key is what steps outside every stage have in its place."""
    for at, stage in enumerate(definition.stages):
        if stage.key in RESERVED_STAGES:
            message = sentence("{stage} is a word of the program's own: give the stage another key", stage=stage.key)
            yield ("stages", at, "key"), message


def _reserved_steps(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the steps whose key one that is added later would have: an enrolment has each key once."""
    for at, stage in enumerate(definition.stages):
        for number, step in enumerate(stage.steps):
            if ADDED_STEPS.fullmatch(step.key):
                message = sentence("{step} is what a step added later is called: give it another key", step=step.key)
                yield ("stages", at, "steps", number, "key"), message


def _legal(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the duties that are written twice, count from something else than the year-end or do not name the year."""
    seen: set[str] = set()
    for at, duty in enumerate(definition.legal.steps if definition.legal else ()):
        path: Path = ("legal", "steps", at)
        if duty.key in seen:
            yield (*path, "key"), sentence("{key} is written twice: give one of them another key", key=duty.key)
        seen.add(duty.key)
        if duty.due.anchor != YEAR_END:
            message = sentence(
                "a legal duty counts from 'year-end', not from {anchor}: write 'year-end + 6 months'",
                anchor=duty.due.anchor,
            )
            yield (*path, "due"), message
        for language in ("fr", "ar"):
            if YEAR not in duty.title.of(language):
                yield (*path, "title", language), sentence("a legal duty's title names its year: write {{year}} in it")


def _alerts(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the alert that could never come before the graver one."""
    alerts = definition.alerts
    if alerts.missed_sessions < alerts.missed_in_a_row:
        yield (
            ("alerts", "missed_sessions"),
            counted(
                "a suspension would be proposed before {count} session is missed in a row: write {count} or more",
                "a suspension would be proposed before {count} sessions are missed in a row: write {count} or more",
                alerts.missed_in_a_row,
            ),
        )


def _recovery(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield what keeps a recovery plan from being made: no rhythm or two, half a report, a step that is not there."""
    rule = definition.recovery
    if bool(rule.every_weeks) == bool(rule.every_days):
        yield ("recovery",), sentence("a recovery's sessions need one rhythm: write every_weeks or every_days")
    if (rule.report is None) != (rule.report_within_days is None):
        yield ("recovery",), sentence("a recovery's report needs its title and its days: write both, or neither")
    likes = [("like", rule.like), *([("report", RECOVERY_REPORT_LIKE)] if rule.report else [])]
    for word, key in likes:
        if key not in definition.by_key:
            message = sentence("a recovery needs the step {key}: add it, or write another like", key=key)
            yield ("recovery", word), message


def _floors(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the floors whose outcome nobody may decide at their checkpoint."""
    for at, checkpoint in enumerate(definition.checkpoints):
        gate = checkpoint.gate
        if gate.floor is not None and gate.floor.not_met not in choices(gate):
            message = sentence(
                "{outcome} cannot be decided at {checkpoint}: write one of {known}",
                outcome=gate.floor.not_met,
                checkpoint=checkpoint.key,
                known=", ".join(choices(gate)),
            )
            yield ("checkpoints", at, "gate", "floor", "not_met"), message
