"""What a change would do before it is done: steps moved, notices added, taken back and kept; a digest to approve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from programme.wording import Bilingual, Sentence

DIGEST_LENGTH = 8


@dataclass(frozen=True)
class Moved:
    """A step's old and new date; without an old one the step is new, without a new one it is not required any more.

    ``more`` holds what changes besides (an hour, a place), each as (before, after). ``heard`` names who was told
    of the old date.
    """

    enrolment: str
    step: str
    title: Bilingual
    was_on: date | None
    on: date | None
    why: Sentence
    more: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    heard: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; the reason in English."""
        return {
            "enrolment": self.enrolment,
            "step": self.step,
            "title": {"fr": self.title.fr, "ar": self.title.ar},
            "was_on": _day(self.was_on),
            "on": _day(self.on),
            "why": self.why.say(),
            "more": {name: list(values) for name, values in self.more.items()},
            "heard": list(self.heard),
        }


@dataclass(frozen=True)
class NoticeLine:
    """A notice that comes, goes or stays: about which step, of what kind, to whom, on which day.

    Without a day it leaves as soon as the change is approved.
    """

    enrolment: str
    step: str
    kind: str
    to: str
    on: date | None

    def to_json(self) -> dict[str, str | None]:
        """Return it as plain values."""
        return {
            "enrolment": self.enrolment,
            "step": self.step,
            "kind": self.kind,
            "to": self.to,
            "on": _day(self.on),
        }

    @property
    def order(self) -> tuple[str, ...]:
        """Sort by cooperative, then by day."""
        return self.enrolment, str(self.on or ""), self.step, self.kind, self.to


@dataclass(frozen=True)
class Diff:
    """All that a change would do. ``what`` is the change in a sentence, ``about`` the same as plain values.

    The digest stands for what it says and not for the moment at which it was made: what was looked at on one
    day may be approved on the next, unless something has left meanwhile.
    """

    what: Sentence
    about: Mapping[str, Any]
    moved: Sequence[Moved] = ()
    added: Sequence[NoticeLine] = ()
    cancelled: Sequence[NoticeLine] = ()
    kept: Sequence[NoticeLine] = ()

    @property
    def digest(self) -> str:
        """Return what a person approves: the first hexadecimal digits of the SHA-256 of the content."""
        text = json.dumps(self._content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]

    def to_json(self) -> dict[str, Any]:
        """Return the document that is shown and approved."""
        return {**self._content(), "digest": self.digest}

    def _content(self) -> dict[str, Any]:
        lists = {"added": self.added, "cancelled": self.cancelled, "kept": self.kept}
        return {
            "what": self.what.say(),
            "about": dict(self.about),
            "moved": [one.to_json() for one in self.moved],
            "counts": {"moved": len(self.moved), **{name: len(lines) for name, lines in lists.items()}},
            "notices": {
                name: [line.to_json() for line in sorted(lines, key=lambda line: line.order)]
                for name, lines in lists.items()
            },
        }


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None
