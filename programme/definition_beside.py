"""What makes no sense in a definition beside its stages: the legal calendar, the alerts, the program's own words."""

from __future__ import annotations

from collections.abc import Iterator

from programme.definition import Definition
from programme.legal import STAGE, YEAR, YEAR_END
from programme.wording import Sentence, sentence

Path = tuple[str | int, ...]
RESERVED_STAGES = frozenset({STAGE, "call"})


def nonsense_beside(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield each thing that makes no sense, with the path to where it is written."""
    yield from _reserved_stages(definition)
    yield from _legal(definition)
    yield from _alerts(definition)


def _reserved_stages(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the stages whose key is what steps outside every stage have in its place."""
    for at, stage in enumerate(definition.stages):
        if stage.key in RESERVED_STAGES:
            message = sentence("{stage} is a word of the program's own: give the stage another key", stage=stage.key)
            yield ("stages", at, "key"), message


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
            sentence(
                "a suspension would be proposed before {count} sessions are missed in a row: write {count} or more",
                count=alerts.missed_in_a_row,
            ),
        )
