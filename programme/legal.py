"""A cooperative's legal calendar: the duties of each of its fiscal years that fall in its two years of support."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from programme.calendar import Calendar
from programme.definition import Definition, LegalRule
from programme.planning import PlannedStep
from programme.timing import YEAR_END
from programme.timing_words import rule_said
from programme.wording import Bilingual, Sentence, sentence

STAGE = "legal"
"""What legal steps have in the place of a stage: they stand beside the programme and complete no stage of it."""
YEAR = "{year}"


def legal_plan(
    definition: Definition,
    fiscal_year_end: str,
    start_on: date,
    end_on: date,
    calendar: Calendar,
    *,
    registered_on: date | None = None,
) -> list[PlannedStep]:
    """Return the legal duties dated from ``start_on`` to ``end_on``, by date; ``fiscal_year_end`` is "MM-DD".

    A legal limit is not extended: a duty that falls on a closed day is due on the working day before.
    Months are counted as in every date rule: from the year-end itself, clipped to the month's end.
    A fiscal year that had ended when the cooperative was registered brings no duty.
    """
    rules = definition.legal.steps if definition.legal else ()
    year_ends = [
        day for day in _year_ends(fiscal_year_end, start_on, end_on) if registered_on is None or day >= registered_on
    ]
    duties = [_duty(rule, year_end, calendar) for year_end in year_ends for rule in rules]
    within = [duty for duty in duties if start_on <= duty.due_on <= end_on]
    return sorted(within, key=lambda duty: (duty.due_on, duty.key))


def _year_ends(fiscal_year_end: str, start_on: date, end_on: date) -> Iterator[date]:
    """Yield the ends of the fiscal years whose duties may fall between two days: some years more on either side."""
    for year in range(start_on.year - 2, end_on.year + 2):
        yield year_end_of(fiscal_year_end, year)


def year_end_of(fiscal_year_end: str, year: int) -> date:
    """Return the day on which a fiscal year ends; 29 February is the 28th where there is none."""
    month, day = (int(part) for part in fiscal_year_end.split("-"))
    if (month, day) == (2, 29):
        return date(year, 3, 1) - timedelta(days=1)
    return date(year, month, day)


def _duty(rule: LegalRule, year_end: date, calendar: Calendar) -> PlannedStep:
    nominal = rule.due.nominal({YEAR_END: year_end}, calendar)
    return PlannedStep(
        key=f"{STAGE}.{rule.key}-{year_end.year}",
        rule=f"{STAGE}.{rule.key}",
        stage=STAGE,
        kind="legal",
        owner=rule.owner,
        number=year_end.year,
        nominal_on=nominal,
        due_on=calendar.on_or_before(nominal),
    )


def legal_rule(definition: Definition, rule_key: str) -> LegalRule | None:
    """Return the rule of a legal step by its full key, `legal.assembly`; None when the definition has none."""
    rules = definition.legal.steps if definition.legal else ()
    return next((rule for rule in rules if f"{STAGE}.{rule.key}" == rule_key), None)


def legal_title(definition: Definition, rule_key: str, year: int, fiscal_year_end: str) -> Bilingual:
    """Return a duty's title with its fiscal year: 2027, or 2026-2027 where it does not end with the civil year."""
    rule = legal_rule(definition, rule_key)
    assert rule is not None, rule_key
    said = str(year) if fiscal_year_end == "12-31" else f"{year - 1}-{year}"
    return Bilingual(fr=rule.title.fr.replace(YEAR, said), ar=rule.title.ar.replace(YEAR, said))


def why_legal(rule: LegalRule, year_end: date, due_on: date, calendar: Calendar) -> Sentence:
    """Explain the date of a duty: its rule, the year's end it counts from, and the closed day it was moved off."""
    nominal = rule.due.nominal({YEAR_END: year_end}, calendar)
    facts = {"rule": rule_said(rule.due), "year_end": year_end.isoformat(), "nominal": nominal.isoformat()}
    if nominal == due_on:
        return sentence("{rule} (the fiscal year ends on {year_end}) is {nominal}", **facts)
    return sentence(
        "{rule} (the fiscal year ends on {year_end}) is {nominal}, a closed day, "
        "and a legal limit is not extended: moved back to {day}",
        **facts,
        day=due_on.isoformat(),
    )
