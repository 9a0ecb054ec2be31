"""Sentences that people read: kept apart from their facts, so that they can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["fr", "ar"]
"""The two languages of the programme's own texts; `both` is a contact's choice, not a text's."""
Reading = Literal["fr", "ar", "both"]
"""How a contact wants to read: in one language, or in both in one message, Arabic first."""


def untranslated(template: str) -> str:
    """Leave a sentence in its source English: the translation used by logs and by tests."""
    return template


@dataclass(frozen=True)
class Sentence:
    """An English template (the catalogue's key) and the facts that fill its `{names}`."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def say(self, translate: Callable[[str], str] = untranslated) -> str:
        """Return the sentence in the language of ``translate`` (a gettext function)."""
        said = {
            key: value.say(translate) if isinstance(value, Sentence) else value for key, value in self.facts.items()
        }
        return translate(self.template).format(**said)

    def __str__(self) -> str:
        return self.say()


def sentence(template: str, /, **facts: object) -> Sentence:
    """Build a sentence; the first argument must be a literal, the catalogues are extracted from it."""
    return Sentence(template, facts)


class Bilingual(BaseModel):
    """A text of the programme itself, in French and in Arabic; both are required."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    fr: str = Field(min_length=1)
    ar: str = Field(min_length=1)

    def of(self, language: str) -> str:
        """Return the text in ``language``; anything but Arabic reads French."""
        return self.ar if language == "ar" else self.fr
