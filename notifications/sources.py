"""The templates of the notices: found, compiled once, and asked for what they say of a set of facts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, UndefinedError
from jinja2.meta import find_undeclared_variables
from markupsafe import Markup

import templates
from notifications import compiled
from notifications.errors import UnknownNotice
from notifications.filters import UNSIGNED, Ask, Form, filters, isolator, one_line, paragraphs
from notifications.grouping import is_late
from notifications.kinds import BOTH, IN_TURN, KINDS, LANGUAGES, READINGS
from notifications.stencil_shelf import Stencils
from notifications.stencils import Render, ask_about_all, cuttable

FOLDER: Final = Path(templates.__file__).parent / "emails"
PARTS: Final[Mapping[str, Form]] = {"subject.txt": "txt", "body.txt": "txt", "body.html": "html"}
SAID: Final = frozenset({"said", "own_preview", "own_message", "own_sentences"})
"""What we put into the layouts ourselves: no facts of a notice."""
OUR_OWN: Final = frozenset({UNSIGNED, "refuse_url"})
"""What we may add to the facts of one message."""
_SIDES: Final = {"fr": "left", "ar": "right"}

Facts = Mapping[str, object]
Way = Literal["plain", "filling", "cutting"]


@dataclass(frozen=True)
class Sources:
    """A notice's compiled templates in one language, and the facts that they ask for."""

    subject: Template
    text: Template
    html: Template
    facts: frozenset[str]
    said: Mapping[str, Stencils]
    """What each part says, cut into a stencil once it has been said a few times."""

    def check(self, facts: Facts) -> None:
        """Refuse facts that lack a name, also where this cooperative's case would not have said it."""
        refuse_missing(self.facts, facts)

    def line(self, facts: Facts, *, signed: bool = True) -> str:
        """Return the subject: with as much of the cooperative's name as there is room for, or without it."""
        return one_line(self.said["subject.txt"].say(facts if signed else {**facts, UNSIGNED: True}))

    def sentences(self, facts: Facts) -> str:
        """Return the plain body, without greeting and footer."""
        return paragraphs(_block(self.text, "sentences", facts)).strip()

    def preview(self, facts: Facts) -> Markup:
        """Return what a list of mails shows beside the subject."""
        return Markup(_block(self.html, "preview", facts))  # noqa: S704 - our own template, which escapes

    def message(self, facts: Facts) -> Markup:
        """Return the body of the page, without greeting, button and footer."""
        return Markup(_block(self.html, "message", facts))  # noqa: S704 - our own template, which escapes

    def whole_text(self, facts: Facts) -> str:
        """Return the plain text as it is sent."""
        return paragraphs(self.said["body.txt"].say(facts))

    def whole_html(self, facts: Facts) -> str:
        """Return the page as it is sent."""
        return self.said["body.html"].say(facts)


def _block(template: Template, name: str, facts: Facts) -> str:
    return "".join(template.blocks[name](template.new_context(dict(facts))))


def refuse_missing(wanted: frozenset[str], facts: Facts) -> None:
    """Refuse facts that lack a wanted name, as Jinja would."""
    missing = sorted(wanted - facts.keys())
    if missing:
        raise UndefinedError(f"'{', '.join(missing)}' is undefined")


@cache
def sources_of(kind: str, language: str, folder: Path = FOLDER) -> Sources:
    """Return a notice's templates in one language, compiled; an unknown kind or language is refused."""
    refuse_unknown(kind, language, LANGUAGES)
    asked = facts_of(kind, language, folder)
    subject, text, html = (_template(kind, language, part, folder) for part in PARTS)
    drawn = {part: partial(_drawn, kind, language, part, folder) for part in PARTS}
    said = {
        part: Stencils(template.render, drawn[part], PARTS[part], asked | OUR_OWN)
        for part, template in zip(PARTS, (subject, text, html), strict=True)
    }
    return Sources(subject, text, html, asked, said)


def _template(kind: str, language: str, part: str, folder: Path, way: Way = "filling") -> Template:
    environment = environment_of(language, PARTS[part], folder, way)
    return environment.get_template(f"{kind}/{language}/{part}.jinja")


def _drawn(kind: str, language: str, part: str, folder: Path) -> Render:
    return _template(kind, language, part, folder, "cutting").render


def refuse_unknown(kind: str, reading: str, readings: Sequence[str] = READINGS) -> None:
    """Refuse a kind or a language that no notice has."""
    if kind not in KINDS or reading not in readings:
        raise UnknownNotice(kind=kind, language=reading)


