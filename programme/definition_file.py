"""Reads a definition's YAML file; refuses a wrong one with line, column and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from programme.definition import Definition
from programme.definition_meaning import Path, nonsense
from programme.errors import Refusal
from programme.wording import Sentence, sentence
from programme.yaml_text import read_yaml


@dataclass(frozen=True)
class Flaw:
    """What is wrong in a definition's file, and where (line and column count from 1)."""

    line: int
    column: int
    message: Sentence


class DefinitionRefused(Refusal):
    """{name} does not check, nothing was stored: {count} to mend, first line {line}, column {column}: {message}"""

    def __init__(self, name: str, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(sorted(flaws, key=lambda flaw: (flaw.line, flaw.column)))
        first = self.flaws[0]
        super().__init__(name=name, count=len(flaws), line=first.line, column=first.column, message=first.message)


def read_definition(text: str, *, name: str = "the definition") -> Definition:
    """Return the definition written in ``text``; refused with all its flaws at once.

    What is written wrongly is told first, all of it; what makes no sense, once everything is well written.
    """
    node, content = _parse(text, name)
    doubled = list(_doubled_words(node, set()))
    try:
        definition = Definition.model_validate(content)
    except ValidationError as error:
        raise DefinitionRefused(name, doubled + [_shape_flaw(node, item) for item in error.errors()]) from error
    flaws = doubled + [Flaw(*_mark(node, path), message) for path, message in nonsense(definition)]
    if flaws:
        raise DefinitionRefused(name, flaws)
    return definition


def content_hash(text: str) -> str:
    """Return what identifies a version's text: its SHA-256, line ends made alike."""
    return hashlib.sha256(text.replace("\r\n", "\n").strip().encode()).hexdigest()


@lru_cache(maxsize=1)
def shipped_text() -> str:
    """Return the text of the definition that comes with the program."""
    return files("programme").joinpath("definitions/mourafaka.yaml").read_text(encoding="utf-8")


def _parse(text: str, name: str) -> tuple[yaml.Node, object]:
    """Return what is written, once with its places and once as plain values."""
    try:
        node, content = read_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        raise DefinitionRefused(name, [_yaml_flaw(text, error)]) from error
    if node is None:
        raise DefinitionRefused(name, [Flaw(1, 1, sentence("the file is empty: start from the one shipped"))])
    return node, content


def _yaml_flaw(text: str, error: Exception) -> Flaw:
    """Return where YAML gave up; a date that does not exist comes without its place."""
    line, column, problem = 1, 1, str(error)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or str(error)
    elif isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = error.reason
    return Flaw(
        line,
        column,
        sentence("this is not YAML ({problem}): look for a missing quote or a wrong indent", problem=problem),
    )


def _doubled_words(node: yaml.Node, seen: set[int]) -> Iterator[Flaw]:
    """Yield the words written twice in one place: YAML would silently keep the last."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _doubled_words(item, seen)
    if isinstance(node, yaml.MappingNode):
        words: set[object] = set()
        for word, value in node.value:
            written = str(word.value)
            if written in words:
                yield Flaw(*_place(word), sentence("{word} is written twice here: keep one of them", word=written))
            words.add(written)
            yield from _doubled_words(value, seen)


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _mark(node: yaml.Node, path: Path, *, of_word: bool = False) -> tuple[int, int]:
    """Return line and column of what ``path`` leads to, or of its nearest parent that is written.

    ``of_word`` gives the place of the last word itself rather than of its value.
    """
    word = node
    for key in path:
        found = _child(node, key)
        if found is None:
            return _place(node)
        word, node = found
    return _place(word if of_word else node)


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the word (for an item of a list: the item) and the value under ``key``."""
    if isinstance(node, yaml.MappingNode):
        return next(((word, value) for word, value in node.value if word.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


REMEDIES: Mapping[str, Sentence] = {
    "extra_forbidden": sentence("{where} is not a word of a definition: correct its spelling or take it out"),
    "missing": sentence("{where} is missing: add it"),
    "int_parsing": sentence("{where}: write a whole number"),
    "int_type": sentence("{where}: write a whole number"),
    "int_from_float": sentence("{where}: write a whole number"),
    "bool_parsing": sentence("{where}: write true or false"),
    "bool_type": sentence("{where}: write true or false"),
    "greater_than_equal": sentence("{where}: write {ge} or more"),
    "less_than_equal": sentence("{where}: write {le} or less"),
    "literal_error": sentence("{where}: write one of {expected}"),
    "string_type": sentence("{where}: write a text, between quotes if it is a number or a date"),
    "string_too_short": sentence("{where} is empty: write its text"),
    "string_pattern_mismatch": sentence("{where}: write Latin letters, digits and hyphens, a letter first"),
    "time_parsing": sentence('{where}: write the hour between quotes, such as "10:00"'),
    "tuple_type": sentence("{where}: write a list, each item after a hyphen"),
    "too_short": sentence("{where} is an empty list: write at least one item"),
    "model_type": sentence("{where}: write its parts here, each with its word and a colon"),
}
"""What to do about each kind of wrong writing; any other is told in the checking library's English."""


def _shape_flaw(node: yaml.Node, item: ErrorDetails) -> Flaw:
    path: Path = tuple(item["loc"])
    facts = {"where": ".".join(str(part) for part in path) or sentence("the file"), **item.get("ctx", {})}
    kind = item["type"]
    if kind == "missing" and path[-1] in {"fr", "ar"}:
        message = sentence("{where} is missing: write the title in both languages, fr and ar", **facts)
    elif kind == "missing" and path[-1] == "gate":
        message = sentence("{where} is missing: a checkpoint needs a rule (requires, met, not_met)", **facts)
    elif kind in REMEDIES:
        message = Sentence(REMEDIES[kind].template, facts)
    else:
        problem = item["msg"].removeprefix("Value error, ")
        message = sentence("{where}: {problem}", where=facts["where"], problem=problem)
    return Flaw(*_mark(node, path, of_word=kind == "extra_forbidden"), message)
