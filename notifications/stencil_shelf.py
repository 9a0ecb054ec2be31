"""The stencils of a template, by the shape of the facts that they serve: cut when a text has been said often enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from notifications.stencils import CannotCut, Facts, Render, Stencil, cut

USES: Final = 3
"""How often a text is rendered before its stencil is cut: what is said once or twice is not worth it."""
MOST: Final = 64
"""Stencils that a template keeps; what is said in more ways than that is rendered."""

_ABSENT: Final = object()
"""Stands for a fact that is not there, which is another shape than one that is nothing."""


def _shape(value: Any) -> Any:
    """Return what a stencil depends on: of a text only whether there is any, of all else the value."""
    kind = value.__class__
    if kind is str:
        return value and str
    if kind is dict:
        return (dict, *value, *_shapes(value.values()))
    if kind is tuple:
        return (tuple, *_shapes(value))
    if value is None or value is _ABSENT:
        return value
    if kind is int or kind is bool:
        return kind, value
    raise CannotCut


def _shapes(values: Iterable[Any]) -> list[Any]:
    """Return the same of several: texts and what is left out, as nearly all are, without a call for each."""
    return [one and str if one.__class__ is str else None if one is None else _shape(one) for one in values]


class Stencils:
    """What a template says, by stencils where it can be; ``names`` are the facts that it asks for."""

    def __init__(self, render: Render, drawn: Callable[[], Render], form: str, names: Collection[str]) -> None:
        self._render, self._drawn, self._form, self._names = render, drawn, form, tuple(sorted(names))
        self._by_shape: dict[Any, list[Stencil]] = {}
        self._uses: Counter[Any] = Counter()

    def say(self, facts: Facts) -> str:
        """Return the text: filled in where there is a stencil for it, else rendered."""
        try:
            shape = tuple(_shapes([facts.get(name, _ABSENT) for name in self._names]))
        except CannotCut:
            return self._render(facts)
        for stencil in self._by_shape.get(shape, ()):
            if stencil.serves(facts):
                return stencil.fill(facts)
        said = self._render(facts)
        self._uses[shape] += 1
        if self._uses[shape] >= USES:
            self._learn(shape, facts, said)
        return said

    def __len__(self) -> int:
        return sum(map(len, self._by_shape.values()))

    def _learn(self, shape: Any, facts: Facts, said: str) -> None:
        """Cut a stencil, and keep it where it says of these facts what the template says."""
        self._uses[shape] = 0
        if len(self) >= MOST:
            return
        known = {name: facts[name] for name in self._names if name in facts}
        stencil = cut(self._drawn(), known, self._form)
        if stencil is not None and stencil.serves(known) and stencil.fill(known) == said:
            self._by_shape.setdefault(shape, []).append(stencil)
        else:
            self._uses[shape] = -MOST
