"""What another version of the programme changes in one plan that is under way: pure, and the same each time.

What is done, missed or not required stays as it is, and so does a date that a person has set. An
open step follows the new rule where the rule has changed; one that stands elsewhere than its rule
says (its time was stopped for a while) stays as far off. Nobody is made late by a new rule: what
would be past is put on the first working day from today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from programme.calendar import Calendar
from programme.closures import NONE, Closures, open_day
from programme.definition import Definition, StepRule
from programme.legal import STAGE, legal_plan, legal_rule
from programme.pausing import days_left, due_again, shifted
from programme.planning import PlannedStage, PlannedStep, Slot, end_of, landing, slots, stage_windows, windows_for
from programme.replanning import Held
from programme.timing import START

Choice = Literal["skip", "schedule"]
Pause = tuple[date, date]


@dataclass(frozen=True)
class Turn:
    """A turn from one version to another one, with what was chosen for the steps that are past already.

    A choice is known by the step's rule (`diagnosis.swot`) or, for a checkpoint's two steps, by the checkpoint (`M9`).
    """

    before: Definition
    after: Definition
    calendar: Calendar
    choices: Mapping[str, Choice] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One enrolment: its plan as it stands, its stages, its pauses that are over, and the day from which time counts.

    ``from_on`` is today or, while the enrolment sleeps, the day on which its time stopped. ``stages``
    tells of each whether it is completed.
    """

    start_on: date
    from_on: date
    held: tuple[Held, ...]
    stages: Mapping[str, bool] = field(default_factory=dict)
    rank: int = 0
    pauses: tuple[Pause, ...] = ()
    closed: Closures = NONE
    fiscal_year_end: str = "12-31"
    registered_on: date | None = None


@dataclass(frozen=True)
class Added:
    """A step that the new version brings; ``past`` when its day was over, and then what was chosen, if anything."""

    step: PlannedStep
    label: str
    past: bool = False
    choice: Choice | None = None

    @property
    def is_written(self) -> bool:
        """Tell whether it becomes a step of the plan."""
        return not self.past or self.choice == "schedule"


@dataclass(frozen=True)
class Moved:
    """An open step's new date by the new rule."""

    key: str
    rule: str
    was_on: date
    on: date
    nominal_on: date


@dataclass(frozen=True)
class Migration:
    """All that changes in one plan."""

    added: tuple[Added, ...] = ()
    moved: tuple[Moved, ...] = ()
    removed: tuple[Held, ...] = ()
    remade: tuple[Held, ...] = ()
    windows: tuple[PlannedStage, ...] = ()
    closed_stages: tuple[str, ...] = ()

    @property
    def touched(self) -> set[str]:
        """Return the keys of the open steps that stay and get another date or somebody else."""
        return {one.key for one in self.moved} | {held.key for held in self.remade}

    @property
    def undecided(self) -> tuple[str, ...]:
        """Return what is past and still to be chosen for, each once."""
        waiting = (one.label for one in self.added if one.past and one.choice is None)
        return tuple(dict.fromkeys(waiting))


def migration(turn: Turn, case: Case) -> Migration:
    """Return what a turn changes in one plan; of a plan that has made it already, nothing."""
    work = _Work(turn, case)
    work.go()
    _legal(work)
    gone, removed = _removed(turn, case)
    return Migration(
        added=tuple(sorted(work.added, key=lambda one: (one.step.due_on, one.step.key))),
        moved=tuple(sorted((one for one in work.moved if one.key not in gone), key=lambda one: (one.on, one.key))),
        removed=removed,
        remade=tuple(held for held in case.held if held.key not in gone and _is_remade(turn, held)),
        windows=tuple(_windows(turn, case)),
        closed_stages=_closed_stages(turn, case),
    )


def label_of(rule_key: str, rule: StepRule | None) -> str:
    """Return what a step is chosen for by: its checkpoint, or its rule."""
    return rule.before if rule is not None and rule.before else rule_key


