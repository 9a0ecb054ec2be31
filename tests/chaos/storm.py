"""What strikes in two years, drawn from a seed: the same seed, the same strikes, however the work goes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

CALM = ("kills", "mail", "database", "engines")
"""Kinds that only delay: struck work is done again on the same day, so nothing else may differ in the end."""
WILD = ("clock", "stops", "restore")
"""Kinds after which other things happen, or on other days, than without them."""
KINDS = (*CALM, *WILD)

SHARE = 0.3
"""How many pieces of work are struck; of second tries as many of what is left, and so on."""
LONG_STOP = 45
A_YEAR = 365
CLOCK_JUMPS, OUTAGES = 0.03, 0.12
"""Days on which the clock jumps; of struck sendings, those that meet nobody at all."""

AT_COMMIT = {"kills": ("kill",), "database": ("busy", "read-only", "lost before", "lost after", "down")}
TROUBLES = (
    "450 at the address",
    "drop at the address",
    "451 at the message",
    "554 at the message",
    "drop, kept",
    "drop, lost",
    "451 for the sender",
    "421 at connect",
    "554 at connect",
    "stalled",
    "no TLS",
    "login refused",
)
FOR_GOOD = "550 at the address"
"""Marks an address: a coach must call from then on, so that more than the mail is different."""
FREEZES = ("frozen before", "frozen after")


@dataclass(frozen=True)
class Strike:
    """One blow: what it is, and at which commit (or message) of the work it falls, before it or after."""

    kind: str
    what: str
    at: int = 1
    before: bool = False


@dataclass(frozen=True)
class Storm:
    """All that strikes between two days; ``kinds`` is empty for the calm life that the others are held against."""

    seed: int
    kinds: tuple[str, ...]
    first: date
    last: date

    def _dice(self, *about: object) -> random.Random:
        return random.Random("|".join(map(str, (self.seed, *about))))

    def at_work(self, work: str, day: date, attempt: int) -> Strike | None:
        """Return what strikes a piece of work that is not a sending."""
        possible = ("kills", "database") if work == "people" else ("kills", "database", "engines")
        kinds = [kind for kind in possible if kind in self.kinds]
        dice = self._dice(work, day, attempt)
        if not kinds or dice.random() >= SHARE:
            return None
        return self._at_commit(dice, dice.choice(kinds))

    def at_sending(self, work: str, day: date, attempt: int) -> Strike | None:
        """Return what strikes a sending."""
        kinds = [kind for kind in CALM if kind in self.kinds]
        dice = self._dice(work, day, attempt)
        if not kinds or dice.random() >= SHARE:
            return None
        kind = dice.choice(kinds)
        if kind == "mail":
            return self._at_message(dice)
        if kind == "engines":
            return Strike(kind, dice.choice(FREEZES), dice.randint(1, 4))
        return self._at_commit(dice, kind)

    @staticmethod
    def _at_commit(dice: random.Random, kind: str) -> Strike:
        return Strike(kind, dice.choice(AT_COMMIT.get(kind, ("second",))), dice.randint(1, 6), dice.random() < 0.5)

    def _at_message(self, dice: random.Random) -> Strike:
        if dice.random() < OUTAGES:
            return Strike("mail", "away", dice.choice([30, 30, 180, 24 * 60, 3 * 24 * 60]))
        troubles = TROUBLES if set(self.kinds) <= set(CALM) else (*TROUBLES, FOR_GOOD)
        return Strike("mail", dice.choice(troubles), dice.randint(1, 4))

    def clock_on(self, day: date) -> timedelta:
        """Return by how much the machine's clock is wrong on a day's morning and sending."""
        dice = self._dice("clock", day)
        if "clock" not in self.kinds or dice.random() >= CLOCK_JUMPS:
            return timedelta(0)
        return dice.choice(
            [timedelta(days=dice.randint(2, 9)), timedelta(days=-dice.randint(1, 5)), timedelta(hours=-3)]
        )

    def stops(self) -> list[tuple[date, date]]:
        """Return the days from and to which nothing runs: first the long one, where there is more than a year."""
        if "stops" not in self.kinds:
            return []
        dice, whole = self._dice("stops"), (self.last - self.first).days
        lengths = [LONG_STOP] * (whole > A_YEAR) + [dice.randint(1, 6) for _ in range(1 + whole // 200)]
        begins = [self.first + timedelta(days=dice.randint(whole // 8, whole * 5 // 8)) for _ in lengths]
        return [(day, day + timedelta(days=length - 1)) for day, length in zip(begins, lengths, strict=True)]

    def is_down(self, day: date) -> bool:
        """Tell whether nothing runs on a day."""
        return any(begins <= day <= ends for begins, ends in self.stops())

    def comes_back_on(self, day: date) -> bool:
        """Tell whether a day is the first one after a stop."""
        return not self.is_down(day) and self.is_down(day - timedelta(days=1))

    def restored(self) -> tuple[date, date] | None:
        """Return the day at whose end a copy is made, and the morning on which it takes the database's place."""
        if "restore" not in self.kinds:
            return None
        dice, whole = self._dice("restore"), (self.last - self.first).days
        copied = self.first + timedelta(days=dice.randint(whole // 8, whole * 5 // 8))
        while self.is_down(copied):
            copied += timedelta(days=1)
        brought = copied + timedelta(days=dice.randint(1, 4))
        while self.is_down(brought):
            brought += timedelta(days=1)
        return copied, brought
