"""Reads a definition's YAML file; refuses a wrong one with line, column and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from programme.definition import Definition
from programme.definition_meaning import Path, nonsense
from programme.errors import Refusal
from programme.wording import Sentence, sentence
from programme.yaml_flaws import Flaw, yaml_flaw
from programme.yaml_text import read_yaml, shipped

NAME = sentence("the definition")
"""What a definition is called that has no file of its own."""


class DefinitionRefused(Refusal):
    """{name} does not check, nothing was stored: {count} to mend, first line {line}, column {column}: {message}"""

    def __init__(self, name: str | Sentence, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(sorted(flaws, key=lambda flaw: (flaw.line, flaw.column)))
        first = self.flaws[0]
        super().__init__(name=name, count=len(flaws), line=first.line, column=first.column, message=first.message)


def read_definition(text: str, *, name: str | Sentence = NAME) -> Definition:
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


def shipped_text() -> str:
    """Return the text of the definition that comes with the program."""
    return shipped("mourafaka.yaml")


def _parse(text: str, name: str | Sentence) -> tuple[yaml.Node, object]:
    """Return what is written, once with its places and once as plain values."""
    try:
        node, content = read_yaml(text, is_ours=text == shipped_text())
    except (yaml.YAMLError, ValueError) as error:
        raise DefinitionRefused(name, [yaml_flaw(text, error)]) from error
    if node is None:
        raise DefinitionRefused(name, [Flaw(1, 1, sentence("the file is empty: start from the one shipped"))])
    return node, content


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
    "int_parsing_size": sentence("{where}: write a whole number"),
    "finite_number": sentence("{where}: write a whole number"),
    "date_rule": sentence(
        "{where}: “{text}” is not a date rule: write 'start + 3 months' or 'stage.step + 10 working days' "
        "(months, weeks, days, working days; at most 999 of each)"
    ),
    "time_type": sentence('{where}: write the hour between quotes, such as "10:00"'),
    "time_parsing": sentence('{where}: write the hour between quotes, such as "10:00"'),
    "tuple_type": sentence("{where}: write a list, each item after a hyphen"),
    "too_short": sentence("{where} is an empty list: write at least one item"),
    "model_type": sentence("{where}: write its parts here, each with its word and a colon"),
}
"""What to do about each kind of wrong writing."""
OTHERWISE = sentence("{where}: this cannot stand here: write it as the definition that comes with the program does")
"""What is said of any other kind: never the checking library's own English."""


def _shape_flaw(node: yaml.Node, item: ErrorDetails) -> Flaw:
    path: Path = tuple(item["loc"])
    facts = {"where": ".".join(str(part) for part in path) or sentence("the file"), **item.get("ctx", {})}
    kind = item["type"]
    if kind == "missing" and path[-1] in {"fr", "ar"}:
        message = sentence("{where} is missing: write the title in both languages, fr and ar", **facts)
    elif kind == "missing" and path[-1] == "gate":
        message = sentence("{where} is missing: a checkpoint needs a rule (requires, met, not_met)", **facts)
    else:
        if "expected" in facts:
            facts["expected"] = facts["expected"].replace(" or ", ", ")  # the checking library's own English
        message = Sentence(REMEDIES.get(kind, OTHERWISE).template, facts)
    return Flaw(*_mark(node, path, of_word=kind == "extra_forbidden"), message)