class _Work:
    """The steps of the new version in the order in which they count from each other."""

    def __init__(self, turn: Turn, case: Case) -> None:
        self.turn, self.case = turn, case
        self.held = {step.key: step for step in case.held}
        self.old_slots = {slot.key: slot for slot in slots(turn.before)}
        self.before = {START: case.start_on} | {key: step.due_on for key, step in self.held.items()}
        self.after = {START: case.start_on}
        self.skipped: set[str] = set()
        self.added: list[Added] = []
        self.moved: list[Moved] = []

    def go(self) -> None:
        for slot in slots(self.turn.after):
            held = self.held.get(slot.key)
            if held is not None:
                self._keep(slot, held)
            elif slot.key not in self.old_slots and slot.timing.anchor not in self.skipped:
                self._add(slot)
            else:  # left out on purpose: by an earlier turn, or with what it follows
                self.skipped.add(slot.key)

    def _keep(self, slot: Slot, held: Held) -> None:
        """Note where a step of the plan stands, and where its rule puts it now."""
        self.after[slot.key] = held.due_on
        old = self.old_slots.get(slot.key)
        if not held.is_open or held.pinned or old is None or slot.timing.anchor not in self.after:
            return
        if old.timing.anchor not in self.before:
            return
        calendar = self.turn.calendar
        nominal = slot.timing.nominal(self.after, calendar)
        on = self._landed(slot.rule, nominal)
        rule_day = self._landed(old.rule, old.timing.nominal(self.before, calendar))
        if on == rule_day:
            return
        on = self._in_time(slot.rule, self._as_far_off(slot.rule, on, rule_day, held), held.due_on)
        self.after[slot.key] = on
        if on != held.due_on:
            self.moved.append(Moved(slot.key, slot.rule_key, held.due_on, on, nominal))

    def _add(self, slot: Slot) -> None:
        calendar, from_on = self.turn.calendar, self.case.from_on
        nominal = slot.timing.nominal(self.after, calendar)
        on = self._landed(slot.rule, nominal)
        if slot.timing.anchor == START:
            on = self._after_pauses(slot.rule, on)
        label, past = label_of(slot.rule_key, slot.rule), on < from_on
        choice = self._choice(slot.rule_key, label) if past else None
        if choice == "schedule":
            on = self._landed(slot.rule, calendar.add_working_days(from_on, 1))
        if choice == "skip":
            self.skipped.add(slot.key)
        self.after[slot.key] = on
        kind, owner = slot.rule.kind, slot.rule.owner
        step = PlannedStep(slot.key, slot.rule_key, slot.stage, kind, owner, slot.number, nominal, on)
        self.added.append(Added(step, label, past, choice))

    def _choice(self, rule_key: str, label: str) -> Choice | None:
        return self.turn.choices.get(rule_key) or self.turn.choices.get(label)

    def _landed(self, rule: StepRule, nominal: date) -> date:
        return landing(rule, nominal, self.turn.calendar, rank=self.case.rank, closed=self.case.closed)

    def _as_far_off(self, rule: StepRule, on: date, rule_day: date, held: Held) -> date:
        if held.due_on == rule_day:
            return on
        calendar = self.turn.calendar
        away = calendar.working_days_between(min(rule_day, held.due_on), max(rule_day, held.due_on))
        day = calendar.add_working_days(on, away if held.due_on > rule_day else -away)
        return open_day(day, calendar, frozenset(rule.avoid), windows_for(rule.kind, self.case.closed))

    def _in_time(self, rule: StepRule, on: date, was_on: date) -> date:
        """Return ``on``, or the first day from today for what the new rule alone would have made late."""
        if on >= self.case.from_on:
            return on
        return was_on if was_on < self.case.from_on else self._landed(rule, self.case.from_on)

    def _after_pauses(self, rule: StepRule, on: date) -> date:
        """Return where a new step would stand if it had slept with the others."""
        for from_on, until_on in self.case.pauses:
            if on >= from_on:
                left = days_left(on, from_on, self.turn.calendar)
                on = due_again(left, until_on, self.turn.calendar, frozenset(rule.avoid))
        return on


