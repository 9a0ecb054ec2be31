"""A cohort's own text of a kind: plain paragraphs with a few variables, framed by the programme's layout.

It is data, not a template of ours: only the constructs listed here are let through, before
anything is compiled, so that nothing in it can run long, reach into objects or write HTML.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from notifications.filters import FSI, PDI, Form, one_line, paragraphs, passages, shortened, sign
from notifications.kinds import SUBJECT_LENGTH
from notifications.sources import Facts, environment_of, layout_facts, refuse_missing
from programme.counts import too_long
from programme.texts_errors import TextNotPublishable
from programme.wording import Sentence, sentence

OWN_TEXT: Final = "own_text"
"""The name under which a cohort's own text comes among the facts; no template can ask for it."""
FILTERS: Final = (
    "date",
    "date_long",
    "date_short",
    "date_figures",
    "hour",
    "phone",
    "days",
    "in_days",
    "outcome",
    "named",
)
"""What a value can be said with; without one of them it is said as it is."""
SUBJECT_SOURCE: Final = 300
BODY_SOURCE: Final = 3000
"""Characters of the text as it is written."""
BODY_LENGTH: Final = 1500
"""Characters of the text as it is read: two screens of a telephone."""
DEEPEST: Final = 20
UNREAD: Final = sentence("it cannot be read here: look for a bracket that is not closed, or an `endif` too few")
TOO_DEEP: Final = sentence("it is nested too deeply: write it more simply")
_MARKS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LATIN: Final = re.compile(r"[0-9A-Za-zÀ-ÿ](?:[0-9A-Za-zÀ-ÿ%’'.,:/+\- ]*[0-9A-Za-zÀ-ÿ%])?")
_ARABIC: Final = re.compile("[\u0600-\u06ff](?:[\u0600-\u06ff ]*[\u0600-\u06ff])?")
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)


@dataclass(frozen=True)
class OwnText:
    """A cohort's own text of a kind, in both languages: (language, subject, body) each."""

    kind: str
    texts: tuple[tuple[str, str, str], ...]

    @property
    def version(self) -> str:
        """Return 12 hexadecimal digits over the kind and the texts: the same text is the same version."""
        said = "\0".join((self.kind, *(part for text in sorted(self.texts) for part in text)))
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def of(self, language: str) -> tuple[str, str]:
        """Return subject and body in a language."""
        return next((subject, body) for one, subject, body in self.texts if one == language)


@dataclass(frozen=True)
class OwnWords:
    """A cohort's own text of a kind in one language, compiled; it says what a kind's templates say."""

    language: str
    subject: Template
    text: Template
    html: Template
    facts: frozenset[str]
    signs: bool

    def check(self, facts: Facts) -> None:
        """Refuse facts that lack a name which the text or the layout asks for."""
        refuse_missing(self.facts, facts)

    def line(self, facts: Facts, *, signed: bool = True) -> str:
        """Return the subject, cut where it is too long; the name follows unless the text says it already."""
        line = self.bare_line(facts)
        if not (signed and self.signs):
            return shortened(line, SUBJECT_LENGTH)
        name: Any = facts["cooperative"]
        return sign(line, name, environment_of(self.language, "txt").filters["isolate"])

    def bare_line(self, facts: Facts) -> str:
        """Return the subject as it is written, however long."""
        return one_line(self.subject.render(in_language(self.language, facts)))

    def sentences(self, facts: Facts) -> str:
        """Return the paragraphs, an empty line between them."""
        return "\n\n".join(self._passages(self.text, facts))

    def preview(self, facts: Facts) -> Markup:
        """Return the first paragraph."""
        return self._pieces(facts)[0]

    def message(self, facts: Facts) -> Markup:
        """Return the paragraphs as the page has them."""
        template = _layout(self.language, "html")
        context = template.new_context({**facts, "own_message": self._pieces(facts)})
        return Markup("".join(template.blocks["message"](context)))  # noqa: S704 - our own template, which escapes

    def whole_text(self, facts: Facts) -> str:
        """Return the plain text as it is sent."""
        return paragraphs(_layout(self.language, "txt").render(facts, own_sentences=self.sentences(facts)))

    def whole_html(self, facts: Facts) -> str:
        """Return the page as it is sent."""
        pieces = self._pieces(facts)
        return _layout(self.language, "html").render(facts, own_preview=pieces[0], own_message=pieces)

    def _pieces(self, facts: Facts) -> list[Markup]:
        return [Markup(one) for one in self._passages(self.html, facts)]  # noqa: S704 - escaped when it was compiled

    def _passages(self, template: Template, facts: Facts) -> list[str]:
        said = [one_line(passage) for passage in passages(template.render(in_language(self.language, facts)))]
        length = sum(map(len, said))
        if not 0 < length <= BODY_LENGTH * (8 if template is self.html else 1):  # tags and escapes are not read
            raise ValueError(f"the text has {length} characters; it may have {BODY_LENGTH}, and not none")
        return said


def _layout(language: str, form: Form) -> Template:
    return environment_of(language, form).get_template(f"_layout/own/body.{form}.jinja")


def in_language(language: str, facts: Facts) -> dict[str, object]:
    """Return the facts as a cohort's own text may name them: what is in two languages is in this one."""
    return {name: _of(language, value) for name, value in facts.items() if name != OWN_TEXT}


def _of(language: str, value: object) -> object:
    if isinstance(value, Mapping) and value.keys() >= {"fr", "ar"}:
        return value[language]
    return value


