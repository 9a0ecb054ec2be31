"""Links in messages: made when a message's bytes are frozen; the database keeps a hash of each, never the address.

Whoever holds a link can do the one thing it is for. So it is worth as much as the secret key it
is made with: another key, and no link of before opens any more.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session, SQLModel

from models import Link
from models.sets import within
from models.spoken import Spoken
from notifications.claimed import Sayable, Tellable

LASTS = timedelta(days=30)
KEPT = timedelta(days=30)
"""How long after its end a link is still known by name: what it led to can be said until then."""
PATH = "/l/"
WITH_A_LINK = frozenset({"step_reminder", "step_late", "call", "escalation"})
"""What a message of the day says of a step that somebody has still to do: each has its link."""
_SECRET, _PROOF = 18, 6
"""Bytes of a token: 144 bits that nobody can guess, and 48 that tell a guess from ours without asking the database."""
_TABLE = SQLModel.metadata.tables[str(Link.__tablename__)]
_COLUMNS = ("hash", "purpose", "notice_id", "enrolment_id", "step_id", "person", "topic", "made_at", "expires_at")
_PAST = delete(_TABLE).where(_TABLE.c.expires_at < bindparam("past"))
_KNOWN = select(_TABLE.c.hash).where(within(_TABLE.c.hash, "hashes"))
_MAKING = Spoken(insert(_TABLE).values({name: bindparam(name) for name in _COLUMNS}), _COLUMNS)
"""Said for every batch, so built once."""
Noted = dict[str, tuple[Any, ...]]
"""Links that were made, by their hash: all else that is written down of each."""


@dataclass(frozen=True)
class Links:
    """Makes the links of messages.

    A message that is made again before it left (another address, an item less) has the same links
    for what has not changed: they are worked out from what they are for, not drawn.
    """

    secret: str = field(repr=False)
    base_url: str
    lasts: timedelta = LASTS

    def to_step(self, noted: Noted, message: Sayable, item: Tellable, now: datetime) -> str | None:
        """Return the link of one item of a message of the day; None for an item without a step to do."""
        if item.step_id is None or item.enrolment_id is None or item.kind not in WITH_A_LINK:
            return None
        return self._note(noted, message, item, now, purpose="step")

    def to_refuse(self, noted: Noted, message: Sayable, now: datetime) -> str | None:
        """Return the link that ends messages of a message's topic; None where it may not be refused."""
        topic = message.facts.get("topic")
        if not topic or message.enrolment_id is None:
            return None
        return self._note(noted, message, message, now, purpose="unwanted", topic=str(topic))

    def _note(
        self, noted: Noted, message: Sayable, item: Tellable, now: datetime, *, purpose: str, topic: str = ""
    ) -> str:
        token = self.token(purpose, message.key, message.address or "", item.key, item.recipient, topic)
        step_id = item.step_id if purpose == "step" else None
        told = (purpose, message.id, item.enrolment_id, step_id, item.recipient, topic, now, now + self.lasts)
        noted[hash_of(token)] = told
        return f"{self.base_url.rstrip('/')}{PATH}{token}"

    def token(self, *what_for: str) -> str:
        """Return the token of what it is for: 32 letters that an address holds as they are."""
        secret = self._mac("link", *what_for)[:_SECRET]
        return urlsafe_b64encode(secret + self._proof(secret)).decode()

    def is_ours(self, token: str) -> bool:
        """Tell whether a token was made here, without asking the database: guesses stop at this."""
        try:
            read = urlsafe_b64decode(token)
        except ValueError:
            return False
        if len(read) != _SECRET + _PROOF or urlsafe_b64encode(read).decode() != token:
            return False
        return hmac.compare_digest(self._proof(read[:_SECRET]), read[_SECRET:])

    def _proof(self, secret: bytes) -> bytes:
        return self._mac("proof", secret.hex())[:_PROOF]

    def _mac(self, *parts: str) -> bytes:
        return hmac.digest(self.secret.encode(), "\0".join(("mourafaka", *parts)).encode(), "sha256")


def hash_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def keep(session: Session, now: datetime, messages: Iterable[Sayable], noted: Noted) -> int:
    """Write down the links of messages that are frozen in this transaction: three statements, however many.

    Links whose end is long past go. Returns how many are new.
    """
    frozen = {message.id for message in messages}
    rows = {hashed: told for hashed, told in noted.items() if told[1] in frozen}
    if not rows:
        return 0
    connection = session.connection()
    connection.execute(_PAST, {"past": now - KEPT})
    known = set(connection.execute(_KNOWN, {"hashes": [*rows]}).scalars())
    fresh = [(hashed, *told) for hashed, told in rows.items() if hashed not in known]
    _MAKING.say(connection, fresh)
    return len(fresh)
