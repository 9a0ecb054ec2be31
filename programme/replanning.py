"""What moves in a plan that is under way when its start, one of its dates, the calendar or its closed windows change.

A step keeps its date when it is closed, or when a person set it. The others follow their rule, each from its anchor's
own date. A step that stands elsewhere than its rule says (its time was stopped for a while) is not dragged back to it:
it moves only when its day closes, or with what it counts from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from programme.calendar import Calendar
from programme.closures import NONE, Closures, open_day
from programme.definition import Definition, StepRule
from programme.planning import Slot, closed_because, landing, slots, windows_for
from programme.timing import START, spell
from programme.wording import Sentence, sentence

RECOVERY_REPORT = ".recovery-report-"
RECOVERY_SESSION = ".recovery-session-"


@dataclass(frozen=True)
class Held:
    """A step as it stands; ``origin`` tells the plan's own steps from those that real life added."""

    key: str
    rule: str
    kind: str
    nominal_on: date
    due_on: date
    is_open: bool = True
    pinned: bool = False
    origin: str = "plan"


@dataclass(frozen=True)
class Basis:
    """What the dates of one enrolment are worked out from."""

    start_on: date
    calendar: Calendar
    closed: Closures = NONE


@dataclass(frozen=True)
class Move:
    """Where a step goes, and why; on the same day when only the rule's own day changes."""

    key: str
    was_on: date
    on: date
    nominal_on: date
    why: Sentence


@dataclass(frozen=True)
class Change:
    """What changes in a plan: its basis, dates set by a person, steps that go back to their rule.

    ``today`` is given for a change of the calendar or of the windows: what is past stays, and
    nothing is brought forward to today or before.
    """

    before: Basis
    after: Basis
    set_on: Mapping[str, date] = field(default_factory=dict)
    freed: frozenset[str] = frozenset()
    today: date | None = None


@dataclass(frozen=True)
class _Work:
    definition: Definition
    change: Change
    rank: int
    before: dict[str, date]
    after: dict[str, date]


def replan(definition: Definition, steps: Iterable[Held], change: Change, *, rank: int = 0) -> list[Move]:
    """Return the moves of an enrolment's steps, by their new date; doing it twice is doing it once."""
    standing = {step.key: step for step in steps}
    work = _Work(
        definition,
        change,
        rank,
        {START: change.before.start_on} | {key: step.due_on for key, step in standing.items()},
        {START: change.after.start_on},
    )
    moves = [_of_plan(work, slot, standing[slot.key]) for slot in slots(definition) if slot.key in standing]
    moves += [_extra(work, step) for step in _extras(definition, standing)]
    return sorted((move for move in moves if move is not None), key=lambda move: (move.on, move.key))


def _extras(definition: Definition, standing: Mapping[str, Held]) -> Sequence[Held]:
    """Return the steps that are not of the plan, sessions before the reports that follow them."""
    planned = {slot.key for slot in slots(definition)}
    rest = (step for key, step in standing.items() if key not in planned and step.origin != "call")
    return sorted(rest, key=lambda step: (step.kind == "report", step.key))


def _of_plan(work: _Work, slot: Slot, step: Held) -> Move | None:
    on, nominal, why = step.due_on, step.nominal_on, None
    if step.is_open and step.key in work.change.set_on:
        on, why = work.change.set_on[step.key], sentence("set by hand")
    elif step.is_open and step.pinned and step.key not in work.change.freed:
        on, why = _off_closed_days(work, slot.rule, step)
    elif step.is_open:
        on, nominal, why = _derived(work, slot, step)
    return _kept(work, step, on, nominal, why)


def _kept(work: _Work, step: Held, on: date, nominal: date, why: Sentence | None) -> Move | None:
    """Note where a step stands, for what counts from it, and return its move if there is one."""
    today = work.change.today
    if today is not None and (step.due_on < today or (on <= today and on < step.due_on)):
        on, nominal = step.due_on, step.nominal_on
    work.after[step.key] = on
    if why is None or (on == step.due_on and nominal == step.nominal_on):
        return None
    return Move(step.key, step.due_on, on, nominal, why)


