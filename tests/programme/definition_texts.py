"""The shipped definition's text, edited to be wrong, and the places in it."""

from __future__ import annotations

import pytest

from programme.definition_file import DefinitionRefused, Flaw, read_definition, shipped_text

TEXT = shipped_text()
SPREAD = TEXT.replace("        minutes: 80\n", "        minutes: 80\n        spread_days: 2\n")
"""The shipped definition with a coach's visits shared out over two days; of rank 0 it plans the same."""


def edited(*changes: tuple[str, str]) -> str:
    """Return the shipped text with each first word, there once, replaced by the second."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, (text.count(old), old)
        text = text.replace(old, new)
    return text


def flaws_of(text: str) -> tuple[Flaw, ...]:
    """Return all that is refused in a text."""
    with pytest.raises(DefinitionRefused) as refusal:
        read_definition(text)
    return refusal.value.flaws


def place(text: str, before: str, word: str) -> tuple[int, int]:
    """Return line and column, from 1, of the first ``word`` after ``before``."""
    at = text.index(word, text.index(before) + len(before))
    lines = text[:at].split("\n")
    return len(lines), len(lines[-1]) + 1


def told(text: str) -> list[tuple[tuple[int, int], str]]:
    """Return place and sentence of each flaw."""
    return [((flaw.line, flaw.column), str(flaw.message)) for flaw in flaws_of(text)]
