"""What is amiss with an enrolment, and from which day on: a person is told once, and decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile
from typing import Literal

from programme.calendar import ONE_DAY
from programme.definition import AlertRules

AlertKind = Literal["missed_in_a_row", "missed_sessions", "no_contact", "checkpoint_late", "suspended_long"]
Proposal = Literal["suspension", "exit"]


@dataclass(frozen=True)
class Missed:
    """A coaching session as it was reported."""

    step: str
    on: date
    held: bool


@dataclass(frozen=True)
class Known:
    """What is recorded of an enrolment that alerts look at.

    ``in_touch_on`` is the last contact, or the day from which one is expected; ``windows`` has the
    last day of each checkpoint that is not evaluated yet.
    """

    in_touch_on: date
    suspended_on: date | None = None
    sessions: tuple[Missed, ...] = ()
    windows: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something amiss from ``on`` on, if nothing changes; ``about`` tells it from the same thing at another time."""

    kind: AlertKind
    about: str
    on: date
    proposal: Proposal | None = None
    count: int = field(default=0, compare=False)

    @property
    def identity(self) -> tuple[str, str]:
        """Return what a person is told of once."""
        return self.kind, self.about


def findings(known: Known, rules: AlertRules) -> list[Finding]:
    """Return all that is amiss or will be, each with its first day; of a suspended enrolment, its pause alone."""
    if known.suspended_on is not None:
        days = rules.days_suspended
        over_on = known.suspended_on + timedelta(days=days) + ONE_DAY
        return [Finding("suspended_long", known.suspended_on.isoformat(), over_on, "exit", days)]
    return [*_sessions(known.sessions, rules), *_silence(known, rules), *_windows(known)]


def _sessions(sessions: Iterable[Missed], rules: AlertRules) -> Iterator[Finding]:
    """Yield the series that lasts, and every so many missed sessions in all."""
    reported = sorted(sessions, key=lambda session: (session.on, session.step))
    series = list(takewhile(lambda session: not session.held, reversed(reported)))[::-1]
    row = rules.missed_in_a_row
    if len(series) >= row:
        yield Finding("missed_in_a_row", series[0].step, series[row - 1].on, None, row)
    missed = [session for session in reported if not session.held]
    for number in range(rules.missed_sessions, len(missed) + 1, rules.missed_sessions):
        last = missed[number - 1]
        yield Finding("missed_sessions", last.step, last.on, "suspension", number)


def _silence(known: Known, rules: AlertRules) -> Iterator[Finding]:
    days = rules.days_without_contact
    yield Finding(
        "no_contact", known.in_touch_on.isoformat(), known.in_touch_on + timedelta(days=days), "suspension", days
    )


def _windows(known: Known) -> Iterator[Finding]:
    for checkpoint, last_on in known.windows:
        yield Finding("checkpoint_late", checkpoint, last_on + ONE_DAY)


def to_raise(found: Iterable[Finding], told: Collection[tuple[str, str]], today: date) -> list[Finding]:
    """Return what is amiss today and nobody was told of."""
    return [one for one in found if one.on <= today and one.identity not in told]


def next_look(found: Iterable[Finding], told: Collection[tuple[str, str]]) -> date | None:
    """Return the first day on which something new may be amiss; None when there is none."""
    return min((one.on for one in found if one.identity not in told), default=None)
