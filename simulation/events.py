"""What life does to a plan, drawn from the seed: pauses, moved visits, new presidents, coaches who leave, closures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from simulation.people import People

PAUSES, LEAVES, PRESIDENTS, COACHES, MOVES = 0.04, 0.03, 0.12, 0.15, 0.02
"""How many cooperatives pause, give up or change their president in two years; coaches who leave; visits moved."""
NOTICE_DAYS = 5
"""How long before a visit its coach knows that it must move."""

Kind = Literal["pause", "resume", "drop out", "president"]


@dataclass(frozen=True)
class Event:
    """Something that happens to one cooperative on a day."""

    on: date
    kind: Kind


def of_cooperative(people: People, code: str, start_on: date) -> list[Event]:
    """Return a cooperative's events in the two years from its start, by day."""
    events: list[Event] = []
    if people.chance(code, "pauses") < PAUSES:
        first = start_on + timedelta(days=people.between(360, 560, code, "pause"))
        events += [
            Event(first, "pause"),
            Event(first + timedelta(days=people.between(21, 110, code, "pause lasts")), "resume"),
        ]
    if people.chance(code, "gives up") < LEAVES:
        events.append(Event(start_on + timedelta(days=people.between(180, 600, code, "gives up on")), "drop out"))
    if people.chance(code, "elects") < PRESIDENTS:
        events.append(Event(start_on + timedelta(days=people.between(60, 650, code, "elects on")), "president"))
    return sorted(events, key=lambda event: (event.on, event.kind))


def coach_leaves_on(people: People, coach: str, start_on: date) -> date | None:
    """Return the day on which a coach leaves the programme; None for most."""
    if people.chance(coach, "leaves") >= COACHES:
        return None
    return start_on + timedelta(days=people.between(120, 500, coach, "leaves on"))


def moved_by(people: People, code: str, step: str) -> int:
    """Return by how many days a visit is moved shortly before its day; 0 for most."""
    return people.between(2, 9, code, step, "moved by") if people.chance(code, step, "moves") < MOVES else 0
