"""Sentences that people read: kept apart from their facts, so that they can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import c2py
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["fr", "ar"]
"""The two languages of the programme's own texts; `both` is a contact's choice, not a text's."""
Reading = Literal["fr", "ar", "both"]
"""How a contact wants to read: in one language, or in both in one message, Arabic first."""


def untranslated(template: str) -> str:
    """Leave a sentence in its source English: the translation used by logs and by tests."""
    return template


class Numbered(str):
    """A template in the singular that knows its plural and its number: a catalogue chooses among a language's forms."""

    plural: str
    number: int

    def __new__(cls, one: str, many: str, count: int) -> Numbered:
        """Take the forms for one and for any other number."""
        made = super().__new__(cls, one)
        made.plural, made.number = many, count
        return made

    def __getnewargs__(self) -> tuple[str, str, int]:  # type: ignore[override] # a text's own has one
        return str(self), self.plural, self.number

    def in_english(self) -> str:
        """Return the source's own form."""
        return str(self) if self.number == 1 else self.plural


@dataclass(frozen=True)
class Sentence:
    """An English template (the catalogue's key) and the facts that fill its `{names}`."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def say(self, translate: Callable[[str], str] = untranslated) -> str:
        """Return the sentence in the language of ``translate`` (a gettext function)."""
        said = {name: _said(value, translate) for name, value in self.facts.items()}
        template = translate(self.template)
        return (template.in_english() if isinstance(template, Numbered) else template).format(**said)

    def __str__(self) -> str:
        return self.say()


def _said(value: object, translate: Callable[[str], str]) -> object:
    """Return a fact as the reader reads it: sentences and the programme's own texts in their language."""
    if isinstance(value, Sentence):
        return value.say(translate)
    return value.of(translate(LANGUAGE.template)) if isinstance(value, Bilingual) else value


def sentence(template: str, /, **facts: object) -> Sentence:
    """Build a sentence; the first argument must be a literal, the catalogues are extracted from it."""
    return Sentence(template, facts)


LANGUAGE = sentence("en")
"""A catalogue's word for its own language: by it a sentence chooses among the programme's own texts."""


def counted(one: str, many: str, /, count: int, **facts: object) -> Sentence:
    """Build a sentence whose words follow ``{count}``; both forms are literals, Arabic has six of its own."""
    template = Numbered(one, many, count)
    return Sentence(template, {"count": count, **facts})


def recounted(words: Sentence, count: int, **facts: object) -> Sentence:
    """Return a sentence of `counted` again, for another number and with its facts."""
    template = words.template
    if isinstance(template, Numbered):
        template = Numbered(str(template), template.plural, count)
    return Sentence(template, {"count": count, **facts})


FORMS: Mapping[Language, tuple[int, str]] = {
    "fr": (2, "(n > 1)"),
    "ar": (6, "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)"),
}
"""How many forms a language has after a number, and which one a number takes, as catalogues write it."""


@cache
def form_of(language: Language) -> Callable[[int], int]:
    """Return what says which of a language's forms a number takes."""
    return c2py(FORMS[language][1])


@dataclass(frozen=True)
class Tally:
    """A text that follows a number and is kept in both languages: the forms of French, and the six of Arabic."""

    fr: tuple[str, str]
    ar: tuple[str, str, str, str, str, str]

    def of(self, language: Language, count: int) -> str:
        """Return the text for a number."""
        forms: tuple[str, ...] = self.ar if language == "ar" else self.fr
        return forms[form_of(language)(count)].format(count=count)


class Bilingual(BaseModel):
    """A text of the programme itself, in French and in Arabic; both are required."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    fr: str = Field(min_length=1)
    ar: str = Field(min_length=1)

    def of(self, language: str) -> str:
        """Return the text in ``language``; anything but Arabic reads French."""
        return self.ar if language == "ar" else self.fr
