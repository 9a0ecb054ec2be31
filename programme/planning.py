"""A start date → every dated step of an enrolment, in order, each with the reason of its date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache, reduce
from graphlib import CycleError, TopologicalSorter

from programme.calendar import ONE_DAY, Calendar, Season
from programme.closures import NONE, Closures, closed_by, open_day
from programme.definition import Definition, StepRule
from programme.definition_terms import MEETINGS, Role, StepKind
from programme.holiday_words import holiday_said
from programme.timing import START, Term, Timing
from programme.timing_words import quoted, rule_said
from programme.wording import Bilingual, Sentence, sentence


@dataclass(frozen=True)
class PlannedStep:
    """A step with its date: ``nominal_on`` by the rule alone, ``due_on`` after closed days are avoided."""

    key: str
    rule: str
    stage: str
    kind: StepKind
    owner: Role
    number: int | None
    nominal_on: date
    due_on: date


@dataclass(frozen=True)
class Slot:
    """One occurrence of a step rule: its key, its rule and its date rule with the anchors' own keys."""

    key: str
    rule_key: str
    stage: str
    rule: StepRule
    number: int | None
    timing: Timing


@lru_cache(maxsize=32)
def slots(definition: Definition) -> tuple[Slot, ...]:
    """Return every occurrence of every step rule, each after its anchor."""
    unsorted = {slot.key: slot for slot in _occurrences(definition)}
    graph = {key: {slot.timing.anchor} & unsorted.keys() for key, slot in unsorted.items()}
    return tuple(unsorted[key] for key in TopologicalSorter(graph).static_order())


def _occurrences(definition: Definition) -> Iterator[Slot]:
    for stage, rule in definition.rules():
        key = f"{stage}.{rule.key}"
        if rule.repeat is None:
            yield Slot(key, key, stage, rule, None, rule.due)
            continue
        for number in range(1, rule.repeat.count + 1):
            yield Slot(numbered(key, number), key, stage, rule, number, _timing_of(definition, rule, number))


def numbered(key: str, number: int) -> str:
    """Return the key of the ``number``th occurrence of a repeated step."""
    return f"{key}-{number:02d}"


def _timing_of(definition: Definition, rule: StepRule, number: int) -> Timing:
    """Return the date rule of an occurrence; one anchored on a repeated step follows the same number."""
    anchor = definition.by_key.get(rule.due.anchor)
    if anchor is not None and anchor.repeat is not None:
        return Timing(numbered(rule.due.anchor, number), rule.due.terms)
    assert rule.repeat is not None
    weeks = (number - 1) * rule.repeat.every_weeks
    return Timing(rule.due.anchor, (*rule.due.terms, Term(weeks, "weeks")))


def plan(
    definition: Definition, start_on: date, calendar: Calendar, *, rank: int = 0, closed: Closures = NONE
) -> list[PlannedStep]:
    """Return the dated steps of an enrolment that starts on ``start_on``, by date.

    Each date is on a working day and outside the step's closed seasons; meetings are outside the
    windows ``closed`` to the cooperative too. ``rank`` is the cooperative's place among those of
    one coach: visits are spread by it over the following working days, and then over the hours of
    a day (`hour_of`).
    """
    anchors = {START: start_on}
    steps = []
    for slot in slots(definition):
        nominal = slot.timing.nominal(anchors, calendar)
        due_on = landing(slot.rule, nominal, calendar, rank=rank, closed=closed)
        anchors[slot.key] = due_on
        steps.append(
            PlannedStep(
                slot.key, slot.rule_key, slot.stage, slot.rule.kind, slot.rule.owner, slot.number, nominal, due_on
            )
        )
    return sorted(steps, key=lambda step: (step.due_on, step.key))


def landing(rule: StepRule, nominal: date, calendar: Calendar, *, rank: int = 0, closed: Closures = NONE) -> date:
    """Return the day a step falls on: working, outside its closed seasons and windows, spread by ``rank``."""
    avoid, windows = frozenset(rule.avoid), windows_for(rule.kind, closed)
    spread = rank % rule.spread_days if rule.spread_days else 0
    day = open_day(nominal, calendar, avoid, windows)
    return open_day(calendar.add_working_days(day, spread), calendar, avoid, windows) if spread else day


def windows_for(kind: str, closed: Closures) -> Closures:
    """Return the closed windows that a kind of step avoids: only what brings people together does."""
    return closed if kind in MEETINGS else NONE


