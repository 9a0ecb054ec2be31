"""Finds at the promise what cannot be said, and renders only once what looks alike (docs/adr/0013)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, time
from functools import lru_cache
from typing import Any, Final, cast

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
    return tuple(facts), _values(facts.values(), {})


def _values(values: Iterable[object], dates: dict[str, int]) -> Shape:
    """Return the shapes of these values; ``dates`` numbers the dates in the order in which they first appear."""
    shapes: list[object] = []
    for value in values:
        kind = type(value)
        if kind is str:
            known = class_of(cast("str", value))
            shapes.append((DATE, dates.setdefault(cast("str", value), len(dates))) if known is DATE else known)
        elif value is None or kind is int:
            shapes.append(value)
        else:
            shapes.append(_of_other(value, dates))
    return tuple(shapes)


def _of_other(value: object, dates: dict[str, int]) -> object:
    """Return the shape of what is neither a text, nor a whole number, nor nothing."""
    if isinstance(value, Mapping):
        return tuple(value), _values(value.values(), dates)
    if isinstance(value, list | tuple):
        return len(value), _values(value, dates)
    return type(value), str(value)


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
