"""From a notice's frozen facts to its subject, text and HTML, in the reader's language."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from babel.dates import format_date
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template, UndefinedError
from jinja2.meta import find_undeclared_variables
from markupsafe import Markup, escape

import templates
from notifications.errors import MissingFact, UnknownNotice, UnusableFact

COOPERATIVE_KINDS: Final = (
    "welcome",
    "step_reminder",
    "step_late",
    "meeting",
    "date_changed",
    "checkpoint_result",
    "certificate",
    "resumed",
)
DIGESTS: Final = ("coach_digest", "coordinator_digest", "delegate_digest")
KINDS: Final = COOPERATIVE_KINDS + DIGESTS
LANGUAGES: Final = ("fr", "ar")
SUBJECT_LENGTH: Final = 78
"""Characters: what RFC 5322 recommends for a line, and more than a phone shows."""

Form = Literal["txt", "html"]
_FOLDER: Final = Path(templates.__file__).parent / "emails"
_PARTS: Final[Mapping[str, Form]] = {"subject.txt": "txt", "body.txt": "txt", "body.html": "html"}
_LOCALES: Final = {"fr": "fr_MA", "ar": "ar_MA"}  # plain "ar" has other month names
_SIDES: Final = {"fr": "left", "ar": "right"}
_FSI, _PDI = "\u2068", "\u2069"
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# In a name they could turn the rest of the line around, or close our own isolate.
_DIRECTION_MARKS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES: Final = re.compile(r"[^\S\u00a0]+")  # no-break spaces stay: French puts them before a colon
_UNSAYABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANK_LINES: Final = re.compile(r"\n[ \t\n]*\n")


@dataclass(frozen=True)
class Rendered:
    """One message, ready for a channel; ``template_version`` says which sources made it."""

    subject: str
    text: str
    html: str
    language: str
    template_version: str


def render(kind: str, language: str, facts: Mapping[str, object]) -> Rendered:
    """Return the notice's message; a missing or unusable fact is refused, so render when you promise."""
    sources = _sources(kind, language)
    with _refusals(kind, language):
        sources.check(facts)
        return Rendered(
            subject=_one_line(sources.subject.render(facts)),
            text=_paragraphs(sources.text.render(facts)),
            html=sources.html.render(facts),
            language=language,
            template_version=sources.version,
        )


def script(kind: str, language: str, facts: Mapping[str, object]) -> str:
    """Return the sentences that a coach says on the phone: the plain body, without greeting and footer."""
    sources = _sources(kind, language)
    with _refusals(kind, language):
        sources.check(facts)
        context = sources.text.new_context(dict(facts))
        return _paragraphs("".join(sources.text.blocks["sentences"](context))).strip()


def template_version(kind: str, language: str) -> str:
    """Return 12 hexadecimal digits over the notice's sources and the layout's; any edit changes them."""
    return _sources(kind, language).version


@dataclass(frozen=True)
class _Sources:
    """A notice's compiled templates in one language, and the facts that they ask for."""

    subject: Template
    text: Template
    html: Template
    facts: frozenset[str]
    version: str

    def check(self, facts: Mapping[str, object]) -> None:
        """Refuse facts that lack a name, also where this cooperative's case would not have said it."""
        missing = sorted(self.facts - facts.keys())
        if missing:
            raise UndefinedError(f"'{', '.join(missing)}' is undefined")


@cache
def _sources(kind: str, language: str) -> _Sources:
    if kind not in KINDS or language not in LANGUAGES:
        raise UnknownNotice(kind=kind, language=language)
    subject, text, html = (
        environment_of(language, form).get_template(f"{kind}/{language}/{part}.jinja") for part, form in _PARTS.items()
    )
    return _Sources(subject, text, html, facts_of(kind, language), _digest(kind, language))


def facts_of(kind: str, language: str) -> frozenset[str]:
    """Return the names of the facts that the notice's sources, layout included, ask for."""
    environment = environment_of(language, "html")
    sources = (environment.parse(source.read_text("utf-8")) for source in _files(kind, language))
    return frozenset[str]().union(*map(find_undeclared_variables, sources)) - environment.globals.keys()


def _files(kind: str, language: str) -> list[Path]:
    folders = (_FOLDER / "_layout", _FOLDER / "_layout" / language, _FOLDER / kind / language)
    return [source for folder in folders for source in sorted(folder.glob("*.jinja"))]


