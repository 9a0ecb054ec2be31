"""Reads a definition's YAML file; refuses a wrong one with line, column and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import ValidationError

from programme.calendar import Calendar
from programme.definition import Definition, StageRule
from programme.errors import Refusal
from programme.planning import cycle
from programme.timing import START, Timing
from programme.wording import Sentence, sentence

Path = tuple[str | int, ...]
CALENDAR = Calendar()
ORDINARY_MONDAY = date(2027, 1, 4)


@dataclass(frozen=True)
class Flaw:
    """What is wrong in a definition's file, and where (line and column count from 1)."""

    line: int
    column: int
    message: Sentence


class DefinitionRefused(Refusal):
    """{name} does not check, nothing was stored: {count} to mend, first line {line}, column {column}: {message}"""

    def __init__(self, name: str, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws)
        first = flaws[0]
        super().__init__(name=name, count=len(flaws), line=first.line, column=first.column, message=first.message)


def read_definition(text: str, *, name: str = "the definition") -> Definition:
    """Return the definition written in ``text``; refused with all its flaws at once."""
    node, flaw = _compose(text)
    if node is None:
        raise DefinitionRefused(name, [flaw or Flaw(1, 1, sentence("the file is empty: start from the one shipped"))])
    try:
        definition = Definition.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise DefinitionRefused(name, [_shape_flaw(node, item) for item in error.errors()]) from error
    flaws = [Flaw(*_mark(node, path), message) for path, message in _meaning(definition)]
    if flaws:
        raise DefinitionRefused(name, sorted(flaws, key=lambda item: (item.line, item.column)))
    return definition


def content_hash(text: str) -> str:
    """Return what identifies a version's text: its SHA-256, line ends made alike."""
    return hashlib.sha256(text.replace("\r\n", "\n").strip().encode()).hexdigest()


@lru_cache(maxsize=1)
def shipped_text() -> str:
    """Return the text of the definition that comes with the program."""
    return files("programme").joinpath("definitions/mourafaka.yaml").read_text(encoding="utf-8")


def _compose(text: str) -> tuple[yaml.Node | None, Flaw | None]:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader), None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = sentence(
            "this is not YAML ({problem}): look for a missing quote or a wrong indent", problem=error.problem
        )
        return None, Flaw(line, column, message)


def _mark(node: yaml.Node, path: Path) -> tuple[int, int]:
    """Return line and column of what ``path`` leads to, or of its nearest parent that is written."""
    for key in path:
        child = _child(node, key)
        if child is None:
            break
        node = child
    return node.start_mark.line + 1, node.start_mark.column + 1


