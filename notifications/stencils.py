"""Texts that are rendered once with marks where facts are said, and filled in for each reader after that.

A template is asked with stand-ins for the texts among its facts. What it says of them is written down as
something to be worked out, and what it decides by them (is there a telephone? does a name begin so?) as a
condition. Other facts for which the same holds have the same text but for what is filled in; facts for which
it does not are rendered as ever. A template that does anything else with a text has no stencil.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import reduce, wraps
from operator import eq, getitem
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

Facts = Mapping[str, Any]
Work = Callable[[Facts], Any]
"""Works out, from a set of facts, what is said of them."""
Render = Callable[[Facts], str]

SAME_OF_ALL: Final = frozenset({"defined", "undefined", "none"})
"""Jinja's tests that say the same of every text."""
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""What no text can hold (Unicode has no such letters), around the number of something to be worked out."""
_MARK: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_CUTTING: ContextVar[Cutting] = ContextVar("cutting")


class CannotCut(Exception):  # noqa: N818 - the house's word: the text is rendered as ever
    """A template does with a text what no stencil can repeat."""


@dataclass(frozen=True)
class Stencil:
    """A text in pieces, with what stands between them; it serves facts of which its conditions hold."""

    pieces: tuple[str, ...]
    places: tuple[int, ...]
    works: tuple[Work, ...]
    conditions: tuple[Work, ...]

    def serves(self, facts: Facts) -> bool:
        """Tell whether a template decides with these facts as it did when the stencil was cut."""
        for condition in self.conditions:  # noqa: SIM110 - a generator costs as much again as what it asks
            if not condition(facts):
                return False
        return True

    def fill(self, facts: Facts) -> str:
        """Return the text with what these facts say."""
        said = [work(facts) for work in self.works]
        whole = [*self.pieces]
        whole[1::2] = [said[place] for place in self.places]
        return "".join(whole)


@dataclass
class Cutting:
    """What is noted while a template is asked with stand-ins."""

    form: str
    works: list[Work] = field(default_factory=list)
    conditions: dict[tuple[Any, ...], Work] = field(default_factory=dict)
    numbers: dict[Work, int] = field(default_factory=dict)
    calls: dict[tuple[Any, ...], StandIn] = field(default_factory=dict)

    def mark(self, work: Work) -> str:
        """Return what stands in the text for something to be worked out."""
        if work not in self.numbers:
            self.numbers[work] = len(self.works)
            self.works.append(work)
        return f"{_OPEN}{self.numbers[work]}{_CLOSE}"

    def decide(self, judge: Callable[..., bool], *given: Any) -> bool:
        """Note that a template decides by stand-ins, and how."""
        works = [self._work_of(one) for one in given]
        decided = judge(*[_value_of(one, self) for one in given])
        judged = _saying(judge, given, works)
        self.conditions[(judge, *map(_known, given))] = lambda facts: judged(facts) == decided
        return decided

    def call(self, say: Callable[..., Any], args: Sequence[Any]) -> StandIn:
        """Return the stand-in for what a filter says of stand-ins, or of texts with marks in them."""
        same = (say, *map(_known, args))
        if same not in self.calls:
            works = [self._work_of(one) for one in args]
            value = say(*[_value_of(one, self) for one in args])
            if not isinstance(value, str):
                raise CannotCut
            self.calls[same] = StandIn(self, _saying(say, args, works), value)
        return self.calls[same]

    def _work_of(self, given: Any) -> Work:
        if isinstance(given, StandIn):
            return given._work
        if _is_marked(given):
            return self.stencil(given).fill if not isinstance(given, Markup) else self._safe(given)
        return lambda _facts: given

    def _safe(self, given: Markup) -> Work:
        inner = self.stencil(given)
        return lambda facts: Markup(inner.fill(facts))  # noqa: S704 - it was safe with its marks

    def stencil(self, text: str) -> Stencil:
        """Return the stencil of a text with marks, as what has been decided until now allows it."""
        pieces = _MARK.split(text)
        used = sorted({int(number) for number in pieces[1::2]})
        places = tuple(used.index(int(number)) for number in pieces[1::2])
        works = tuple(self.works[number] for number in used)
        return Stencil(tuple(pieces), places, works, tuple(self.conditions.values()))


def _known(given: Any) -> Any:
    """Return what tells one argument from another: stand-ins may not be compared, or that would be noted."""
    return (StandIn, id(given)) if isinstance(given, StandIn) else given


def _saying(say: Callable[..., Any], given: Sequence[Any], works: Sequence[Work]) -> Work:
    """Return what says a thing of what is worked out; of a fact itself, as most often, in one step."""
    if len(works) != 1:
        return lambda facts: say(*[work(facts) for work in works])
    path, [only] = given[0].path if isinstance(given[0], StandIn) else (), works
    if len(path) == 1:
        name = path[0]
        return lambda facts: say(facts[name])
    if len(path) == 3:
        first, second, third = path
        return lambda facts: say(facts[first][second][third])
    return lambda facts: say(only(facts))


class StandIn:
    """A text of the facts, or one that a filter makes of it, while a stencil is cut."""

    def __init__(self, cutting: Cutting, work: Work, value: str, path: tuple[Any, ...] = ()) -> None:
        self._cutting, self._work, self._value = cutting, work, value
        self.path = path
        """Where it stands among the facts; nowhere when a filter has made it."""
        self._said: Work | None = None
        self._words: set[object] = set()

    def __bool__(self) -> bool:
        """Decide by whether there is any text, which of a fact its shape tells already."""
        return bool(self._value) if self.path else self._cutting.decide(bool, self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StandIn) or _is_marked(other):
            return self._cutting.decide(eq, self, other)
        self._is_one_of(other)
        return self._value == other

    def _is_one_of(self, word: object) -> None:
        """Note that a template tells some words apart: the text is the same one of them, or none of them."""
        self._words.add(word)
        work, value, words = self._work, self._value, self._words
        self._cutting.conditions[("words", id(self))] = (
            (lambda facts: work(facts) == value) if value in words else lambda facts: work(facts) not in words
        )

    def __hash__(self) -> int:
        """Let it be looked up among known words: then it is that very word."""
        self._is_one_of(self._value)
        return hash(self._value)

    def __html__(self) -> str:
        if self._cutting.form != "html" or isinstance(self._value, Markup):
            return self._marked(self._work)
        if self._said is None:
            work = self._work
            self._said = lambda facts: escape(work(facts))
        return self._marked(self._said)

    def __str__(self) -> str:
        if self._cutting.form == "html" and not isinstance(self._value, Markup):
            raise CannotCut  # joined to something else before it is escaped
        return self._marked(self._work)

    def _marked(self, work: Work) -> str:
        return Markup(self._cutting.mark(work))  # noqa: S704 - a mark; what fills it is escaped

    def lower(self) -> StandIn:
        """Stand for the text in small letters."""
        return self._cutting.call(str.lower, [self])

    def startswith(self, beginning: str) -> bool:
        """Decide by how the text begins."""
        return self._cutting.decide(str.startswith, self, beginning)


def _is_marked(given: object) -> bool:
    return isinstance(given, str) and _OPEN in given


def _value_of(given: Any, cutting: Cutting) -> Any:
    """Return what a stand-in, or a text with marks in it, is of the facts at hand."""
    if isinstance(given, StandIn):
        return given._value
    if _is_marked(given):
        said = cutting.stencil(given).fill(_AT_HAND.get())
        return Markup(said) if isinstance(given, Markup) else said  # noqa: S704 - it was safe with its marks
    return given


_AT_HAND: ContextVar[Facts] = ContextVar("facts at hand")


def cuttable(say: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter or a test that can be asked about stand-ins too."""
    passes = hasattr(say, "jinja_pass_arg")

    @wraps(say)
    def ask(*args: Any, **named: Any) -> Any:
        if not any(isinstance(one, StandIn) or _is_marked(one) for one in (*args, *named.values())):
            return say(*args, **named)
        if passes or named:
            raise CannotCut
        return _CUTTING.get().call(say, args)

    return ask


