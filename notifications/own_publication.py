"""Checks a cohort's own text before anybody reads it, with the samples and with the cohort's own names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from notifications.kinds import BOTH, LANGUAGES, READINGS, SUBJECT_LENGTH
from notifications.own_words import (
    BODY_SOURCE,
    OWN_TEXT,
    SUBJECT_SOURCE,
    OwnText,
    own_words,
    unsafe,
    unsaid_dates,
    variables,
)
from notifications.publication import Finding
from notifications.rendering import NAMES, render
from notifications.samples import NAMED, every_case, sample_facts
from notifications.scrutiny import KEY_DATES, remarks
from programme.counts import too_long
from programme.errors import Refusal
from programme.wording import Sentence, sentence

_NOT_OFFERED: Final = frozenset({"privacy_contact", "items"})
DATES: Final = frozenset({"start_on", "end_on", "due_on", "on", "was_on", "decided_on", "resumed_on"})
"""The facts that are dates, stored year-month-day."""


def offered(kind: str) -> dict[str, Any]:
    """Return the variables that a text of a kind may say, each with an example."""
    return {name: value for name, value in sample_facts(kind).items() if name not in _NOT_OFFERED}


def check_own(kind: str, own: OwnText, people: Iterable[Mapping[str, object]] = ()) -> list[Finding]:
    """Return what keeps a text from being published.

    ``people`` are the facts of the cohort's cooperatives that every message carries: names are
    tried as they are. A text that cannot be read is not rendered.
    """
    found = [finding for language in LANGUAGES for finding in _read(kind, own, language)]
    found = found or list(_languages_differ(kind, own))
    return found or [*_rendered(kind, own), *_with_people(kind, own, people)]


def _read(kind: str, own: OwnText, language: str) -> Iterator[Finding]:
    subject, body = own.of(language)
    for part, source, most in (("subject", subject, SUBJECT_SOURCE), ("body", body, BODY_SOURCE)):
        where = f"{kind}/{language}/{part}"
        if not source.strip():
            yield Finding(kind, language, where, sentence("this part is missing or empty"))
        faults = unsafe(source, language, most)
        yield from (Finding(kind, language, f"{where}:{fault.line}", fault.what) for fault in faults)
        if not faults:
            yield from (Finding(kind, language, f"{where}:{line}", what) for line, what in _variables(kind, source))


def _variables(kind: str, source: str) -> Iterator[tuple[int, Sentence]]:
    known = offered(kind)
    for name, line in variables(source).items():
        if name not in known:
            what = sentence("the variable {name} is unknown: use {known}", name=name, known=", ".join(sorted(known)))
            yield line, what
    for line, name in unsaid_dates(source, DATES):
        yield line, sentence("{name} is a date: write {{{{ {name} | date }}}}", name=name)


def _languages_differ(kind: str, own: OwnText) -> Iterator[Finding]:
    used = {language: [variables(part) for part in own.of(language)] for language in LANGUAGES}
    for one, other in (LANGUAGES, LANGUAGES[::-1]):
        for part, mine, theirs in zip(("subject", "body"), used[one], used[other], strict=True):
            for name in sorted(mine.keys() - theirs.keys()):
                what = sentence("{name} is said here and not in {other}", name=name, other=f"{kind}/{other}/{part}")
                yield Finding(kind, one, f"{kind}/{one}/{part}:{mine[name]}", what)
        name = KEY_DATES[kind]
        if name not in used[one][1]:
            what = sentence(
                "it does not say {name}, the date that it is about: write {{{{ {name} | date }}}}", name=name
            )
            yield Finding(kind, one, f"{kind}/{one}/body", what)


def _rendered(kind: str, own: OwnText) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for reading in READINGS:
        for facts in every_case(kind):
            for where, what in _remarks(kind, reading, {**facts, OWN_TEXT: own}):
                if (where, str(what)) not in seen:
                    seen.add((where, str(what)))
                    yield Finding(kind, reading, where, what)
    for language in LANGUAGES:
        yield from _cut(kind, language, own)


def _remarks(kind: str, reading: str, facts: Mapping[str, object]) -> Iterator[tuple[str, Sentence]]:
    try:
        mail = render(kind, reading, {**facts, NAMES: NAMED} if reading == BOTH else facts)
    except Refusal as refusal:
        yield f"{kind}/{reading}", _unsaid(facts) or sentence(refusal.template(), **refusal.facts)
        return
    for part, what in remarks(kind, mail, facts):
        yield f"{kind}/{reading}/{part.partition('.')[0]}", what


def _unsaid(facts: Mapping[str, Any]) -> Sentence | None:
    """Say which variable is not always known, where that is why a text cannot be said."""
    own: OwnText = facts[OWN_TEXT]
    named = {name for language in LANGUAGES for part in own.of(language) for name in variables(part)}
    unknown = next((name for name in sorted(named) if facts.get(name) is None), None)
    if unknown is None:
        return None
    return sentence("{name} is not always known: put what says it in {{% if {name} %}} … {{% endif %}}", name=unknown)


def _cut(kind: str, language: str, own: OwnText) -> Iterator[Finding]:
    """Say that a subject would be cut with names and titles of usual length; very long ones are cut for everybody."""
    length = len(own_words(kind, language, own).bare_line(sample_facts(kind)))
    if length > SUBJECT_LENGTH:
        what = too_long(length, SUBJECT_LENGTH)
        yield Finding(kind, language, f"{kind}/{language}/subject", what)


def _with_people(kind: str, own: OwnText, people: Iterable[Mapping[str, object]]) -> Iterator[Finding]:
    for facts in people:
        reading = str(facts.get("language", "fr"))
        try:
            render(kind, reading, {**sample_facts(kind), **facts, OWN_TEXT: own})
        except Refusal as refusal:
            where = f"{kind}/{reading} ({facts.get('code', '')})"
            yield Finding(kind, reading, where, sentence(refusal.template(), **refusal.facts))