def hour_of(rule: StepRule, rank: int) -> time:
    """Return the hour of a meeting: the days of its spread are filled first, then the next hour of each."""
    hours = (rule.at, *rule.also_at)
    return hours[rank // max(rule.spread_days, 1) % len(hours)]


Share = tuple[tuple[int, time], ...]
"""All that a rank changes in a plan: which day of a spread, and which hour, each meeting has."""


def shares(definition: Definition) -> Callable[[int], Share]:
    """Return what gives a rank its share; the rules that share anything out are looked for once."""
    rules = [rule for _, rule in definition.rules() if rule.kind in MEETINGS or rule.spread_days]
    return lambda rank: tuple(
        (rank % rule.spread_days if rule.spread_days else 0, hour_of(rule, rank)) for rule in rules
    )


def share_of(definition: Definition, rank: int) -> Share:
    """Return the share of one rank."""
    return shares(definition)(rank)


@dataclass(frozen=True)
class PlannedStage:
    """A stage's window for one enrolment."""

    stage: str
    opens_on: date
    closes_on: date


def stage_windows(definition: Definition, start_on: date, calendar: Calendar) -> list[PlannedStage]:
    """Return the windows of all the stages; they count from the start alone."""
    anchors = {START: start_on}
    return [
        PlannedStage(stage.key, stage.opens.nominal(anchors, calendar), stage.closes.nominal(anchors, calendar))
        for stage in definition.stages
    ]


def title_of(definition: Definition, rule_key: str, number: int | None) -> Bilingual:
    """Return a step's title, with its number where it comes several times."""
    title = definition.by_key[rule_key].title
    if number is None:
        return title
    return Bilingual(fr=title.fr.replace("{n}", str(number)), ar=title.ar.replace("{n}", str(number)))


def why_then(step: PlannedStep, definition: Definition, calendar: Calendar, closed: Closures = NONE) -> Sentence:
    """Explain a planned date: its rule, and all that moved it off the rule's own day, in order.

    ``calendar`` and ``closed`` are those that the plan was made with.
    """
    known = {slot.key: slot for slot in slots(definition)}
    slot = known[step.key]
    anchor = known.get(slot.timing.anchor)
    named = quoted(title_of(definition, anchor.rule_key, anchor.number)) if anchor else None
    rule = rule_said(slot.timing, named)
    if step.due_on == step.nominal_on:
        return sentence("{rule}, as the programme has it", rule=rule)
    cause = reduce(_then, _causes(slot.rule, step, calendar, closed))
    return sentence(
        "{rule} is {nominal}, {cause}: moved to {day}",
        rule=rule,
        nominal=step.nominal_on.isoformat(),
        cause=cause,
        day=step.due_on.isoformat(),
    )


SEASON_NAMES: Mapping[Season, Sentence] = {"august": sentence("August"), "ramadan": sentence("Ramadan")}


def _causes(rule: StepRule, step: PlannedStep, calendar: Calendar, closed: Closures) -> list[Sentence]:
    """Return what moved a step, in order and each once: the closed days on the way, then the sharing out."""
    causes: list[Sentence] = []
    day = step.nominal_on
    while day < step.due_on and (cause := closed_because(rule, day, calendar, closed)):
        if cause not in causes:
            causes.append(cause)
        day += ONE_DAY
    if day < step.due_on:
        causes.append(sentence("a day shared out among the coach's cooperatives"))
    return causes


def closed_because(rule: StepRule | None, day: date, calendar: Calendar, closed: Closures = NONE) -> Sentence | None:
    """Return why a step cannot be on ``day``: the season first, it is what closes most days.

    ``rule`` is None for a step that no rule of the definition describes.
    """
    season = calendar.in_season(day, frozenset(rule.avoid)) if rule else None
    if season is not None:
        return sentence("in a closed season ({season})", season=SEASON_NAMES[season])
    window = closed_by(day, windows_for(rule.kind, closed)) if rule else None
    if window is not None:
        return sentence("in closed days ({reason})", reason=window.reason)
    holiday = calendar.holiday(day)
    if holiday is not None:
        return sentence("a holiday ({name})", name=holiday_said(holiday.name))
    return None if calendar.is_working(day) else sentence("a week-end")


def _then(first: Sentence, then: Sentence) -> Sentence:
    return sentence("{first}, then {then}", first=first, then=then)


def cycle(definition: Definition) -> list[str] | None:
    """Return the step keys of a circle of anchors; None when every date can be computed."""
    graph: Mapping[str, set[str]] = {
        f"{stage}.{rule.key}": {rule.due.anchor} - {START} for stage, rule in definition.rules()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def end_of(definition: Definition, start_on: date, calendar: Calendar) -> date:
    """Return the last day of the programme for an enrolment."""
    return definition.lasts.nominal({START: start_on}, calendar) - timedelta(days=1)