def _digest(kind: str, language: str) -> str:
    digest = hashlib.sha256()
    for source in _files(kind, language):
        digest.update(source.relative_to(_FOLDER).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


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


@cache
def environment_of(language: str, form: Form) -> Environment:
    """Return the Jinja environment of one language and form: its filters know how to isolate and how to say dates.

    The words of the language's layout are at hand in every template as ``say``, the form's pieces as ``part``.
    """
    folders = ("emails", f"emails/_layout/{language}")
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("templates", folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a running engine keeps the version that it has announced
    )
    environment.globals.clear()  # a fact named like one of Jinja's own globals would pass unseen
    environment.globals.update(language=language, rtl=language == "ar", side=_SIDES[language])
    environment.filters.update(_filters(language, _isolator(language, form)))
    environment.tests["late"] = _is_late
    environment.globals["say"] = environment.get_template("words.jinja").module
    environment.globals["part"] = environment.get_template(f"_layout/parts.{form}.jinja").module
    return environment


def _isolator(language: str, form: Form) -> Callable[[object], str]:
    """Return the filter that keeps a value's own direction inside a sentence of the other one."""

    @lru_cache(maxsize=4096)  # a batch says the same names again and again
    def isolate_html(value: object) -> str:
        return Markup(f"<bdi>{escape(_clean(value))}</bdi>")  # noqa: S704 - escaped here

    @lru_cache(maxsize=4096)
    def isolate_text(value: object) -> str:
        said = _clean(value)
        # Old mail programs show the marks as boxes: French text has them only around Arabic.
        return f"{_FSI}{said}{_PDI}" if language == "ar" or _RIGHT_TO_LEFT.search(said) else said

    return isolate_html if form == "html" else isolate_text


def _filters(language: str, isolate: Callable[[object], str]) -> dict[str, Callable[..., Any]]:
    def isolated(say: Callable[[str], str]) -> Callable[[str], str]:
        return lru_cache(maxsize=2048)(lambda value: isolate(say(value)))  # Babel takes longer than the whole mail

    return {
        "isolate": isolate,
        "date_long": isolated(lambda day: _in_words(day, language, "EEEE d MMMM y")),
        "date_short": isolated(lambda day: _in_words(day, language, "d MMMM")),
        "date_figures": isolated(lambda day: f"{date.fromisoformat(day):%d/%m/%Y}"),
        "hour": isolated(lambda at: _hour(at, language)),
        "phone": isolated(_phone),
        "tel": lambda number: "tel:" + re.sub(r"[^+0-9]", "", number),
        "signed": lambda line, name: _signed(line, name, isolate),
        "by_cooperative": by_cooperative,
    }


def _clean(value: object) -> str:
    """Return the value on one line, without the characters that could break out of their place."""
    if not isinstance(value, str | int):
        raise TypeError(f"{type(value).__name__} is not a text")
    return _one_line(_DIRECTION_MARKS.sub("", str(value)))


def _one_line(text: str) -> str:
    return _UNSAYABLE.sub("", _SPACES.sub(" ", text)).strip()


def _paragraphs(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"


def _in_words(day: str, language: str, pattern: str) -> str:
    said = format_date(date.fromisoformat(day), pattern, locale=_LOCALES[language])
    return re.sub(r"\b1 ", "1er ", said, count=1) if language == "fr" else said


def _hour(at: str, language: str) -> str:
    hour = time.fromisoformat(at)
    if language == "ar":
        return f"{hour:%H:%M}"
    return f"{hour.hour}\u00a0h\u00a0{hour:%M}" if hour.minute else f"{hour.hour}\u00a0h"


def _phone(number: str) -> str:
    """Write a Moroccan number as Moroccans dial it (06 61 23 45 67), any other as it came."""
    national = re.fullmatch(r"\+212(\d{9})", number)
    digits = f"0{national[1]}" if national else number
    return "\u00a0".join(re.findall("..", digits)) if national else digits


def _signed(line: str, name: str | None, isolate: Callable[[object], str]) -> str:
    """Return a subject that fits: the line first, then as much of the name as there is room for."""
    line = _shortened(_one_line(line), SUBJECT_LENGTH)
    room = SUBJECT_LENGTH - len(line) - len(" – ") - len(_FSI + _PDI)
    if name is None or room < min(12, len(name)):
        return line
    return f"{line} – {isolate(_shortened(_clean(name), room))}"


def _shortened(text: str, length: int) -> str:
    """Cut at the end of a word where there is one near, and close the isolate that the cut left open."""
    if len(text) <= length:
        return text
    cut = text[: length - 2]
    words = cut.rpartition(" ")[0].rstrip(" ,;:–-«(")
    cut = words if len(words) > length // 2 else cut
    return f"{cut}…{_PDI if cut.count(_FSI) > cut.count(_PDI) else ''}"


_OPTIONAL: Final = (
    "cooperative_phone",
    "title",
    "due_on",
    "days",
    "script",
    "text",
    "owner_role",
    "owner_name",
    "was_on",
)
"""What an item of a digest may leave out."""


@dataclass(frozen=True)
class Group:
    """What a digest says of one cooperative."""

    cooperative: str | None
    phone: str | None
    entries: tuple[Mapping[str, Any], ...]

    @property
    def order(self) -> tuple[bool, str]:
        """Those with something late first, then by their first date."""
        return not any(map(_is_late, self.entries)), _due(self.entries[0])


def by_cooperative(items: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Group a digest's items: cooperatives with something late first, then by date; items by date."""
    groups: dict[str | None, list[Mapping[str, Any]]] = {}
    for item in sorted(items, key=_due):
        groups.setdefault(item["cooperative"], []).append(dict.fromkeys(_OPTIONAL) | dict(item))
    return sorted((Group(name, _phone_of(own), tuple(own)) for name, own in groups.items()), key=lambda one: one.order)


def _phone_of(entries: Iterable[Mapping[str, Any]]) -> str | None:
    return next((entry["cooperative_phone"] for entry in entries if entry["cooperative_phone"]), None)


def _due(item: Mapping[str, Any]) -> str:
    return str(item.get("due_on") or "9999")  # without a date: last


def _is_late(item: Mapping[str, Any]) -> bool:
    days = item.get("days")
    return item["kind"] == "step_late" or (days is not None and days < 0)