def ask_about_all(environment: Environment) -> None:
    """Have an environment's own filters and tests asked about stand-ins as they can be."""
    known: Mapping[str, Any] = environment.filters
    environment.filters.update({name: cuttable(say) for name, say in known.items()})
    tests: Mapping[str, Any] = environment.tests
    environment.tests.update({name: cuttable(test) for name, test in tests.items() if name not in SAME_OF_ALL})


def cut(render: Render, facts: Facts, form: str) -> Stencil | None:
    """Return the stencil of what a template says of these facts; None where it cannot have one."""
    cutting = Cutting(form)
    states = _CUTTING.set(cutting), _AT_HAND.set(facts)
    try:
        stood_in = {name: _stand_in(cutting, (name,), value) for name, value in facts.items()}
        return cutting.stencil(render(stood_in))
    except Exception:  # noqa: BLE001 - whatever it stumbles over, the text itself is rendered as ever
        return None
    finally:
        _CUTTING.reset(states[0])
        _AT_HAND.reset(states[1])


def _stand_in(cutting: Cutting, path: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, str):
        return StandIn(cutting, _finding(path), value, path)
    if isinstance(value, dict):
        return {name: _stand_in(cutting, (*path, name), one) for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(_stand_in(cutting, (*path, place), one) for place, one in enumerate(value))
    return value


def _finding(path: tuple[Any, ...]) -> Work:
    if len(path) == 1:
        [name] = path
        return lambda facts: facts[name]
    first, *rest = path
    return lambda facts: reduce(getitem, rest, facts[first])