def facts_of(kind: str, reading: str, folder: Path = FOLDER) -> frozenset[str]:
    """Return the names of the facts that the notice's sources, layout included, ask for."""
    return _facts_in(_files(kind, reading, folder), folder)


def layout_facts(reading: str) -> frozenset[str]:
    """Return the names of the facts that the layout alone asks for: greeting, button and footer."""
    return _facts_in(layout_files(reading), FOLDER)


def _facts_in(files: Sequence[Path], folder: Path) -> frozenset[str]:
    found = frozenset[str]().union(*(_undeclared(source, folder) for source in files))
    return found - environment_of(BOTH, "html", folder).globals.keys() - SAID


@cache
def _undeclared(source: Path, folder: Path) -> frozenset[str]:
    """Return the names that one file takes from elsewhere: the layout's files are the same for every kind."""
    environment = environment_of(BOTH, "html", folder)
    return compiled.names_in(source.read_text("utf-8"), lambda text: find_undeclared_variables(environment.parse(text)))


def _files(kind: str, reading: str, folder: Path = FOLDER) -> list[Path]:
    own = [_in(folder / kind / language) for language in IN_TURN[reading]]
    return layout_files(reading, folder) + [source for sources in own for source in sources]


def layout_files(reading: str, folder: Path = FOLDER) -> list[Path]:
    """Return the files that every message of a reading is laid out with."""
    layout = folder / "_layout"
    folders = [layout, *(layout / language for language in IN_TURN[reading])]
    return [source for one in (*folders, *([layout / BOTH] if reading == BOTH else [])) for source in _in(one)]


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jinja"))


@cache
def template_version(kind: str, reading: str) -> str:
    """Return 12 hexadecimal digits over the notice's sources and the layout's; any edit changes them."""
    refuse_unknown(kind, reading)
    return digest_of(_files(kind, reading))


@cache
def layout_version(reading: str) -> str:
    """Return the same over the layout alone, which also frames a cohort's own text."""
    return digest_of([*layout_files(reading), *_in(FOLDER / "_layout" / "own")])


def digest_of(files: Sequence[Path]) -> str:
    """Return 12 hexadecimal digits over the names and the contents of these files."""
    digest = hashlib.sha256()
    for source in files:
        digest.update(source.relative_to(FOLDER).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@cache
def environment_of(language: str, form: Form, folder: Path = FOLDER, way: Way = "plain") -> Environment:
    """Return the Jinja environment of one language and form: its filters know how to isolate and how to say dates.

    The words of the language's layout are at hand in every template as ``say``, the form's pieces
    as ``part``. In the environment of both languages ``say`` is Arabic, and ``fr`` has the French words.
    One for ``cutting`` says the same, and can be asked about stand-ins; one for ``filling`` says by stencils
    what a message of the day tells of each cooperative.
    """
    own = IN_TURN[language][0] if language in IN_TURN else language
    environment = Environment(
        loader=FileSystemLoader([folder, folder / "_layout" / own]),
        undefined=StrictUndefined,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=compiled.shelf(language, form),
        auto_reload=False,  # a running engine keeps the version that it has announced
    )
    environment.globals.clear()  # a fact named like one of Jinja's own globals would pass unseen
    environment.globals.update(language=own, rtl=own == "ar", side=_SIDES[own])
    environment.globals["refuse_url"] = None  # only what may be refused has one, and it is no promised fact
    environment.tests["late"] = is_late
    ask: Ask = cuttable if way == "cutting" else lambda say: say
    if way == "cutting":
        ask_about_all(environment)
    environment.filters.update(filters(own, isolator(own, form), ask))
    environment.globals["told"] = _telling(environment, partial(environment_of, language, form, folder), way, form)
    environment.globals["say"] = environment.get_template("words.jinja").module
    environment.globals["part"] = environment.get_template(f"_layout/parts.{form}.jinja").module
    if language == BOTH:
        environment.globals["fr"] = environment_of("fr", form, folder, way).globals["say"]
    return environment


def _telling(environment: Environment, another: Callable[[Way], Environment], way: Way, form: Form) -> Any:
    """Return what says, in a message of the day, what there is about one cooperative."""

    def plainly(group: object) -> str:
        return _macro(environment, group)

    if way != "filling":
        return plainly
    stencils = Stencils(
        plainly, lambda: partial(_macro, another("cutting")), form, ("brief", "cooperative", "entries", "phone")
    )
    as_said: Callable[[str], str] = Markup if form == "html" else str
    return lambda group: as_said(stencils.say(vars(group)))


def _macro(environment: Environment, group: object) -> str:
    parts: Any = environment.globals["part"]
    said: str = parts.told_of(group)
    return said
