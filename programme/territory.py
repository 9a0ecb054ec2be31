"""Where a cooperative is: provinces and prefectures by HCP code, the ways to write them, and who answers for them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from programme.intake_text import fold, is_arabic

PROVINCE_WORDS = frozenset(["province", "prov", "prefecture", "pref", "اقليم", "باقليم", "عماله", "بعماله"])
"""Folded words that announce the name of a province or prefecture."""

_ARTICLES = frozenset({"de", "du", "d", "des", "l", "la", "le", "les", "el", "al"})
_OPENINGS = PROVINCE_WORDS | _ARTICLES | {"wilaya", "region", "ولايه", "جهه", "بجهه", "مدينه"}
_ENDINGS = PROVINCE_WORDS | {"maroc", "المغرب"}


@dataclass(frozen=True)
class Region:
    """One of the twelve regions; ``code`` is the HCP's, two digits."""

    code: str
    fr: str
    ar: str


@dataclass(frozen=True)
class Province:
    """A province or prefecture; ``code`` is the HCP's ("09.541"): the key of everything territorial."""

    code: str
    region_code: str
    type: Literal["province", "prefecture"]
    fr: str
    ar: str


@dataclass(frozen=True)
class Delegation:
    """An office of ODCo in the country; ``code`` is a slug ("meknes")."""

    code: str
    fr: str
    ar: str


def _read(name: str) -> Iterator[dict[str, str]]:
    with (files("programme") / "data" / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@cache
def provinces() -> tuple[Province, ...]:
    """Return the 75 provinces and prefectures, in the order of their codes (source: HCP)."""
    return tuple(
        Province(
            code=row["code_hcp"],
            region_code=row["region_code"],
            type="prefecture" if row["type"] == "prefecture" else "province",
            fr=row["name_fr"],
            ar=row["name_ar"],
        )
        for row in _read("provinces.csv")
    )


@cache
def regions() -> tuple[Region, ...]:
    """Return the twelve regions, in the order of their codes."""
    rows = {row["region_code"]: (row["region_fr"], row["region_ar"]) for row in _read("provinces.csv")}
    return tuple(Region(code, fr, ar) for code, (fr, ar) in rows.items())


@lru_cache(maxsize=16_384)
def resolve_province(text: str, region: str | None = None) -> Province | None:
    """Return the province that ``text`` names: its HCP code, its French or Arabic name, or a well-known variant.

    Never the nearest guess: what is not certain is None. With ``region`` (a code or a name), a province of
    another region is None too.
    """
    known = _provinces_by_key()
    found = next((known[key] for key in _keys(text) if key in known), None)
    if found is None or region is None:
        return found
    wanted = resolve_region(region)
    return found if wanted and wanted.code == found.region_code else None


@lru_cache(maxsize=4_096)
def resolve_region(text: str) -> Region | None:
    """Return the region that ``text`` names: its code, its French or Arabic name, dashes and accents set aside."""
    known = _regions_by_key()
    return next((known[key] for key in _keys(text) if key in known), None)


def suggest_provinces(text: str, n: int = 3) -> list[str]:
    """Return the ``n`` names nearest to ``text``, in its own script, the nearest first."""
    arabic = is_arabic(text)
    wanted = "".join(_core(text))
    nearness = {province: max(_nearness(wanted, key) for key in keys) for province, keys in _keys_by_province().items()}
    nearest = sorted(nearness, key=lambda province: (-nearness[province], province.code))[:n]
    return [province.ar if arabic else province.fr for province in nearest]


def delegation_of(province: Province) -> Delegation:
    """Return the delegation whose cooperatives are those of ``province``.

    Source: the Office's site lists the provinces of some delegations (Meknès: provinces of three regions) and
    gives others a whole region. Assumption for the rest: the region has a "délégation régionale" of its own.
    """
    by_province, by_region = _delegations()
    listed = by_province.get(province.code) or by_region.get(province.region_code)
    return listed or _regional_delegation(province.region_code)


@cache
def delegation_codes() -> frozenset[str]:
    """Return the code of every delegation that follows a province."""
    return frozenset(delegation_of(province).code for province in provinces())


def _core(text: str) -> list[str]:
    """Return the words of a name without "Province de", "Préfecture d'", articles and "إقليم" around it."""
    words = fold(text).split()
    while words and words[0] in _OPENINGS:
        words = words[1:]
    while words and words[-1] in _ENDINGS:
        words = words[:-1]
    return words


def _keys(text: str) -> tuple[str, ...]:
    """Return the spellings under which a name is looked up, with and without its article, or its code."""
    folded = fold(text)
    code = folded.replace(" ", "")
    if code.isdigit():
        return (code.lstrip("0"),)
    whole, core = folded.replace(" ", ""), "".join(_core(text))
    return tuple(dict.fromkeys(_undoubled(key) for key in (core, whole) if key))


def _undoubled(key: str) -> str:
    """Return a key with doubled letters single: Taroudannt, Taroudant."""
    return re.sub(r"(.)\1+", r"\1", key)


def _spellings(place: Province | Region) -> Iterable[str]:
    others = (row["spelling"] for row in _read("territory_spellings.csv") if row["code"] == place.code)
    return (place.code, place.fr, place.ar, *others)


@cache
def _keys_by_province() -> Mapping[Province, frozenset[str]]:
    return {place: frozenset(key for spelling in _spellings(place) for key in _keys(spelling)) for place in provinces()}


@cache
def _provinces_by_key() -> Mapping[str, Province]:
    return {key: place for place, keys in _keys_by_province().items() for key in keys}


@cache
def _regions_by_key() -> Mapping[str, Region]:
    return {key: place for place in regions() for spelling in _spellings(place) for key in _keys(spelling)}


def _nearness(wanted: str, key: str) -> float:
    return SequenceMatcher(None, key, wanted).ratio()


@cache
def _delegations() -> tuple[Mapping[str, Delegation], Mapping[str, Delegation]]:
    """Return the listed delegations by province, and those that are given as a whole region."""
    by_province: dict[str, Delegation] = {}
    by_region: dict[str, Delegation] = {}
    for row in _read("delegations.csv"):
        delegation = _delegation(row["delegation"])
        by_province.update(dict.fromkeys(row["codes_hcp"].split(";"), delegation))
        region = resolve_region(row["territoire_source"].partition("(")[0])
        if region:
            by_region[region.code] = delegation
    return by_province, by_region


def _delegation(town: str) -> Delegation:
    province = resolve_province(town)
    arabic = province.ar.split("-")[0] if province else town
    of = "d'" if fold(town)[0] in "aeiou" else "de "
    return Delegation(fold(town).replace(" ", "-"), f"Délégation {of}{town}", f"مندوبية {arabic}")


@cache
def _regional_delegation(region_code: str) -> Delegation:
    region = next(region for region in regions() if region.code == region_code)
    slug = "region-" + fold(region.fr).replace(" ", "-")
    return Delegation(slug, f"Délégation régionale de {region.fr}", f"المندوبية الجهوية لجهة {region.ar}")