def _derived(work: _Work, slot: Slot, step: Held) -> tuple[date, date, Sentence | None]:
    """Return where a step goes that follows its rule: its day, the rule's own day, and why."""
    anchor = slot.timing.anchor
    if anchor not in work.after or anchor not in work.before:
        return *_stay(work, slot.rule, step), None
    nominal = slot.timing.nominal(work.after, work.change.after.calendar)
    on = _landed(slot, nominal, work.change.after, work.rank)
    if step.key in work.change.freed:
        return on, nominal, sentence("back to its rule, {rule}", rule=spell(slot.timing))
    moved = work.after[anchor] != work.before[anchor]
    was_nominal = slot.timing.nominal(work.before, work.change.before.calendar)
    rule_day = _landed(slot, was_nominal, work.change.before, work.rank)
    if step.due_on == rule_day or (moved and anchor != START):
        return on, nominal, _why(work, slot, step, moved=moved)
    if moved:
        return _displaced(work, slot, on, rule_day, step), nominal, _why(work, slot, step, moved=True)
    day, why = _off_closed_days(work, slot.rule, step)
    if day == on:  # it has come to where its rule puts it, and follows that again
        return day, nominal, why or _why(work, slot, step, moved=False)
    return day, step.nominal_on, why


def _stay(work: _Work, rule: StepRule, step: Held) -> tuple[date, date]:
    return _off_closed_days(work, rule, step)[0], step.nominal_on


def _landed(slot: Slot, nominal: date, basis: Basis, rank: int) -> date:
    return landing(slot.rule, nominal, basis.calendar, rank=rank, closed=basis.closed)


def _displaced(work: _Work, slot: Slot, on: date, rule_day: date, step: Held) -> date:
    """Return the new day of a step that stands so many working days off its rule: it stays as far off."""
    calendar, closed = work.change.after.calendar, windows_for(slot.rule.kind, work.change.after.closed)
    away = calendar.working_days_between(min(rule_day, step.due_on), max(rule_day, step.due_on))
    day = calendar.add_working_days(on, away if step.due_on > rule_day else -away)
    return open_day(day, calendar, frozenset(slot.rule.avoid), closed)


def _why(work: _Work, slot: Slot, step: Held, *, moved: bool) -> Sentence:
    rule = spell(slot.timing)
    if moved and slot.timing.anchor == START:
        return sentence("{rule}, from the new start", rule=rule)
    if moved:
        return sentence("{rule}, which has moved", rule=rule)
    after = work.change.after
    cause = closed_because(slot.rule, step.due_on, after.calendar, after.closed)
    if cause is not None:
        return sentence("{day} is {cause}", day=step.due_on.isoformat(), cause=cause)
    return sentence("{rule}, on days that are open again", rule=rule)


def _off_closed_days(work: _Work, rule: StepRule | None, step: Held) -> tuple[date, Sentence | None]:
    """Return a step's day, or the first open day after it where the change has closed it."""
    before, after = work.change.before, work.change.after
    cause = closed_because(rule, step.due_on, after.calendar, after.closed)
    if cause is None or closed_because(rule, step.due_on, before.calendar, before.closed) is not None:
        return step.due_on, None
    why = sentence("{day} is {cause}", day=step.due_on.isoformat(), cause=cause)
    if step.origin == "legal":  # a legal limit is not extended
        return after.calendar.on_or_before(step.due_on), why
    return _next_open(rule, step.due_on, after), why


def _next_open(rule: StepRule | None, day: date, basis: Basis) -> date:
    if rule is None:
        return open_day(day, basis.calendar)
    return open_day(day, basis.calendar, frozenset(rule.avoid), windows_for(rule.kind, basis.closed))


def _extra(work: _Work, step: Held) -> Move | None:
    """Return the move of a step that real life added: by hand, off a closed day, or a report after its session."""
    rule = work.definition.by_key.get(step.rule)
    on, nominal, why = step.due_on, step.nominal_on, None
    if step.is_open and step.key in work.change.set_on:
        on, why = work.change.set_on[step.key], sentence("set by hand")
    elif step.is_open and step.key in work.change.freed:
        on, why = _next_open(rule, nominal, work.change.after), sentence("back to its own day")
    elif step.is_open and (followed := _after_session(work, step)) is not None:
        on, nominal, why = followed
    elif step.is_open:
        on, why = _off_closed_days(work, rule, step)
    return _kept(work, step, on, nominal, why)


def _after_session(work: _Work, step: Held) -> tuple[date, date, Sentence] | None:
    """Return the new date of a recovery's report whose session has moved; None for anything else."""
    days = work.definition.recovery.report_within_days
    if days is None or RECOVERY_REPORT not in step.key or step.pinned:
        return None
    session = step.key.replace(RECOVERY_REPORT, RECOVERY_SESSION)
    if session not in work.after or work.after[session] == work.before[session]:
        return None
    nominal = work.after[session] + timedelta(days=days)
    why = sentence("{rule}, which has moved", rule=f"{session} + {days} days")
    return work.change.after.calendar.on_or_after(nominal), nominal, why
