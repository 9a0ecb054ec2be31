"""Finds at the promise what cannot be said, and renders only once what looks alike (docs/adr/0013)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from datetime import date, time
from functools import lru_cache
from typing import Any, Final

from notifications.rendering import render, version_of

Shape = tuple[object, ...]
"""What of a notice's facts can make a difference to whether it renders: hashable, and without anybody's name."""
MOST: Final = 10_000
"""Shapes that are remembered; then it is begun anew, which costs a rendering each."""
DATE: Final = "date"
_WORD: Final = re.compile(r"[a-z][a-z_-]{0,39}")
_rendered: set[Shape] = set()


def assured(kind: str, language: str, facts: Mapping[str, Any]) -> str:
    """Return the version of the templates that say these facts; refused when they cannot be said.

    Facts of a shape that this process has rendered in this version are taken to render too.
    """
    version = version_of(kind, language)
    shape = (kind, language, version, *shape_of(facts))
    if shape not in _rendered:
        render(kind, language, facts)
        if len(_rendered) >= MOST:
            _rendered.clear()
        _rendered.add(shape)
    return version


def forget() -> None:
    """Have everything rendered anew."""
    _rendered.clear()


def shape_of(facts: Mapping[str, Any]) -> Shape:
    """Return which facts there are, and of each what a template can parse, compare, look up or decide by.

    That is: of a text its class, and which dates are the same; of all else its very value.
    """
    dates: list[str] = []
    shape = tuple(facts), tuple([_of_any(value, dates) for value in facts.values()])
    return (*shape, tuple(map(dates.index, dates))) if len(dates) > 1 else shape


def _of_any(value: Any, dates: list[str]) -> Any:
    """Return the shape of a value, and note in ``dates`` the days that are said, each time one is."""
    kind = type(value)
    if kind is str:
        known = class_of(value)
        if known is DATE:
            dates.append(value)
        return known
    if value is None or kind is int:
        return value
    if kind is dict or isinstance(value, Mapping):
        return tuple(value), tuple([_of_any(one, dates) for one in value.values()])
    if isinstance(value, list | tuple):
        return len(value), tuple([_of_any(one, dates) for one in value])
    return kind, str(value)


def plain_shape(values: Iterable[Hashable]) -> tuple[Hashable, ...] | None:
    """Return the shapes of texts, numbers and nothing, in no time; None where one is something else, or a date.

    Facts that differ in such values alone look alike where these shapes are equal: a date might be another one again.
    """
    try:
        shapes = tuple(map(_plain, values))
    except TypeError:  # a list or a mapping
        return None
    return None if DATE in shapes else shapes


@lru_cache(maxsize=16_384, typed=True)
def _plain(value: Hashable) -> Hashable:
    shape: Hashable = _of_any(value, [])
    return shape


@lru_cache(maxsize=8192)
def class_of(text: str) -> str:
    """Return what a text is to a template: empty, a date, an hour, a word of the programme (itself), or any text."""
    if not text:
        return "empty"
    if text[0].isdigit() or text[0] == "T":
        return _figures(text)
    return f"word {text}" if _WORD.fullmatch(text) else "text"


def _figures(text: str) -> str:
    for name, parse in ((DATE, date.fromisoformat), ("hour", time.fromisoformat)):
        with suppress(ValueError):
            parse(text)
            return name
    return "figures"