def _child(node: yaml.Node, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        child: yaml.Node = node.value[key]
        return child
    return None


def _shape_flaw(node: yaml.Node, item: object) -> Flaw:
    assert isinstance(item, dict)
    path: Path = tuple(item["loc"])
    where = ".".join(str(part) for part in path)
    if item["type"] == "missing" and path[-1] in {"fr", "ar"}:
        message = sentence("{where} is missing: write the title in both languages, fr and ar", where=where)
    elif item["type"] == "missing" and path[-1] == "gate":
        message = sentence("{where} is missing: a checkpoint needs a rule (requires, met, not_met)", where=where)
    elif item["type"] == "missing":
        message = sentence("{where} is missing: add it", where=where)
    elif item["type"] == "extra_forbidden":
        message = sentence("{where} is not a word of a definition: correct its spelling or take it out", where=where)
    else:
        message = sentence("{where}: {problem}", where=where, problem=item["msg"].removeprefix("Value error, "))
    return Flaw(*_mark(node, path), message)


def _meaning(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield what is well written but makes no sense, with where it is written."""
    yield from _doubled(definition)
    unknown = list(_unknown_anchors(definition))
    yield from unknown
    yield from _unknown_names(definition)
    circle = None if unknown else cycle(definition)
    if circle:
        message = sentence(
            "these steps wait for one another: {circle}: let one count from start", circle=" → ".join(circle)
        )
        yield _path_of(definition, circle[0]), message
    elif not unknown:
        yield from _outside(definition)


def _doubled(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    seen: set[str] = set()
    for path, key in _written_keys(definition):
        if key in seen:
            yield path, sentence("{key} is written twice: give one of them another key", key=key)
        seen.add(key)


def _written_keys(definition: Definition) -> Iterator[tuple[Path, str]]:
    for at, stage in enumerate(definition.stages):
        yield ("stages", at, "key"), stage.key
        for number, step in enumerate(stage.steps):
            yield ("stages", at, "steps", number, "key"), f"{stage.key}.{step.key}"
    for at, checkpoint in enumerate(definition.checkpoints):
        yield ("checkpoints", at, "key"), checkpoint.key


def _path_of(definition: Definition, key: str) -> Path:
    return next((path[:-1] + ("due",) for path, written in _written_keys(definition) if written == key), ())


def _unknown_anchors(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    known = {START, *(f"{stage}.{rule.key}" for stage, rule in definition.rules())}
    for path, timing in _timings(definition):
        if timing.anchor not in known:
            yield (
                path,
                sentence(
                    "there is no step {anchor} to count from: write 'start' or stage.step, such as {example}",
                    anchor=timing.anchor,
                    example="diagnosis.visit",
                ),
            )


def _timings(definition: Definition) -> Iterator[tuple[Path, Timing]]:
    for at, stage in enumerate(definition.stages):
        yield ("stages", at, "opens"), stage.opens
        yield ("stages", at, "closes"), stage.closes
        for number, step in enumerate(stage.steps):
            yield ("stages", at, "steps", number, "due"), step.due
    for at, checkpoint in enumerate(definition.checkpoints):
        yield ("checkpoints", at, "due"), checkpoint.due


def _unknown_names(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    stages = {stage.key for stage in definition.stages}
    for at, stage in enumerate(definition.stages):
        for number, key in enumerate(stage.after):
            if key not in stages:
                yield ("stages", at, "after", number), _no_stage(key, stages)
        own = {rule.key for owner, rule in definition.rules() if owner == stage.key}
        for number, key in enumerate(stage.exit.done):
            if key not in own:
                yield (
                    ("stages", at, "exit", "done", number),
                    sentence("{stage} has no step {key}: name one of its own", stage=stage.key, key=key),
                )
        if not (stage.exit.all_done or stage.exit.done or stage.exit.fact):
            yield (
                ("stages", at, "exit"),
                sentence("{stage} has no way out: write all_done, done or fact", stage=stage.key),
            )
    for at, checkpoint in enumerate(definition.checkpoints):
        if checkpoint.stage not in stages:
            yield ("checkpoints", at, "stage"), _no_stage(checkpoint.stage, stages)


def _no_stage(key: str, stages: set[str]) -> Sentence:
    return sentence("there is no stage {key}: write one of {stages}", key=key, stages=", ".join(sorted(stages)))


def _outside(definition: Definition) -> Iterator[tuple[Path, Sentence]]:
    """Yield the steps whose rule date lies outside their stage's window, for a start on an ordinary Monday."""
    anchors = {START: ORDINARY_MONDAY}
    pending = [(f"{stage}.{rule.key}", stage, rule.due) for stage, rule in definition.rules()]
    while pending:
        key, stage_key, due = pending.pop(0)
        if due.anchor not in anchors:
            pending.append((key, stage_key, due))
            continue
        anchors[key] = due.nominal(anchors, CALENDAR)
        stage = definition.stage(stage_key)
        path = _path_of(definition, key)
        if path and not _within(stage, anchors, key):
            yield (
                path,
                sentence(
                    "{key} falls outside its stage {stage} ({opens} to {closes}): move the step or widen the window",
                    key=key,
                    stage=stage_key,
                    opens=stage.opens.nominal(anchors, CALENDAR),
                    closes=stage.closes.nominal(anchors, CALENDAR),
                ),
            )


def _within(stage: StageRule, anchors: dict[str, date], key: str) -> bool:
    return stage.opens.nominal(anchors, CALENDAR) <= anchors[key] <= stage.closes.nominal(anchors, CALENDAR)
