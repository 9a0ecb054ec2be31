"""Says why a text is not YAML: what is wrong and what to do, never in the reading library's own English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml

from programme.wording import Sentence, sentence

_DAY = re.compile(r"\b(\d{4})-(\d\d?)-(\d\d?)\b")


@dataclass(frozen=True)
class Flaw:
    """What is wrong in a definition's file, and where (line and column count from 1)."""

    line: int
    column: int
    message: Sentence


KNOWN: Mapping[str, Sentence] = {
    r"found character '\t'": sentence("a tab stands where YAML wants spaces: write spaces in its place"),
    "found character": sentence("a text cannot begin with this character: put the text between quotes"),
    "mapping values are not allowed": sentence(
        "a colon stands where none may: put the text with the colon between quotes, or mend the indent above"
    ),
    "found unexpected end of stream": sentence("a quote is opened and never closed: close it"),
    "expected ',' or": sentence("a bracket is opened and not closed here: close it, or put a comma between the items"),
    "expected <block end>": sentence(
        "this does not go on from the lines above: mend its indent, or the quotes before it"
    ),
    "could not find expected ':'": sentence("a word stands here without its colon: write the word, a colon, its value"),
    "could not determine a constructor": sentence("a word that begins with ! cannot be used here: take it out"),
    "found undefined alias": sentence("a text that begins with * must stand between quotes: add them"),
    "special characters": sentence("a character that no text may have stands here: delete it"),
}
"""What is said of each beginning of the library's words; of any other, `OTHER`."""
OTHER = sentence("this is not YAML: look for a missing quote or a wrong indent")


def yaml_flaw(text: str, error: Exception) -> Flaw:
    """Return where YAML gave up, and why."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Flaw(line, column, _said(error.problem or ""))
    if isinstance(error, yaml.reader.ReaderError):
        return Flaw(*_place(text, int(error.position)), _said(error.reason))
    return _no_such_day(text)


def _said(problem: str) -> Sentence:
    return next((said for words, said in KNOWN.items() if problem.startswith(words)), OTHER)


def _no_such_day(text: str) -> Flaw:
    """Find a day that does not exist: YAML tells it without its place."""
    for written in _DAY.finditer(text):
        try:
            date(*map(int, written.groups()))
        except ValueError:
            said = sentence("{day} is no day of the calendar: correct it", day=written[0])
            return Flaw(*_place(text, written.start()), said)
    return Flaw(1, 1, OTHER)


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
