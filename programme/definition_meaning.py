"""What is well written in a definition but makes no sense: unknown names, circles, dates that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter

from programme.calendar import Calendar
from programme.definition import Definition, Requirement, StageRule, StepRule, checkpoint_steps
from programme.definition_beside import nonsense_beside
from programme.gates import REASONS, SHARES
from programme.planning import cycle, numbered, slots
from programme.timing import START, Timing
from programme.wording import Sentence, counted, sentence

Path = tuple[str | int, ...]
Nonsense = tuple[Path, Sentence]
CALENDAR = Calendar()
ORDINARY_MONDAY = date(2027, 1, 4)


def nonsense(definition: Definition) -> Iterator[Nonsense]:
    """Yield each thing that makes no sense, with the path to where it is written.

    Dates are worked out only when everything that they count from is known.
    """
    names = [*_doubled(definition), *_unknown_names(definition)]
    anchors = [*_unknown_anchors(definition), *_windows_off_start(definition), *_unlike_repeats(definition)]
    yield from names
    yield from anchors
    yield from _exits(definition)
    yield from _waiting_stages(definition)
    yield from _requirements(definition)
    yield from nonsense_beside(definition)
    if definition.sending.closes <= definition.sending.opens:
        yield ("sending", "closes"), sentence("notices could never leave: write an hour after the one of opens")
    circle = None if names or anchors else cycle(definition)
    if circle:
        message = sentence(
            "these steps wait for one another: {circle}: let one count from start", circle=" → ".join(circle)
        )
        yield _due_path(definition, circle[0]), message
    elif not (names or anchors):
        yield from _outside(definition)


def _doubled(definition: Definition) -> Iterator[Nonsense]:
    seen: set[str] = set()
    for path, key in _written_keys(definition):
        if key in seen:
            yield path, sentence("{key} is written twice: give one of them another key", key=key)
        seen.add(key)


def _written_keys(definition: Definition) -> Iterator[tuple[Path, str]]:
    """Yield every key that a stage, a step or one of its occurrences, or a checkpoint takes."""
    for at, stage in enumerate(definition.stages):
        yield ("stages", at, "key"), stage.key
        for number, step in enumerate(stage.steps):
            for key in _taken(f"{stage.key}.{step.key}", step):
                yield ("stages", at, "steps", number, "key"), key
    for at, checkpoint in enumerate(definition.checkpoints):
        for key in (checkpoint.key, *(f"{checkpoint.stage}.{step.key}" for step in checkpoint_steps(checkpoint))):
            yield ("checkpoints", at, "key"), key


def _taken(key: str, step: StepRule) -> list[str]:
    times = step.repeat.count if step.repeat else 0
    return [key, *(numbered(key, number) for number in range(1, times + 1))]


def _dues(definition: Definition) -> Iterator[tuple[Path, str, StepRule]]:
    """Yield every step rule that has a written date, with the path of that date and its full key."""
    for at, stage in enumerate(definition.stages):
        for number, step in enumerate(stage.steps):
            yield ("stages", at, "steps", number, "due"), f"{stage.key}.{step.key}", step
    for at, checkpoint in enumerate(definition.checkpoints):
        evaluation, _ = checkpoint_steps(checkpoint)
        yield ("checkpoints", at, "due"), f"{checkpoint.stage}.{evaluation.key}", evaluation


def _due_path(definition: Definition, key: str) -> Path:
    """Return where a step's date is written; a decision's is its evaluation's."""
    paths = {step_key: path for path, step_key, _ in _dues(definition)}
    return paths.get(key) or paths.get(key.replace("-decision", "-evaluation"), ())


def _unknown_anchors(definition: Definition) -> Iterator[Nonsense]:
    for path, _, step in _dues(definition):
        if step.due.anchor != START and step.due.anchor not in definition.by_key:
            yield (
                path,
                sentence(
                    "there is no step {anchor} to count from: write 'start' or stage.step, such as {example}",
                    anchor=step.due.anchor,
                    example="diagnosis.visit",
                ),
            )


def _windows_off_start(definition: Definition) -> Iterator[Nonsense]:
    """Yield the windows that count from a step: they are needed before any step has its date."""
    for path, timing in _windows(definition):
        if timing.anchor != START:
            message = sentence("a window counts from 'start', not from {anchor}", anchor=timing.anchor)
            yield path, message


def _windows(definition: Definition) -> Iterator[tuple[Path, Timing]]:
    yield ("lasts",), definition.lasts
    for at, stage in enumerate(definition.stages):
        yield ("stages", at, "opens"), stage.opens
        yield ("stages", at, "closes"), stage.closes
        if stage.make_ups_until is not None:
            yield ("stages", at, "make_ups_until"), stage.make_ups_until


