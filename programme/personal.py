"""What a person leaves in texts: how a name, an address, a telephone or a code is found there, and replaced.

A trace is found whole words at a time, whatever the case, the spaces in a name and the way in which a
number is written. A nickname or half a name is not found: nobody but a reader can tell whose it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from programme.diffs import DIGEST_LENGTH

ROLES = ("coordinator", "coach", "delegate")
"""What stands before a code in the names of recipients: coach:c1."""
ORGANISATION = frozenset({"cooperative", "cooperative_in", "cohort"})
"""Facts that name an organisation: law 09-08 is about natural persons, and one may be called after its founder."""
_GAP = r"[\s.\-]*"
_AFTER = r"(?![\w-]|\.\w)"


@dataclass(frozen=True)
class Traces:
    """The names, addresses and numbers that somebody goes by, and a code; ``pseudonym`` stands in their place."""

    pseudonym: str
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    code: str | None = None

    def replace(self, text: str) -> str:
        """Return a text without this person; the same text when nothing in it is theirs."""
        return self._pattern.sub(self.pseudonym, text) if self._pattern else text

    def replace_in(self, value: Any) -> Any:
        """Return a JSON value without this person, its keys too; what names an organisation stays."""
        if isinstance(value, str):
            return self.replace(value)
        if isinstance(value, Mapping):
            return {
                self.replace(name): one if name in ORGANISATION else self.replace_in(one) for name, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.replace_in(one) for one in value]
        return value

    def is_in(self, value: Any) -> bool:
        """Tell whether a text or a JSON value speaks of this person."""
        return bool(value != self.replace_in(value))

    def patterns(self) -> Iterator[str]:
        """Yield what a database looks for (LIKE, `!` escapes): a text that has a trace has one of these."""
        words = [name.split() for name in self.names] + [[email] for email in (*self.emails, *map(_mark, self.emails))]
        for some in [*words, *map(_national, self.phones)]:
            in_json = [json.dumps(word)[1:-1] for word in some]  # letters with accents in six characters
            yield from dict.fromkeys((_like(some), _like(in_json)))
        if self.code:
            code = _escaped(self.code)
            yield from (code, f"{code} %", f"%:{code}%", f"% {code}%", f'%"{code}"%')

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        pieces = [
            *(_name(name) for name in self.names),
            *(rf"(?<![\w.+-]){re.escape(email)}{_AFTER}" for email in self.emails),
            *(rf"(?<=-bounce-){_mark(email)}{_AFTER}" for email in self.emails),
            *(_phone(phone) for phone in self.phones),
            *(_codes(self.code) if self.code else ()),
        ]
        longest_first = sorted(pieces, key=len, reverse=True)
        return re.compile("|".join(longest_first), re.IGNORECASE) if pieces else None


def _name(name: str) -> str:
    return r"(?<!\w)" + r"\s+".join(map(re.escape, name.split())) + r"(?!\w)"


def _national(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits[3:] if digits.startswith("212") and len(digits) == 12 else digits


def _phone(phone: str) -> str:
    """Match a number however it is written: +212 5 28…, 0528…, 05-28-…"""
    return rf"(?<!\d)(?:(?:\+|00)?212{_GAP}|0|\+)?{_GAP.join(_national(phone))}(?!\d)"


def _codes(code: str) -> Iterator[str]:
    """Match a code after a role, and alone between words; not as a part of a step's key."""
    yield from (rf"(?<={role}:){re.escape(code)}{_AFTER}" for role in ROLES)
    yield rf"(?<![\w/:-])(?<!\w\.){re.escape(code)}(?![\w/:-]|\.\w)"


def _mark(email: str) -> str:
    """Return what stands for an address in the key of the notice that says that mail came back."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:8]


def _like(words: Iterable[str]) -> str:
    return f"%{'%'.join(map(_escaped, words))}%"


def _escaped(text: str) -> str:
    return re.sub(r"([!%_])", r"!\1", text)


@dataclass(frozen=True)
class Gone:
    """One person whose data would go: what stands for them afterwards, and in how many rows of which table."""

    kind: str
    pseudonym: str
    enrolments: tuple[str, ...]
    rows: Mapping[str, int]
    taken_back: int
    """Promises to them that have not left."""


@dataclass(frozen=True)
class Erasing:
    """What an erasure does; its digest is what a person approves, and says nothing of who it is about."""

    people: tuple[Gone, ...]

    @property
    def digest(self) -> str:
        """Return the first hexadecimal digits of the SHA-256 of the content."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**self._content(), "digest": self.digest}

    def _content(self) -> dict[str, Any]:
        return {"people": [asdict(one) for one in self.people]}
