"""Reasons as they stand in rows, said again in the reader's language.

A row keeps its reason as one English sentence, so that a ledger is stable text whoever reads it. Here each
sentence that the program writes is known by its words; what a person wrote stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from programme.holiday_words import holiday_said
from programme.planning import SEASON_NAMES
from programme.timing import read_timing
from programme.timing_words import rule_said
from programme.wording import Bilingual, Sentence, sentence

STEP_STATUS_WORDS: Final[Mapping[str, Sentence]] = {
    "done": sentence("done"),
    "missed": sentence("missed"),
    "not_required": sentence("not required any more"),
    "open": sentence("open"),
}
ENDS: Final[Mapping[str, Sentence]] = {
    "dropped": sentence("dropped out"),
    "excluded": sentence("excluded"),
    "dissolved": sentence("dissolved"),
    "exit": sentence("left at a checkpoint"),
    "certificate": sentence("with a certificate"),
    "participation": sentence("with a certificate of participation"),
}
SEASONS: Final[Mapping[str, Sentence]] = {str(one): one for one in SEASON_NAMES.values()}
WORDS: Final = {"step_status": STEP_STATUS_WORDS, "end": ENDS, "season": SEASONS}
"""Facts whose value is a word of ours."""

_X: Final = ""  # what stands for a fact: only the template is used
REASONS: Final = (
    sentence("the date has moved from {was} to {to}: {because}", was=_X, to=_X, because=_X),
    sentence("the hour or the place on {on} has changed", on=_X),
    sentence("set by hand"),
    sentence("back to its own day"),
    sentence("back to its rule, {rule}", rule=_X),
    sentence("{rule}, from the new start", rule=_X),
    sentence("{rule}, which has moved", rule=_X),
    sentence("{rule}, on days that are open again", rule=_X),
    sentence("{day} is {cause}", day=_X, cause=_X),
    sentence("in a closed season ({season})", season=_X),
    sentence("in closed days ({reason})", reason=_X),
    sentence("a holiday ({name})", name=_X),
    sentence("a week-end"),
    sentence("another end of the fiscal year"),
    sentence("step {step_status} on {on}", step_status=_X, on=_X),
    sentence("decided on {on}", on=_X),
    sentence("enrolment ended: {end}", end=_X),
    sentence("ended: {end}", end=_X),
    sentence("enrolment suspended on {on}: {because}", on=_X, because=_X),
    sentence("resumed on {on}", on=_X),
    sentence("its day passed while nothing ran"),
    sentence("late after an outage: its date is past"),
    sentence("late after an outage: one message of a kind and three in all are enough"),
    sentence("late after an outage: told in the message of {on}", on=_X),
    sentence("late after a hold: its date is past"),
    sentence("late after a hold: one message of a kind and three in all are enough"),
    sentence("late after a hold: told in the message of {on}", on=_X),
    sentence("discarded by {person}: {because}", person=_X, because=_X),
    sentence("no address for this person"),
    sentence("the addressee's data were erased"),
    sentence("nobody answers for this cooperative by mail any more"),
    sentence("{person} does not hold this role any more", person=_X),
    sentence("nothing left to tell"),
    sentence("may have left after this copy was made"),
    sentence("a coach follows it now"),
    sentence("told by telephone"),
    sentence("the enrolment goes on"),
    sentence("told by telephone by {person} on {on}", person=_X, on=_X),
    sentence("the reader no longer wants reminders long before a date"),
    sentence("twice handed over without an answer: look for its Message-ID at the mail server"),
    sentence("its row cannot be read: its facts were altered"),
    sentence("parked after {tries} tries", tries=_X),
    sentence("address refused by the server ({answer})", answer=_X),
    sentence("message refused by the server ({answer})", answer=_X),
    sentence("came back ({answer})", answer=_X),
    sentence("cannot be made into a message: {problem}", problem=_X),
    sentence("cannot be said in the message of the day: {problem}", problem=_X),
    sentence("the contact changes on {on}", on=_X),
    sentence("the contact ended on {on}", on=_X),
    sentence("the contact was corrected"),
    sentence("{person} leaves on {on}: {because}", person=_X, on=_X, because=_X),
    sentence("{person} leaves on {on}", person=_X, on=_X),
    sentence("{person} follows {code} from {on}", person=_X, code=_X, on=_X),
    sentence("transferred to {delegation} on {on}", delegation=_X, on=_X),
    sentence("{module} was attended after all", module=_X),
    sentence("the fiscal year ends on {day} now", day=_X),
    sentence("the start has moved to {on}", on=_X),
    sentence("the start has moved"),
    sentence("not part of {because}", because=_X),
    sentence("moved to {on} by {because}", on=_X, because=_X),
    sentence("done otherwise by {because}", because=_X),
    sentence("version {version} of the programme", version=_X),
    sentence("version {version} of {programme}", version=_X, programme=_X),
    sentence("measured again on {on}", on=_X),
    sentence("the plan was drafted on {on} and stays", on=_X),
    sentence("the weakest axes of {checkpoint}", checkpoint=_X),
    sentence("not selected"),
    sentence("asked"),
)


def reason_said(text: str) -> Sentence | str:
    """Return a stored reason as a sentence that can be translated; one that we did not write, as it is."""
    for pattern, template in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return Sentence(template, {name: _fact(name, value) for name, value in found.groupdict().items()})
    return text


def _fact(name: str, value: str) -> Sentence | Bilingual | str:
    if name in WORDS:
        return WORDS[name].get(value, value)
    if name == "rule":
        return _rule(value)
    if name == "name":
        return holiday_said(value)
    return reason_said(value) if name in {"because", "cause"} else value


def _rule(text: str) -> Sentence | str:
    """Return a date rule in words; what is none, as it is."""
    try:
        return rule_said(read_timing(text))
    except ValueError:
        return text


SHAPES: Final = {"day": r"[\d/-]+", "cause": r"(?:in a? ?closed |a holiday |a week-end).*"}
"""What a fact looks like, where any words at all would take a person's own sentence for one of ours."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what recognises each reason, the most telling first: the one with the most letters of its own."""
    templates = sorted((one.template for one in REASONS), key=_letters, reverse=True)
    return tuple((re.compile(_pattern(template), re.DOTALL), template) for template in templates)


def _letters(template: str) -> int:
    return len(re.sub(r"\{\w+\}", "", template))


def _pattern(template: str) -> str:
    pieces = re.split(r"\{(\w+)\}", template)
    return "".join(
        f"(?P<{piece}>{SHAPES.get(piece, '.+?')})" if odd % 2 else re.escape(piece) for odd, piece in enumerate(pieces)
    )