def _legal(work: _Work) -> None:
    """Follow the new version's legal rules: new duties to come are added, those whose rule changed are moved."""
    turn, case = work.turn, work.case
    for duty in _duties(turn.after, case, turn.calendar):
        held = work.held.get(duty.key)
        old = legal_rule(turn.before, duty.rule)
        if held is None and old is None and duty.due_on >= case.from_on:
            work.added.append(Added(duty, duty.rule))
        elif held is not None and held.is_open and not held.pinned and _is_moved(duty, old, held, turn, case):
            work.moved.append(Moved(duty.key, duty.rule, held.due_on, duty.due_on, duty.nominal_on))


def _is_moved(duty: PlannedStep, old: object, held: Held, turn: Turn, case: Case) -> bool:
    return old != legal_rule(turn.after, duty.rule) and case.from_on <= duty.due_on != held.due_on


def _duties(definition: Definition, case: Case, calendar: Calendar) -> Iterable[PlannedStep]:
    end_on = end_of(definition, case.start_on, calendar)
    return legal_plan(
        definition, case.fiscal_year_end, case.start_on, end_on, calendar, registered_on=case.registered_on
    )


def _removed(turn: Turn, case: Case) -> tuple[set[str], tuple[Held, ...]]:
    """Return the open steps that the new version does not have any more; what real life added goes with its rule."""
    known = {slot.key for slot in slots(turn.after)}
    gone = tuple(held for held in case.held if held.is_open and _is_gone(turn.after, held, known))
    return {held.key for held in gone}, gone


def _is_gone(after: Definition, held: Held, known: set[str]) -> bool:
    if held.origin == "legal":
        return legal_rule(after, held.rule) is None
    if held.origin == "plan":
        return held.key not in known
    return held.origin == "make_up" and held.rule not in after.by_key


def _is_remade(turn: Turn, held: Held) -> bool:
    """Tell whether somebody else does it, or it is held otherwise: the owner, the kind, the hour or the length."""
    if not held.is_open or held.origin not in {"plan", "legal"}:
        return False
    if held.origin == "legal":
        old_duty, new_duty = legal_rule(turn.before, held.rule), legal_rule(turn.after, held.rule)
        return old_duty is not None and new_duty is not None and old_duty.owner != new_duty.owner
    old, new = turn.before.by_key.get(held.rule), turn.after.by_key.get(held.rule)
    return old is not None and new is not None and _made(old) != _made(new)


def _made(rule: StepRule) -> tuple[object, ...]:
    return rule.owner, rule.kind, rule.at, rule.also_at, rule.minutes


def _windows(turn: Turn, case: Case) -> Iterator[PlannedStage]:
    """Yield the windows that are new or other than before, of the stages that are not completed."""
    old = {window.stage: window for window in stage_windows(turn.before, case.start_on, turn.calendar)}
    for window in stage_windows(turn.after, case.start_on, turn.calendar):
        if case.stages.get(window.stage) or (window.stage in case.stages and window == old.get(window.stage)):
            continue
        yield _slept(window, case.pauses)


def _slept(window: PlannedStage, pauses: Iterable[Pause]) -> PlannedStage:
    opens_on, closes_on = window.opens_on, window.closes_on
    for from_on, until_on in pauses:
        opens_on, closes_on = shifted(opens_on, from_on, until_on), shifted(closes_on, from_on, until_on)
    return PlannedStage(window.stage, opens_on, closes_on)


def _closed_stages(turn: Turn, case: Case) -> tuple[str, ...]:
    known = {stage.key for stage in turn.after.stages}
    return tuple(stage for stage, is_completed in case.stages.items() if stage not in known and not is_completed)


def rule_keys(definition: Definition) -> set[str]:
    """Return all that a choice may be made for: step rules, checkpoints and legal duties."""
    legal = {f"{STAGE}.{rule.key}" for rule in definition.legal.steps} if definition.legal else set()
    return {*definition.by_key, *(rule.key for rule in definition.checkpoints), *legal}
