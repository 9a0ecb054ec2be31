"""Checks the programme's templates before anybody reads them: each finding says the file, the line and the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from notifications.filters import Form
from notifications.kinds import KINDS, LANGUAGES, READINGS
from notifications.rendering import render
from notifications.samples import NAMED, every_case, sample_facts
from notifications.scrutiny import remarks
from notifications.sources import FOLDER, PARTS, environment_of
from programme.errors import Refusal
from programme.wording import Sentence, sentence

Variables = Mapping[str, int]
"""Names, each with the line that asks for it first."""
_PUT_IN: Final = frozenset({"language", "rtl", "side", "say", "part", "refuse_url"})


@dataclass(frozen=True)
class Finding:
    """One thing that keeps a text from being published: where, and what."""

    kind: str
    language: str
    where: str
    what: Sentence

    def says(self) -> Sentence:
        """Return the finding in one sentence."""
        return sentence("{where}: {what}", where=self.where, what=self.what)


def check_templates(folder: Path = FOLDER, kinds: Sequence[str] = KINDS) -> list[Finding]:
    """Return what is wrong with the templates; they are rendered only where all of them can be read."""
    found = [finding for kind in kinds for finding in _of_kind(folder, kind)]
    return found or [finding for kind in kinds for finding in _rendered(folder, kind)]


def _of_kind(folder: Path, kind: str) -> list[Finding]:
    """Return what is wrong with each file of a kind, or else with them beside each other."""
    sources = {
        (language, part): _Source(folder, kind, language, part, form)
        for language in LANGUAGES
        for part, form in PARTS.items()
    }
    found = [finding for source in sources.values() for finding in source.findings()]
    return found or list(_unlike(kind, {place: source.variables() for place, source in sources.items()}))


def _unlike(kind: str, asked: Mapping[tuple[str, str], Variables]) -> Iterator[Finding]:
    """Yield the variables that one language says and the other does not, or text and page."""
    for part in PARTS:
        for one, other in (LANGUAGES, LANGUAGES[::-1]):
            yield from _differences(kind, one, part, asked[one, part], asked[other, part], other)
    for language in LANGUAGES:
        for part, other in (("body.txt", "body.html"), ("body.html", "body.txt")):
            yield from _differences(kind, language, part, asked[language, part], asked[language, other], other)


def _differences(
    kind: str, language: str, part: str, asked: Variables, others: Variables, other: str
) -> Iterator[Finding]:
    for name in sorted(asked.keys() - others.keys()):
        where = f"{kind}/{language}/{part}.jinja:{asked[name]}"
        yield Finding(kind, language, where, sentence("{name} is said here and not in {other}", name=name, other=other))


@dataclass(frozen=True)
class _Source:
    """One file of a notice."""

    folder: Path
    kind: str
    language: str
    part: str
    form: Form

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.language}/{self.part}.jinja"

    def text(self) -> str | None:
        path = self.folder / self.name
        return path.read_text("utf-8") if path.is_file() else None

    def environment(self) -> Environment:
        return environment_of(self.language, self.form, self.folder)

    def tree(self) -> nodes.Template | None:
        try:
            return self.environment().parse(self.text() or "")
        except TemplateSyntaxError:
            return None

    def variables(self) -> Variables:
        tree = self.tree()
        return {} if tree is None else _asked(tree, self.environment())

    def findings(self) -> Iterator[Finding]:
        text = self.text()
        if not (text or "").strip():
            yield self._finding(None, sentence("this part is missing or empty"))
            return
        try:
            tree = self.environment().parse(text or "")
        except TemplateSyntaxError as error:
            yield self._finding(error.lineno, sentence("it cannot be read ({problem})", problem=error.message))
            return
        yield from (self._finding(line, what) for line, what in _unknown(tree, self.environment()))
        for name, line in _asked(tree, self.environment()).items():
            if name not in sample_facts(self.kind):
                yield self._finding(line, sentence("nobody gives the variable {name}", name=name))

    def _finding(self, line: int | None, what: Sentence) -> Finding:
        return Finding(self.kind, self.language, self.name + (f":{line}" if line else ""), what)


def _unknown(tree: nodes.Template, environment: Environment) -> Iterator[tuple[int, Sentence]]:
    for one in tree.find_all(nodes.Filter):
        if one.name not in environment.filters:
            yield one.lineno, sentence("the filter {name} is unknown", name=one.name)
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            yield test.lineno, sentence("the test {name} is unknown", name=test.name)


def _asked(tree: nodes.Template, environment: Environment) -> Variables:
    try:
        names = find_undeclared_variables(tree) - environment.globals.keys() - _PUT_IN
    except TemplateSyntaxError:  # an unknown filter, which is said by its name
        return {}
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in names:
            lines[node.name] = min(node.lineno, lines.get(node.name, node.lineno))
    return lines


def _rendered(folder: Path, kind: str) -> Iterator[Finding]:
    """Yield what a reader would stumble over, each once, in all the cases and languages of a kind."""
    seen: set[tuple[str, str]] = set()
    for reading in READINGS:
        for facts in every_case(kind):
            for part, what in _remarks(folder, kind, reading, facts):
                where = f"{kind}/{reading}/{part}.jinja" if part else f"{kind}/{reading}"
                if (where, str(what)) not in seen:
                    seen.add((where, str(what)))
                    yield Finding(kind, reading, where, what)


def _remarks(folder: Path, kind: str, reading: str, facts: Mapping[str, object]) -> Iterator[tuple[str, Sentence]]:
    if reading == "both" and facts["cooperative"]:
        facts = {**facts, "cooperative_in": NAMED}
    try:
        mail = render(kind, reading, facts, folder=folder)
    except Refusal as refusal:
        yield "", sentence(refusal.template(), **refusal.facts)
        return
    yield from remarks(kind, mail, facts)
