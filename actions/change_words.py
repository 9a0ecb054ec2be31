"""Whom a new date concerns, what they were told of the old one, and what they hear of the change: once each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlmodel import Session, col, select

from actions.remind import meeting_facts
from actions.tell import item_facts, title_for
from models import Enrolment, Notice, Step
from notifications.promises import Desk, Word, channel_of
from notifications.recipients import Recipient

KIND = "date_changed"
Telling = Literal["everybody", "who heard", "the invited", "nobody"]
"""Who is told that a date changes: all whom it concerns, only those who were told the old one, a cooperative
alone that holds an invitation, or nobody."""


@dataclass(frozen=True)
class When:
    """What a person knows of a step: the day, and a meeting's hour and place."""

    on: date
    at: str | None
    place: str | None


@dataclass
class Past:
    """What became of the notices about some steps, by step: who heard which dates, and what has not left."""

    heard: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    untold: dict[tuple[int, str], When] = field(default_factory=dict)
    waiting: dict[int, list[Notice]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)


def past_of(session: Session, step_ids: Sequence[int]) -> Past:
    """Read what was promised about some steps, in slices: a database takes only so many parameters."""
    past = Past()
    for first in range(0, len(step_ids), 500):
        part = col(Notice.step_id).in_(step_ids[first : first + 500])
        for notice in session.exec(select(Notice).where(part).order_by(col(Notice.id))):
            _note(past, notice)
    return past


def _note(past: Past, notice: Notice) -> None:
    assert notice.step_id is not None
    about = (notice.step_id, notice.recipient)
    if notice.status == "pending" and notice.doubts == 0:
        past.waiting.setdefault(notice.step_id, []).append(notice)
        if notice.kind == KIND:
            facts = notice.facts
            past.untold[about] = When(date.fromisoformat(facts["was_on"]), facts["was_at"], facts["was_place"])
    elif notice.status in {"sent", "sending", "in_doubt", "pending"}:
        past.left.add(notice.key)
        past.heard.setdefault(about, set()).add(str(notice.facts.get("due_on")))


def audience(desk: Desk, enrolment: Enrolment, step: Step) -> list[Recipient]:
    """Return whom a step's date concerns: its owner, and the cooperative that a meeting brings together.

    A coach who telephones the cooperative for it reads the change in that call.
    """
    owner = desk.people.find(step.owner, enrolment)
    if step.at is None or step.owner == "cooperative":
        return [owner] if owner else []
    cooperative = desk.people.find("cooperative", enrolment)
    caller = desk.people.find("coach", enrolment)
    calls = cooperative is not None and channel_of(cooperative, KIND) == "call"
    if calls and owner is not None and caller is not None and owner.code == caller.code:
        owner = None
    return [one for one in (cooperative, owner) if one is not None]


def hearers(
    desk: Desk, enrolment: Enrolment, step: Step, to: When, past: Past, *, telling: Telling, by: str
) -> list[tuple[Recipient, When]]:
    """Return who is to be told that a step goes ``to`` another time, each with what they know; not who did it."""
    assert step.id is not None
    found = []
    for one in audience(desk, enrolment, step) if telling != "nobody" else ():
        known = past.untold.get((step.id, one.code)) or When(step.due_on, step.at, step.place)
        is_author = one.is_staff and one.code.partition(":")[2] == by
        if known != to and not is_author and _is_told(telling, past, step, one):
            found.append((one, known))
    return found


def _is_told(telling: Telling, past: Past, step: Step, one: Recipient) -> bool:
    if telling == "the invited":
        return not one.is_staff
    return telling == "everybody" or _has_heard(past, step, one)


def _has_heard(past: Past, step: Step, one: Recipient) -> bool:
    about = (step.id or 0, one.code)
    return about in past.untold or step.due_on.isoformat() in past.heard.get(about, ())


def told_of(past: Past, steps: Iterable[Step]) -> dict[int, tuple[str, ...]]:
    """Return, by step, who was told of the date on which it stands."""
    return {
        step.id: tuple(
            sorted(
                to
                for (step_id, to), dates in past.heard.items()
                if step_id == step.id and step.due_on.isoformat() in dates
            )
        )
        for step in steps
        if step.id is not None
    }


def change_word(desk: Desk, enrolment: Enrolment, step: Step, to: Recipient, known: When) -> Word:
    """Return what somebody hears of a step that has moved: what they knew, and what holds now."""
    facts: dict[str, Any] = item_facts(desk, step, title_for(step, desk.definition), enrolment)
    facts |= {
        "was_on": known.on.isoformat(),
        "was_at": known.at,
        "was_place": known.place,
        "on": step.due_on.isoformat(),
        "at": None,
        "ends_at": None,
        "place": None,
    }
    if step.at is not None:
        facts |= {**meeting_facts(step, enrolment), "meeting": facts["step"]}
    mark = f"-{step.moves}@{step.due_on.isoformat()}"
    return Word(KIND, enrolment, to, desk.today, facts, step=step, mark=mark)