@lru_cache(maxsize=256)  # a batch says the same text again and again
def own_words(kind: str, language: str, own: OwnText) -> OwnWords:
    """Return a cohort's own text in one language, compiled; refused when it holds what is not let through."""
    subject, body = own.of(language)
    for source, most in ((subject, SUBJECT_SOURCE), (body, BODY_SOURCE)):
        for fault in unsafe(source, language, most):
            raise TextNotPublishable(kind=kind, problem=fault.what)
    used = _variables(subject) | _variables(body)
    return OwnWords(
        language=language,
        subject=_compiled(subject, language, "txt"),
        text=_compiled(body, language, "txt"),
        html=_compiled(body, language, "html"),
        facts=frozenset(used) | layout_facts(language),
        signs="cooperative" not in _variables(subject),
    )


@dataclass(frozen=True)
class Fault:
    """What is wrong in a text, and on which of its lines."""

    line: int
    what: Sentence


def unsafe(source: str, language: str, most: int = BODY_SOURCE) -> list[Fault]:
    """Return what a text holds that is not let through, line by line; nothing of it is run."""
    if len(source) > most:
        return [Fault(1, too_long(len(source), most))]
    if found := _MARKS.search(source):
        line = source[: found.start()].count("\n") + 1
        return [
            Fault(line, sentence("it holds a character that cannot be seen ({code})", code=f"U+{ord(found[0]):04X}"))
        ]
    try:
        tree = _sandbox(language, "txt").parse(source)
        return [Fault(1, TOO_DEEP)] if _depth(tree) > DEEPEST else list(_faults(tree))
    except TemplateSyntaxError as error:
        return [Fault(error.lineno, UNREAD)]
    except (RecursionError, MemoryError):
        return [Fault(1, TOO_DEEP)]


def _depth(tree: nodes.Node) -> int:
    """Return how many constructs stand inside each other at most."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in node.iter_child_nodes()]
    return depth


def _faults(tree: nodes.Template) -> Iterator[Fault]:
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Filter):
            yield from _filter_faults(node)
        elif not isinstance(node, _ALLOWED):
            what = sentence(
                "`{construct}` is not for texts: use {{{{ variable }}}}, {{{{ variable | filter }}}} and {{% if %}}",
                construct=type(node).__name__.lower(),
            )
            yield Fault(node.lineno, what)


def _filter_faults(node: nodes.Filter) -> Iterator[Fault]:
    if node.name not in FILTERS:
        known = ", ".join(FILTERS)
        yield Fault(node.lineno, sentence("the filter {name} is unknown: use {known}", name=node.name, known=known))
    elif node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield Fault(node.lineno, sentence("the filter {name} takes nothing in brackets", name=node.name))


def variables(source: str) -> dict[str, int]:
    """Return the variables of a text, each with the line that names it first; the text must be readable."""
    found: dict[str, int] = {}
    for name in _sandbox("fr", "txt").parse(source).find_all(nodes.Name):
        found.setdefault(name.name, name.lineno)
    return found


def unsaid_dates(source: str, dates: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield the dates (line, name) that a text would show as they are stored, 2027-03-05."""
    for output in _sandbox("fr", "txt").parse(source).find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.Name) and node.name in dates:
                yield node.lineno, node.name


def _variables(source: str) -> set[str]:
    return find_undeclared_variables(_sandbox("fr", "txt").parse(source))


def _compiled(source: str, language: str, form: Form) -> Template:
    """Compile a text whose values are isolated; for the page, its own letters are escaped too."""
    sandbox = _sandbox(language, form)
    tree = sandbox.parse(source)
    for output in tree.find_all(nodes.Output):
        output.nodes = [_said(node, language, form) for node in output.nodes]
    return sandbox.from_string(tree)


def _said(node: nodes.Expr, language: str, form: Form) -> nodes.Expr:
    if isinstance(node, nodes.TemplateData):
        return nodes.TemplateData(_written(node.data, language, form), lineno=node.lineno)
    if isinstance(node, nodes.Filter):
        return node
    return nodes.Filter(node, "isolate", [], [], None, None, lineno=node.lineno)


def _written(text: str, language: str, form: Form) -> str:
    """Return the text's own letters: those of the other script isolated, and for the page escaped."""
    opens, closes = ("<bdi>", "</bdi>") if form == "html" else (FSI, PDI)
    plain = str(escape(text)) if form == "html" else text
    runs = _LATIN if language == "ar" else _ARABIC
    # An escape such as &amp; is Latin too, and no word.
    return re.sub(rf"&#?\w+;|({runs.pattern})", lambda one: f"{opens}{one[0]}{closes}" if one[1] else one[0], plain)


@cache
def _sandbox(language: str, form: Form) -> ImmutableSandboxedEnvironment:
    """Return where a cohort's own text is read: the values of its facts, the filters above, and nothing else."""
    layout = environment_of(language, form)
    say: Any = layout.globals["say"]
    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=form == "html", trim_blocks=True, lstrip_blocks=True
    )
    sandbox.globals.clear()
    sandbox.tests.clear()
    sandbox.filters.clear()
    known = ("isolate", "date_long", "date_short", "date_figures", "hour", "phone")
    sandbox.filters.update({name: layout.filters[name] for name in known})
    words: dict[str, Callable[..., Any]] = {"date": say.day, **{name: getattr(say, name) for name in FILTERS[-4:]}}
    sandbox.filters.update(words)
    return sandbox
