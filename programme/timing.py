"""Due-date expressions of a definition ("start + 3 months", "diagnosis.visit + 10 working days"): read and computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pendulum

from programme.calendar import Calendar

Unit = Literal["months", "weeks", "days", "working days"]
START = "start"
YEAR_END = "year-end"
"""The anchor of the legal rules' dates: a fiscal year's end."""
_EXPRESSION = re.compile(r"\s*(?P<anchor>[A-Za-z][\w.\-]*)(?P<terms>(\s*[+-]\s*\d+\s*[a-z ]+?)*)\s*")
_TERM = re.compile(r"([+-])\s*(\d{1,3})\s*(months?|weeks?|working days?|days?)(?=\s*(?:[+-]|$))")


@dataclass(frozen=True)
class Term:
    """A signed number of units, e.g. +3 months."""

    count: int
    unit: Unit


@dataclass(frozen=True)
class Timing:
    """A date rule: an anchor (the enrolment's start, or another step) and what is added to it."""

    anchor: str
    terms: tuple[Term, ...] = ()

    def nominal(self, anchors: Mapping[str, date], calendar: Calendar) -> date:
        """Return the date by the rule alone, before it is moved off closed days.

        Months are always counted first, together, from the anchor, and clipped to the month's
        end (31 August + 6 months = 28 or 29 February), never chained; the rest follows in the
        order in which it is written.
        """
        months = sum(term.count for term in self.terms if term.unit == "months")
        day = _add_months(anchors[self.anchor], months)
        for term in self.terms:
            if term.unit != "months":
                day = _add(day, term, calendar)
        return day


def _add_months(day: date, count: int) -> date:
    moved = pendulum.date(day.year, day.month, day.day).add(months=count)
    return date(moved.year, moved.month, moved.day)


def _add(day: date, term: Term, calendar: Calendar) -> date:
    if term.unit == "working days":
        return calendar.add_working_days(day, term.count)
    return day + timedelta(days=term.count * (7 if term.unit == "weeks" else 1))


def spell(timing: Timing) -> str:
    """Write a date rule out again, as a definition has it."""
    terms = [f"{'+' if term.count >= 0 else '-'} {abs(term.count)} {term.unit}" for term in timing.terms if term.count]
    return " ".join([timing.anchor, *terms])


def read_timing(text: str) -> Timing:
    """Read an expression; ``ValueError`` (one sentence) when it is not one."""
    match = _EXPRESSION.fullmatch(text)
    if not match:
        raise ValueError(_how(text))
    written = match["terms"] or ""
    terms = tuple(Term(_signed(sign, count), _unit(unit)) for sign, count, unit in _TERM.findall(written))
    if len(terms) != len(re.findall(r"[+-]", written)):
        raise ValueError(_how(text))
    return Timing(match["anchor"], terms)


def _how(text: str) -> str:
    return (
        f"'{text}' is not a date rule: write 'start + 3 months' or 'stage.step + 10 working days' "
        "(months, weeks, days, working days; at most 999 of each)"
    )


def _signed(sign: str, count: str) -> int:
    return int(sign + count)


def _unit(text: str) -> Unit:
    plural = text if text.endswith("s") else text + "s"
    units: dict[str, Unit] = {"months": "months", "weeks": "weeks", "days": "days", "working days": "working days"}
    return units[plural]
