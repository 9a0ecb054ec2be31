"""The stencils of a template, by the shape of the facts that they serve: cut when a text has been said often enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final

from notifications.stencils import CannotCut, Facts, Render, Stencil, cut

USES: Final = 3
"""How often a text is rendered before its stencil is cut: what is said once or twice is not worth it."""
MOST: Final = 64
"""Stencils that a template keeps; what is said in more ways than that is rendered."""


def _shape(value: Any) -> Any:
    """Return what a stencil depends on: of a text only whether there is any, of all else the value."""
    kind = type(value)
    if kind is str:
        return str if value else ""
    if value is None:
        return None
    if kind is dict:
        return (dict, *[(name, _shape(one)) for name, one in value.items()])
    if kind is tuple:
        return (tuple, *map(_shape, value))
    if kind is int or kind is bool:
        return kind, value
    raise CannotCut


class Stencils:
    """What a template says, by stencils where it can be; ``names`` are the facts that it asks for."""

    def __init__(self, render: Render, drawn: Callable[[], Render], form: str, names: Collection[str]) -> None:
        self._render, self._drawn, self._form, self._names = render, drawn, form, tuple(sorted(names))
        self._by_shape: dict[Any, list[Stencil]] = {}
        self._uses: Counter[Any] = Counter()

    def say(self, facts: Facts) -> str:
        """Return the text: filled in where there is a stencil for it, else rendered."""
        try:
            shape = tuple([_shape(facts[name]) if name in facts else name for name in self._names])
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
