"""The facts that every notice carries: who hears it, about whom, and the human to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models import Cohort, Cooperative, Enrolment, EnrolmentLine
from notifications.kinds import BOTH, IN_TURN, LANGUAGES
from notifications.recipients import Named, Recipient
from notifications.rendering import NAMES

if TYPE_CHECKING:  # a desk's words carry these facts
    from notifications.promises import Desk, Word


def common_facts(desk: Desk, word: Word, cohort: Cohort) -> dict[str, Any]:
    """Return the facts that every notice carries."""
    to = word.to
    return {
        "recipient": to.name,
        **names_of(desk.people.cooperative(word.enrolment), to.language),
        "cohort": cohort.title,
        **_help(desk, word.enrolment, to),
    }


def names_of(cooperative: Cooperative | Named, language: str) -> dict[str, Any]:
    """Return the facts that name a cooperative as the reader writes it; for those who read both, in each language."""
    name = {"cooperative": cooperative_name(cooperative, language)}
    if language != BOTH:
        return name
    return {**name, NAMES: {one: cooperative_name(cooperative, one) for one in LANGUAGES}}


def cooperative_name(cooperative: Cooperative | Named, language: str) -> str:
    """Return a cooperative's name as the reader writes it; for those who read both, as in Arabic."""
    return (cooperative.name_ar if IN_TURN[language][0] == "ar" else None) or cooperative.name


CALLED = ("coordinator", "delegate")
"""Whom to call for help after the coach, the nearest first; the staff call each other, from the coordinator on."""


def _help(desk: Desk, enrolment: Enrolment | EnrolmentLine, to: Recipient) -> Mapping[str, str | None]:
    """Return whom to call and to ask: worked out once at a desk for all whom the same coach follows in a territory."""
    reader = to if to.is_staff else None
    coach = None if reader else desk.people.find("coach", enrolment)
    about = (_help, coach and coach.code, reader and reader.code, enrolment.delegation)
    known: Mapping[str, str | None] | None = desk.worked_out.get(about)
    if known is None:
        contact = _contact(desk, enrolment, coach, reader)
        coordinator = desk.people.find("coordinator", enrolment)
        desk.worked_out[about] = known = {
            "contact_name": contact.name if contact else None,
            "contact_phone": contact.phone if contact else None,
            # Access and rectification: the coordinator of the territory, else the programme's own address.
            "privacy_contact": (coordinator.email if coordinator else None) or desk.definition.privacy_contact,
        }
    return known


def _contact(
    desk: Desk, enrolment: Enrolment | EnrolmentLine, coach: Recipient | None, reader: Recipient | None
) -> Recipient | None:
    """Return the human to call: the nearest one who has a telephone, never the reader; without any, the nearest."""
    nearest: Recipient | None = None
    for found in (coach, *(desk.people.find(role, enrolment) for role in CALLED)):
        if found is None or (reader is not None and found.is_same_person(reader)):
            continue
        if found.phone:
            return found
        nearest = nearest or found
    return nearest
