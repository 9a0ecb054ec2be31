"""After days without a run: which of the things that are late to be said are still said, and why the others are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from programme.calendar import Calendar

FRESH_DAYS = 2
"""Working days: what should have been said longer ago belongs to a backlog."""
PER_RECIPIENT = 3
ORDER = (
    "certificate",
    "checkpoint_result",
    "welcome",
    "resumed",
    "meeting_cancelled",
    "date_changed",
    "meeting",
    "step_reminder",
)
"""What goes before the rest when not everything can be said; chasers come last."""
LASTING = frozenset({"certificate", "checkpoint_result", "welcome", "resumed", "step_late"}) | frozenset(
    {"escalation", "handover", "alert", "correction"}
)
"""Kinds that still mean something when the date they speak of is past: for cooperatives, and for the staff."""

PAST = "late after an outage: its date is past"
ENOUGH = "late after an outage: one message of a kind and three in all are enough"


@dataclass(frozen=True)
class Candidate:
    """Something to say to someone, and the date it speaks of (None when it speaks of none)."""

    key: str
    recipient: str
    kind: str
    about: date | None = None


def fresh_since(today: date, calendar: Calendar) -> date:
    """Return the first day of which what should have been said is not late yet."""
    return calendar.add_working_days(calendar.on_or_before(today), -FRESH_DAYS)


def unsaid(
    waiting: Iterable[Candidate], said: Iterable[Candidate], today: date, behind: Collection[str]
) -> dict[str, str]:
    """Return the keys of what is not to be said any more, each with the reason.

    Whoever is ``behind`` (has heard nothing through an outage) gets one message of each kind and
    three in all, with what is ``said`` already; none speaks of a date that is past. Nobody else is
    concerned.
    """
    known, candidates = list(said), list(waiting)
    reasons: dict[str, str] = {}
    for recipient in sorted(behind):
        mine = [one for one in candidates if one.recipient == recipient]
        heard = {one.kind for one in known if one.recipient == recipient}
        reasons |= _sifted(mine, heard, today)
    return reasons


def _sifted(mine: Sequence[Candidate], heard: set[str], today: date) -> dict[str, str]:
    reasons = {}
    for one in sorted(mine, key=lambda one: _urgency(one, today)):
        if is_past(one, today):
            reasons[one.key] = PAST
        elif one.kind in heard or len(heard) >= PER_RECIPIENT:
            reasons[one.key] = ENOUGH
        else:
            heard.add(one.kind)
    return reasons


def _urgency(one: Candidate, today: date) -> tuple[int, int, str]:
    """Order: by kind, then the nearest date first."""
    rank = ORDER.index(one.kind) if one.kind in ORDER else len(ORDER)
    return rank, abs((one.about - today).days) if one.about else 0, one.key


def is_past(one: Candidate, today: date) -> bool:
    """Tell whether something speaks of a date that is over, and of nothing else."""
    return one.about is not None and one.about < today and one.kind not in LASTING