def _unlike_repeats(definition: Definition) -> Iterator[Nonsense]:
    """Yield the steps that cannot follow their anchor number by number, and the repeats without a rhythm."""
    for path, key, step in _dues(definition):
        anchor = definition.by_key.get(step.due.anchor)
        known = anchor.repeat.count if anchor and anchor.repeat else 0
        if known and not (step.repeat and step.repeat.count <= known):
            yield (
                path,
                counted(
                    "{anchor} comes {count} time: repeat {key} as often, or count from another step",
                    "{anchor} comes {count} times: repeat {key} as often, or count from another step",
                    known,
                    anchor=step.due.anchor,
                    key=key,
                ),
            )
        elif step.repeat and step.repeat.count > 1 and not known and not step.repeat.every_weeks:
            message = sentence("{key} would come several times on one day: write every_weeks", key=key)
            yield (*path[:-1], "repeat"), message


def _unknown_names(definition: Definition) -> Iterator[Nonsense]:
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
    for at, checkpoint in enumerate(definition.checkpoints):
        if checkpoint.stage not in stages:
            yield ("checkpoints", at, "stage"), _no_stage(checkpoint.stage, stages)


def _no_stage(key: str, stages: set[str]) -> Sentence:
    return sentence("there is no stage {key}: write one of {stages}", key=key, stages=", ".join(sorted(stages)))


def _exits(definition: Definition) -> Iterator[Nonsense]:
    for at, stage in enumerate(definition.stages):
        ways = sum(map(bool, (stage.exit.all_done, stage.exit.done, stage.exit.fact)))
        if ways == 0:
            message = sentence("{stage} has no way out: write all_done, done or fact", stage=stage.key)
            yield ("stages", at, "exit"), message
        if ways > 1:
            message = sentence("{stage} has several ways out: keep one of all_done, done and fact", stage=stage.key)
            yield ("stages", at, "exit"), message


def _waiting_stages(definition: Definition) -> Iterator[Nonsense]:
    """Yield the stage of a circle of stages, none of which could ever be entered."""
    try:
        TopologicalSorter({stage.key: set(stage.after) for stage in definition.stages}).prepare()
    except CycleError as error:
        at = next(at for at, stage in enumerate(definition.stages) if stage.key in error.args[1])
        circle = " → ".join(error.args[1])
        message = sentence(
            "these stages wait for one another: {circle}: let one start without the other", circle=circle
        )
        yield ("stages", at, "after"), message


def _requirements(definition: Definition) -> Iterator[Nonsense]:
    for at, checkpoint in enumerate(definition.checkpoints):
        floor = checkpoint.gate.floor
        places: list[tuple[Path, tuple[Requirement, ...]]] = [(("requires",), checkpoint.gate.requires)]
        places += [(("floor", "requires"), floor.requires)] if floor else []
        for place, requires in places:
            for number, requirement in enumerate(requires):
                message = _wrong_requirement(requirement)
                if message is not None:
                    yield ("checkpoints", at, "gate", *place, number), message


def _wrong_requirement(requirement: Requirement) -> Sentence | None:
    """Return what is wrong with a requirement, one thing at a time; its reason must be sayable ("5 of 12")."""
    fact = requirement.fact
    if (requirement.at_least is None) == (requirement.percent is None):
        return sentence("{fact} needs a number or a share: write at_least or percent, not both", fact=fact)
    if requirement.percent is not None and fact not in SHARES:
        known = ", ".join(sorted(SHARES))
        return sentence("{fact} has no whole to take a share of: write at_least ({known} have)", fact=fact, known=known)
    if requirement.of is None and (requirement.percent is not None or "{of}" in REASONS[fact][0].template):
        return sentence("{fact} needs its whole for the sentence: write of, such as 12", fact=fact)
    return None


def _outside(definition: Definition) -> Iterator[Nonsense]:
    """Yield the steps whose rule date lies outside their stage's window, for a start on an ordinary Monday."""
    anchors = {START: ORDINARY_MONDAY}
    told: set[Path] = set()
    for slot in slots(definition):
        anchors[slot.key] = slot.timing.nominal(anchors, CALENDAR)
        stage = definition.stage(slot.stage)
        path = _due_path(definition, slot.rule_key)
        if path in told or _within(stage, anchors[slot.key]):
            continue
        told.add(path)
        yield path, _beyond(slot.key, stage)


def _beyond(key: str, stage: StageRule) -> Sentence:
    opens, closes = _window(stage)
    return sentence(
        "{key} falls outside its stage {stage} ({opens} to {closes}): move the step or widen the window",
        key=key,
        stage=stage.key,
        opens=opens.isoformat(),
        closes=closes.isoformat(),
    )


def _within(stage: StageRule, day: date) -> bool:
    opens, closes = _window(stage)
    return opens <= day <= closes


def _window(stage: StageRule) -> tuple[date, date]:
    start = {START: ORDINARY_MONDAY}
    return stage.opens.nominal(start, CALENDAR), stage.closes.nominal(start, CALENDAR)
