"""Which column of a list is which of our fields: real headers are French, Arabic, abbreviated and badly spaced."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from programme.intake_text import Cell, clean, fold
from programme.wording import Bilingual, Sentence, sentence

_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|\*")
_TWO_LANGUAGES = re.compile(r"[/|\n\r]| - ")
_NUMBER_WORDS = frozenset({"n", "no", "num", "nr", "numero"})
_COUNT_WORDS = frozenset({"nombre", "nb", "nbr", "nbre", "عدد"})


@dataclass(frozen=True)
class Problem:
    """What is wrong in one place of the list, and what to do; ``row`` is the one that the spreadsheet shows."""

    row: int
    column: str
    message: Sentence


@dataclass(frozen=True)
class Field:
    """One of our fields, and how lists call it; a weak alias counts only when no better header is there."""

    key: str
    required: bool
    width: int
    header: Bilingual
    help: Bilingual
    aliases: frozenset[str]
    weak_aliases: frozenset[str]


@dataclass(frozen=True)
class Columns:
    """The outcome of reading a header row: where each field is, what is ignored and what is wrong."""

    positions: Mapping[str, int]
    titles: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def pick(self, cells: Sequence[Cell]) -> dict[str, Cell]:
        """Return the cells of one row by field; a row that stops short has None for the rest."""
        return {field: cells[at] if at < len(cells) else None for field, at in self.positions.items()}


@cache
def fields() -> Mapping[str, Field]:
    """Return every field a list can fill, in the order of the template's columns."""
    with (files("programme") / "data" / "intake_columns.csv").open(encoding="utf-8") as lines:
        return {row["field"]: _field(row) for row in csv.DictReader(lines)}


def header_of(field: str, titles: Mapping[str, str]) -> str:
    """Return a column as the reader sees it: the list's own header, or the template's where the list has none."""
    return titles.get(field) or fields()[field].header.fr


def _field(row: Mapping[str, str]) -> Field:
    headers = (row["header_fr"], row["header_ar"])
    spellings = [*headers, *(_ASIDE.sub("", header) for header in headers), *row["aliases"].split(";")]
    return Field(
        key=row["field"],
        required=row["required"] == "yes",
        width=int(row["width"]),
        header=Bilingual(fr=row["header_fr"], ar=row["header_ar"]),
        help=Bilingual(fr=row["help_fr"], ar=row["help_ar"]),
        aliases=frozenset(_key(spelling) for spelling in spellings if not spelling.startswith("?")),
        weak_aliases=frozenset(_key(spelling) for spelling in spellings if spelling.startswith("?")),
    )


def recognise(headers: Sequence[Cell], row: int = 1) -> Columns:
    """Map the headers of ``row`` to our fields; what is missing or said twice is in ``problems``, never raised.

    Unknown columns are in ``ignored``. A list whose only name is in Arabic uses it as the name. The province may be
    missing when there is an address, which is then searched for it row by row.
    """
    texts = [clean(header) for header in headers]
    found = _found(texts, _aliases())
    for field, places in _found(texts, _weak_aliases(), but=_places(found)).items():
        found.setdefault(field, places[:1])
    positions = {field: places[0] for field, places in found.items()}
    if "name_ar" in positions:
        positions.setdefault("name", positions["name_ar"])
    used = _places(found)
    return Columns(
        positions=positions,
        titles={field: texts[at] for field, at in positions.items()},
        ignored=tuple(text for at, text in enumerate(texts) if text and at not in used),
        problems=(*_missing(positions, row), *_repeated(found, texts, row)),
    )


def known_headers(headers: Sequence[Cell]) -> int:
    """Return how many of our fields these cells name: by it the header row and the encoding are found."""
    return len(set(recognise(headers).positions.values()))


@cache
def _aliases() -> Mapping[str, str]:
    return {alias: field.key for field in fields().values() for alias in field.aliases}


@cache
def _weak_aliases() -> Mapping[str, str]:
    return {alias: field.key for field in fields().values() for alias in field.weak_aliases}


def _found(texts: Sequence[str], known: Mapping[str, str], but: Set[int] = frozenset()) -> dict[str, list[int]]:
    """Return the positions of each field, the places of ``but`` passed over."""
    found: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        field = next((known[key] for key in _header_keys(text) if key in known), None)
        if field and at not in but:
            found.setdefault(field, []).append(at)
    return found


def _places(found: Mapping[str, list[int]]) -> frozenset[int]:
    return frozenset(at for places in found.values() for at in places)


def _header_keys(text: str) -> list[str]:
    """Return the keys of a header, whole then language by language: "Nom / الاسم" is known by either half."""
    parts = (text, _ASIDE.sub(" ", text), *_TWO_LANGUAGES.split(_ASIDE.sub(" ", text)))
    return [key for key in map(_key, parts) if key]


@cache
def _key(header: str) -> str:
    """Return a header without its spaces: "N° tel", "num_tel" and "Numéro tel" are one, so are "Nb" and "Nombre d'"."""
    words = fold(header).split()
    if words and words[0] in _NUMBER_WORDS:
        words[0] = "numero"
    if len(words) > 1 and words[0] in _COUNT_WORDS:
        words = words[2:] if words[1] in {"d", "de", "des"} else words[1:]
    return "".join(words)


def _missing(positions: Mapping[str, int], row: int) -> list[Problem]:
    problems = []
    if "name" not in positions:
        message = sentence("No column holds the cooperatives' names: add one headed nom_cooperative.")
        problems.append(Problem(row, "nom_cooperative", message))
    if "province" not in positions and "address" not in positions:
        message = sentence("No column holds the province or prefecture: add one headed province.")
        problems.append(Problem(row, "province", message))
    return problems


def _repeated(found: Mapping[str, list[int]], texts: Sequence[str], row: int) -> list[Problem]:
    return [
        Problem(row, texts[again], _repeated_message(texts[places[0]], texts[again], places[0] + 1, again + 1))
        for places in found.values()
        for again in places[1:]
    ]


def _repeated_message(first: str, second: str, first_at: int, second_at: int) -> Sentence:
    return sentence(
        "Columns {first_at} ({first}) and {second_at} ({second}) say the same thing: keep one, delete the other.",
        first=first,
        second=second,
        first_at=first_at,
        second_at=second_at,
    )
