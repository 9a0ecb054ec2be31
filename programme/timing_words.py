"""A date rule in words, as somebody reads it who has never seen a definition."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from programme.timing import START, YEAR_END, Term, Timing, Unit, spell
from programme.wording import Bilingual, Sentence, counted, recounted, sentence

UNITS: Mapping[Unit, Sentence] = {
    "months": counted("{count} month", "{count} months", 0),
    "weeks": counted("{count} week", "{count} weeks", 0),
    "days": counted("{count} day", "{count} days", 0),
    "working days": counted("{count} working day", "{count} working days", 0),
}
ANCHORS: Mapping[str, Sentence] = {
    START: sentence("the start"),
    YEAR_END: sentence("the end of the fiscal year"),
}


def quoted(title: Bilingual) -> Sentence:
    """Return a step's title as it stands within a sentence."""
    return sentence("“{title}”", title=title)


def rule_said(timing: Timing, anchor: Sentence | None = None) -> Sentence | str:
    """Say a date rule: "3 months and 7 weeks after the start"; one that goes there and back as it is written.

    ``anchor`` is what is said of a step that the rule counts from.
    """
    terms = [term for term in timing.terms if term.count]
    named = ANCHORS.get(timing.anchor) or anchor or timing.anchor
    if not terms:
        return sentence("on the day of {anchor}", anchor=named)
    span = reduce(_and, map(_said, terms))
    if all(term.count > 0 for term in terms):
        return sentence("{span} after {anchor}", span=span, anchor=named)
    if all(term.count < 0 for term in terms):
        return sentence("{span} before {anchor}", span=span, anchor=named)
    return spell(timing)


def _said(term: Term) -> Sentence:
    return recounted(UNITS[term.unit], abs(term.count))


def _and(first: Sentence, then: Sentence) -> Sentence:
    return sentence("{first} and {then}", first=first, then=then)
