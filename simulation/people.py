"""How simulated people behave: on time, late or silent, present or absent; drawn from a seed, never from the clock.

Every draw depends on the seed and on what it is about alone, so that the order of work and the
machine make no difference.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from programme.scoring import Answer, Questionnaire

LATE_FROM, SILENT_FROM = 0.78, 0.95
MEETINGS = frozenset({"meeting", "module", "session"})
TOGETHER = frozenset({"evaluation", "decision"})
VALIDATIONS = ("validation", "convention", "data-protection", "adoption")
TUESDAY = 1


@dataclass(frozen=True)
class People:
    """The people of one simulated world."""

    seed: int

    def chance(self, *about: object) -> float:
        """Return a number from 0 to 1 (not 1), always the same for the same subject."""
        digest = hashlib.blake2b("|".join(map(str, (self.seed, *about))).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def between(self, low: int, high: int, *about: object) -> int:
        """Return a whole number from ``low`` to ``high``."""
        return low + int(self.chance(*about) * (high - low + 1))

    def acts_on(self, enrolment: str, step: str, kind: str, due_on: date) -> date:
        """Return the day on which a step's owner would do it: meetings on their day, the rest by temperament."""
        if kind in MEETINGS:
            return due_on
        return self._committee_day(self._by_temper(enrolment, step, kind, due_on), step, kind)

    def _committee_day(self, day: date, step: str, kind: str) -> date:
        """Return ``day``, or for what a committee or a whole board must sit for, the Tuesday on or after it."""
        if kind in TOGETHER or step.endswith(VALIDATIONS):
            return day + timedelta(days=(TUESDAY - day.weekday()) % 7)
        return day

    def _by_temper(self, enrolment: str, step: str, kind: str, due_on: date) -> date:
        if kind == "call":
            return due_on + timedelta(days=self.between(0, 3, enrolment, step, "call"))
        mood = self.chance(enrolment, step, "mood")
        if mood < LATE_FROM:
            return due_on - timedelta(days=self.between(0, 6, enrolment, step, "early"))
        if mood < SILENT_FROM:
            return due_on + timedelta(days=self.between(2, 12, enrolment, step, "late"))
        return due_on + timedelta(days=self.between(24, 45, enrolment, step, "silent"))

    def attends(self, enrolment: str, step: str) -> bool:
        """Tell whether anybody of a cooperative comes to a training module."""
        return self.chance(enrolment, step, "attends") >= 0.12

    def holds(self, enrolment: str, step: str) -> bool:
        """Tell whether a coaching session is held; some cooperatives are hard to reach."""
        reach = 0.05 if self.chance(enrolment, "reach") < 0.85 else 0.5
        return self.chance(enrolment, step, "holds") >= reach

    def advances(self, enrolment: str, step: str) -> bool:
        """Tell whether a coaching session finishes one action of the plan."""
        return self.chance(enrolment, step, "advances") < 0.45

    def follows_proposal(self, enrolment: str, checkpoint: str) -> bool:
        """Tell whether the coordinator decides as the rule proposes."""
        return self.chance(enrolment, checkpoint, "follows") >= 0.04

    def answers(self, questionnaire: Questionnaire, enrolment: str, checkpoint: str, months: int) -> dict[str, Answer]:
        """Return the answers of a cooperative: weak at first, better with the months, a few not applicable."""
        base = 1 + 2 * self.chance(enrolment, "level") + months / 20
        return {item.key: self._answer(base, enrolment, checkpoint, item.key) for item in questionnaire.items}

    def _answer(self, base: float, *about: object) -> Answer:
        if self.chance(*about, "na") < 0.04:
            return "na"
        return max(0, min(4, round(base + 2.4 * (self.chance(*about) - 0.5))))
