"""Heeds what readers no longer want: such promises are written down with the reason, and not sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlmodel import Session

from models import Contact, Unwanted
from models.columns import columns
from models.sets import do, within
from notifications.promises import Desk, Word
from programme.unwanted import UNWANTED

CONTACT, REFUSAL = columns(Contact), columns(Unwanted)
REFUSED = (
    sa.select(CONTACT.cooperative_id, CONTACT.email, REFUSAL.topic)
    .where(REFUSAL.contact_id == CONTACT.id, REFUSAL.accepted_at.is_(None))
    .where(within(CONTACT.cooperative_id, "cooperatives"))
)

Wish = tuple[int, str, str]
"""A cooperative, the address of the contact who said so, and the topic."""


def heed(desk: Desk, words: Sequence[Word]) -> list[Word]:
    """Mark what was refused as stale; one query, where anything may be refused at all."""
    asked = {word.key for word in words if _may_be_refused(word)}
    if not asked:
        return list(words)
    refused = _refused(desk.session, {word.enrolment.cooperative_id for word in words if word.key in asked})
    return [replace(word, stale=UNWANTED) if word.key in asked and _wish(word) in refused else word for word in words]


def _may_be_refused(word: Word) -> bool:
    """Tell whether a word has a topic; not where a coach tells it by telephone, nor where it is settled already."""
    return bool(word.facts.get("topic") and word.to.email and not (word.stale or word.withdrawn))


def _wish(word: Word) -> Wish:
    return word.enrolment.cooperative_id, (word.to.email or "").lower(), str(word.facts["topic"])


def _refused(session: Session, cooperative_ids: Collection[int]) -> set[Wish]:
    rows = do(session, REFUSED, cooperatives=sorted(cooperative_ids)).all()
    return {(cooperative, (email or "").lower(), topic) for cooperative, email, topic in rows}
