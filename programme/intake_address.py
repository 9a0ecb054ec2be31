"""The province that an address names: many lists have an address and no column of provinces."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from programme.intake_text import fold
from programme.territory import PROVINCE_WORDS, Province, resolve_province, resolve_region

_STREETS = frozenset(
    {"rue", "avenue", "av", "boulevard", "bd", "bvd", "route", "rte", "place", "quartier", "hay"}
) | frozenset({"شارع", "زنقه", "طريق", "ساحه", "حي"})
_LONGEST = 7
"""Words in the longest name of a region, after "région de"."""


@lru_cache(maxsize=16_384)
def province_in(address: str) -> Province | None:
    """Return the one province that an address names; None when it names none, or several.

    Names of streets ("rue de Fès") and of regions count for nothing. A province that follows the word "province",
    "préfecture", إقليم or عمالة wins over the others.
    """
    words = fold(address).split()
    named = list(_places(words))
    announced = {place for start, place in named if words[start] in PROVINCE_WORDS}
    places = announced or {place for _, place in named}
    return next(iter(places)) if len(places) == 1 else None


def _places(words: list[str]) -> Iterator[tuple[int, Province]]:
    """Yield each province named, with the position of the first word of its name."""
    start = 0
    while start < len(words):
        length, place = _place_at(words, start)
        if place and not (start and words[start - 1] in _STREETS):
            yield start, place
        start += length


def _place_at(words: list[str], start: int) -> tuple[int, Province | None]:
    """Return how many words the name at ``start`` takes, the longest first, and its province if it is one."""
    for end in range(min(start + _LONGEST, len(words)), start, -1):
        name = words[start:end]
        if name[-1] in PROVINCE_WORDS or "".join(name).isdigit():
            continue  # the word announces the next name; a street's number or a postcode is not an HCP code
        province = resolve_province(" ".join(name))
        if province or resolve_region(" ".join(name)):
            return len(name), province
    return 1, None
