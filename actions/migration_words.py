"""Says what another version changes: for one enrolment, and for all of a cohort in sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from programme.migration import Added, Migration
from programme.wording import Sentence, counted, sentence


def said_of(change: Migration) -> list[Sentence]:
    """Say what one enrolment gains, loses and has moved."""
    return [*(_said(one) for one in change.added), *_others(change)]


def _said(one: Added) -> Sentence:
    day = one.step.due_on.isoformat()
    if not one.past:
        return sentence("gains {step}, due {day}", step=one.step.key, day=day)
    if one.choice == "schedule":
        return sentence("gains {step}, past by its rule and scheduled for {day}", step=one.step.key, day=day)
    if one.choice == "skip":
        return sentence("is past {step}: skipped", step=one.step.key)
    return sentence("is past {step}: skip or schedule?", step=one.step.key)


def _others(change: Migration) -> Iterator[Sentence]:
    for one in change.moved:
        days = {"was_on": one.was_on.isoformat(), "on": one.on.isoformat()}
        yield sentence("{step} moves from {was_on} to {on}", step=one.key, **days)
    for held in change.removed:
        yield sentence("{step} is not required any more", step=held.key)
    for held in change.remade:
        yield sentence("{step} is done by somebody else or held otherwise", step=held.key)
    for window in change.windows:
        days = {"opens_on": window.opens_on.isoformat(), "closes_on": window.closes_on.isoformat()}
        yield sentence("stage {stage} runs from {opens_on} to {closes_on}", stage=window.stage, **days)
    for stage in change.closed_stages:
        yield sentence("stage {stage} is no longer part of it", stage=stage)


def sums_of(changes: Sequence[Migration], *, taken_back: int) -> list[Sentence]:
    """Say in sum how many gain, lose and move what; what people are told of it is said beside it."""
    told = [*_gains(changes), *_counted(changes)]
    return [*told, _taken_back(taken_back)] if changes else told


def _taken_back(count: int) -> Sentence:
    if not count:
        return sentence("no notice is taken back")
    return counted(
        "{count} notice that has not left is taken back", "{count} notices that have not left are taken back", count
    )


def _gains(changes: Sequence[Migration]) -> Iterator[Sentence]:
    """Yield, for each step rule or checkpoint, how many gain it and how many are past it already."""
    past = {label: 0 for change in changes for label in _labels(change.added)}
    gained, choices = dict(past), dict.fromkeys(past, "")
    for change in changes:
        for label in _labels(change.added):
            late = [one for one in change.added if one.label == label and one.past]
            past[label] += bool(late)
            gained[label] += not late
            choices[label] = (late[0].choice or "undecided") if late else choices[label]
    for label, late_ones in past.items():
        yield _gain(label, gained[label], late_ones, choices[label])


def _labels(added: Iterable[Added]) -> list[str]:
    return list(dict.fromkeys(one.label for one in added))


def _gain(label: str, gained: int, past: int, choice: str) -> Sentence:
    gain = counted("{count} gains {step}", "{count} gain {step}", gained, step=label)
    if not choice:
        return gain
    late = counted("{count} is already past it", "{count} are already past it", past)
    facts = {"gain": gain, "past": late}
    told = {
        "undecided": sentence("{gain}, {past}: say --skip {step} or --schedule {step}", **facts, step=label),
        "skip": sentence("{gain}, {past}: skipped", **facts),
        "schedule": sentence("{gain}, {past}: scheduled for the next working day", **facts),
    }
    return told[choice]


def _counted(changes: Sequence[Migration]) -> Iterator[Sentence]:
    """Yield how many enrolments each other change concerns."""
    for rule, count in _each(changes, lambda change: {one.rule for one in change.moved}):
        yield counted("{step} moves for {count}", "{step} moves for {count}", count, step=rule)
    for rule, count in _each(changes, lambda change: {held.rule for held in change.removed}):
        yield counted(
            "{step} is not required any more for {count}",
            "{step} is not required any more for {count}",
            count,
            step=rule,
        )
    for rule, count in _each(changes, lambda change: {held.rule for held in change.remade}):
        yield counted(
            "{step} is done by somebody else or held otherwise for {count}",
            "{step} is done by somebody else or held otherwise for {count}",
            count,
            step=rule,
        )
    for stage, count in _each(changes, lambda change: {window.stage for window in change.windows}):
        yield counted(
            "stage {stage} has another window for {count}",
            "stage {stage} has another window for {count}",
            count,
            stage=stage,
        )
    for stage, count in _each(changes, lambda change: set(change.closed_stages)):
        yield counted(
            "stage {stage} is no longer part of it for {count}",
            "stage {stage} is no longer part of it for {count}",
            count,
            stage=stage,
        )


def _each(changes: Iterable[Migration], of: Callable[[Migration], set[str]]) -> list[tuple[str, int]]:
    return sorted(Counter(what for change in changes for what in of(change)).items())
