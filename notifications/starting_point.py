"""Writes the programme's text of a kind as a cohort could write its own: an example's values become variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from notifications.filters import FSI, PDI
from notifications.own_publication import DATES, offered
from notifications.rendering import script
from notifications.samples import every_case, facts_for
from notifications.sources import environment_of, sources_of

_MARKS: Final = str.maketrans("", "", FSI + PDI)


def starting_point(kind: str, language: str) -> tuple[str, str]:
    """Return subject and body of a kind's own text that says what the programme's says, but for its special cases."""
    facts = facts_for(kind, language)
    sayings = sorted(_sayings(kind, language, facts), key=lambda one: len(one[0]), reverse=True)
    subject = sources_of(kind, language).line(facts, signed=False)
    return _unsaid(subject, sayings), _unsaid(script(kind, language, facts), sayings).replace("\n", "\n\n")


def _unsaid(text: str, sayings: list[tuple[str, str]]) -> str:
    """Put variables in the place of what they say; numbers, which may say many things, one at a time."""
    text = text.translate(_MARKS)
    put: list[str] = []
    for said, variable in sayings:
        mark = f"\x00{len(put)}\x00"
        number = said.isdecimal()
        pattern = rf"(?<![\d\x00]){said}(?![\d\x00])" if number else re.escape(said)
        text = re.sub(pattern, mark, text, count=1 if number else 0)
        put.append(variable)
    return re.sub("\x00(\\d+)\x00", lambda one: put[int(one[1])], text)


def _sayings(kind: str, language: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the facts are said as, and the variable that says it; under its condition where it may be unknown."""
    unsure = {name for case in every_case(kind) for name, value in case.items() if value is None}
    for name in offered(kind):
        for said, filter_ in _said_as(name, facts[name], language):
            variable = f"{{{{ {name} | {filter_} }}}}" if filter_ else f"{{{{ {name} }}}}"
            yield said.translate(_MARKS), f"{{% if {name} %}}{variable}{{% endif %}}" if name in unsure else variable


def _said_as(name: str, value: Any, language: str) -> Iterator[tuple[str, str]]:
    environment = environment_of(language, "txt")
    say: Any = environment.globals["say"]
    filters = environment.filters
    if name in DATES:
        yield say.day(value), "date"
        yield from ((filters[one](value), one) for one in ("date_long", "date_short"))
    elif name in {"at", "ends_at"}:
        yield filters["hour"](value), "hour"
    elif name == "contact_phone":
        yield filters["phone"](value), "phone"
    elif name in {"days", "days_late"}:
        yield from ((getattr(say, one)(value), one) for one in ("in_days", "days"))
    elif name == "outcome":
        yield say.outcome(value), "outcome"
    elif name == "cooperative":
        yield say.named(value), "named"
    else:
        yield str(value[language] if isinstance(value, Mapping) else value), ""
