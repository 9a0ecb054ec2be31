"""From a notice's frozen facts to its subject, text and HTML, in the reader's language or in both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import UndefinedError
from markupsafe import Markup

from notifications.errors import MissingFact, UnusableFact
from notifications.filters import FSI, PDI, paragraphs
from notifications.grouping import Group, by_cooperative
from notifications.kinds import BOTH, COOPERATIVE_KINDS, DIGESTS, IN_TURN, KINDS, LANGUAGES, READINGS, SUBJECT_LENGTH
from notifications.own_words import OWN_TEXT, OwnText, own_words
from notifications.sources import (
    FOLDER,
    environment_of,
    facts_of,
    layout_version,
    refuse_unknown,
    sources_of,
    template_version,
)

__all__ = [
    "COOPERATIVE_KINDS",
    "DIGESTS",
    "KINDS",
    "LANGUAGES",
    "READINGS",
    "Group",
    "Rendered",
    "by_cooperative",
    "environment_of",
    "facts_of",
    "render",
    "script",
    "template_version",
    "version_of",
]

NAMES: Final = "cooperative_in"
"""The fact that holds a cooperative's name in each language, for those who read both."""


@dataclass(frozen=True)
class Rendered:
    """One message, ready for a channel; ``template_version`` says which sources made it."""

    subject: str
    text: str
    html: str
    language: str
    template_version: str


class Words(Protocol):
    """What a kind of notice says in one language: the programme's own templates, or a cohort's own text."""

    def check(self, facts: Mapping[str, object]) -> None:
        """Refuse facts that lack a name."""

    def line(self, facts: Mapping[str, object], *, signed: bool = True) -> str:
        """Return the subject."""

    def sentences(self, facts: Mapping[str, object]) -> str:
        """Return the plain body, without greeting and footer."""

    def preview(self, facts: Mapping[str, object]) -> Markup:
        """Return what a list of mails shows beside the subject."""

    def message(self, facts: Mapping[str, object]) -> Markup:
        """Return the body of the page, without greeting, button and footer."""

    def whole_text(self, facts: Mapping[str, object]) -> str:
        """Return the plain text as it is sent."""

    def whole_html(self, facts: Mapping[str, object]) -> str:
        """Return the page as it is sent."""


def render(kind: str, language: str, facts: Mapping[str, object], *, folder: Path = FOLDER) -> Rendered:
    """Return the notice's message; a missing or unusable fact is refused, so render when you promise.

    ``language`` is `fr`, `ar` or `both`: one message that says it in Arabic, then in French. A
    cohort's own text comes among the facts, under ``OWN_TEXT``. ``folder`` has the templates: ours,
    unless others are checked.
    """
    own = _own(facts)
    words = _words(kind, language, own, folder)
    with _refusals(kind, language):
        for one, said in words.items():
            said.check(facts_in(one, facts))
        subject, text, html = _both(words, facts, folder) if language == BOTH else _alone(words[language], facts)
    return Rendered(subject, text, html, language, version_of(kind, language, own))


def script(kind: str, language: str, facts: Mapping[str, object]) -> str:
    """Return the sentences that a coach says on the phone: the plain body, without greeting and footer.

    In both languages they are two passages, an empty line between them; the coach reads the one that is needed.
    """
    words = _words(kind, language, _own(facts))
    with _refusals(kind, language):
        for one, said in words.items():
            said.check(facts_in(one, facts))
        return "\n\n".join(said.sentences(facts_in(one, facts)) for one, said in words.items())


def version_of(kind: str, language: str, own: OwnText | None = None) -> str:
    """Return which sources make a message: the templates' digest, or "own text@layout" where a cohort has its own."""
    return f"{own.version}@{layout_version(language)}" if own else template_version(kind, language)


def facts_in(language: str, facts: Mapping[str, object]) -> Mapping[str, object]:
    """Return the facts for one of two languages: the cooperative's name is the one that it has there."""
    names: Any = facts.get(NAMES)
    return {**facts, "cooperative": names[language]} if names else facts


def _own(facts: Mapping[str, object]) -> OwnText | None:
    own = facts.get(OWN_TEXT)
    return own if isinstance(own, OwnText) else None


def _words(kind: str, reading: str, own: OwnText | None, folder: Path = FOLDER) -> dict[str, Words]:
    refuse_unknown(kind, reading)
    found: dict[str, Words] = {}
    for language in IN_TURN[reading]:
        found[language] = own_words(kind, language, own) if own else sources_of(kind, language, folder)
    return found


def _alone(words: Words, facts: Mapping[str, object]) -> tuple[str, str, str]:
    return words.line(facts), words.whole_text(facts), words.whole_html(facts)


def _both(words: Mapping[str, Words], facts: Mapping[str, object], folder: Path) -> tuple[str, str, str]:
    """Return subject, text and page in two languages, with one button and one footer."""
    own = {language: facts_in(language, facts) for language in words}
    texts = {one: {"sentences": said.sentences(own[one]), **_name(own[one])} for one, said in words.items()}
    pages = {
        one: {"preview": said.preview(own[one]), "message": said.message(own[one]), **_name(own[one])}
        for one, said in words.items()
    }
    text = environment_of(BOTH, "txt", folder).get_template("_layout/both/body.txt.jinja")
    html = environment_of(BOTH, "html", folder).get_template("_layout/both/body.html.jinja")
    return _subject(words, own), paragraphs(text.render(facts, said=texts)), html.render(facts, said=pages)


def _name(facts: Mapping[str, object]) -> dict[str, object]:
    return {"cooperative": facts["cooperative"]}


def _subject(words: Mapping[str, Words], facts: Mapping[str, Mapping[str, object]]) -> str:
    """Return both subjects where they fit in one, without the name; else the Arabic one with it."""
    first, second = (said.line(facts[one], signed=False) for one, said in words.items())
    pair = f"{first} | {FSI}{second}{PDI}"
    return pair if len(pair) <= SUBJECT_LENGTH else words["ar"].line(facts["ar"])


@contextmanager
def _refusals(kind: str, language: str) -> Iterator[None]:
    try:
        yield
    except UndefinedError as error:
        names = re.findall(r"'([^']*)'", error.message or "")
        raise MissingFact(kind=kind, language=language, fact=names[-1] if names else "?") from error
    except KeyError as error:
        raise MissingFact(kind=kind, language=language, fact=error.args[0]) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise UnusableFact(kind=kind, language=language, problem=str(error)) from error
