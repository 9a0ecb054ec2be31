"""The sectors of activity that the template of the lists proposes, in French and Arabic, and their other spellings."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from programme.intake_text import fold
from programme.wording import Bilingual


@cache
def sectors() -> tuple[Bilingual, ...]:
    """Return the sectors that the template proposes (the Office's usual ones); a list may hold others."""
    return tuple(Bilingual(fr=row["fr"], ar=row["ar"]) for row in _rows())


def known_sector(text: str) -> str | None:
    """Return the French name of a proposed sector, from any of its spellings, so that reports count it once."""
    return _by_spelling().get(fold(text))


def _rows() -> list[dict[str, str]]:
    with (files("programme") / "data" / "sectors.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def _by_spelling() -> Mapping[str, str]:
    return {
        fold(spelling): row["fr"]
        for row in _rows()
        for spelling in (row["fr"], row["ar"], *row["spellings"].split(";"))
    }
