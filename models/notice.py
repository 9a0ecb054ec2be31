"""Notices: persisted promises to tell one recipient one thing; together they are outbox and ledger."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, json_column, one_of
from models.placed import place_of

NOTICE_STATUSES = ("pending", "sending", "sent", "failed", "in_doubt", "skipped", "cancelled")
CHANNELS = ("email", "call", "digest")
UNSETTLED = ("pending", "sending")
IN_OUTBOX = "status IN ('pending', 'sending') AND channel = 'email'"
"""What may still leave by mail, in literal words: a partial index serves only a query that repeats its condition."""
TROUBLED = "status IN ('failed', 'in_doubt')"
"""What a person must look at, in literal words for the same reason."""
TOLD = "sent_at IS NOT NULL"
IN_A_DIGEST = "digest_id IS NOT NULL"
OF_A_STEP, OF_NO_STEP = "step_id IS NOT NULL", "step_id IS NULL"
LATE = {
    "sqlite": "due_on < date(promised_at, '+1 hour')",
    "postgresql": "due_on < CAST(promised_at + INTERVAL '1 hour' AS date)",
}
"""What was promised after its day, or in its last hour: instants are in UTC, and Morocco is an hour ahead at most."""


def _placed(context: Any) -> int:
    return place_of(context.get_current_parameters()["key"])


PLACE = Column("place", Integer, nullable=False, default=_placed)


class Notice(SQLModel, table=True):
    """A promise, frozen when it is made: its facts, its template's version and its Message-ID.

    ``channel`` is `email` (a message of its own), `digest` (told inside the recipient's message
    of the day, ``digest_id``) or `call` (a coach tells it by telephone). ``token`` grows with
    each claim, so that a sender that froze and woke late cannot settle what another one took.
    ``approved_by`` is who said that it may leave as one of many, their number before their eyes.
    ``place`` is worked out from the key, and has what mornings write at once stand together in the index of
    keys; a key is looked up by both (`models.placed`).
    """

    __table_args__ = (
        one_of("status", NOTICE_STATUSES),
        one_of("channel", CHANNELS),
        Index(
            "notice_outbox",
            "send_at",
            sqlite_where=text(IN_OUTBOX),
            postgresql_where=text(IN_OUTBOX),
        ),
        UniqueConstraint("place", "key"),
        # Of an enrolment are those of its steps, and those of none: see `models.belonging`.
        Index("notice_step", "step_id", sqlite_where=text(OF_A_STEP), postgresql_where=text(OF_A_STEP)),
        Index("notice_of_enrolment", "enrolment_id", sqlite_where=text(OF_NO_STEP), postgresql_where=text(OF_NO_STEP)),
        Index(
            "notice_late", "promised_at", sqlite_where=text(LATE["sqlite"]), postgresql_where=text(LATE["postgresql"])
        ),
        Index("notice_troubled", "status", sqlite_where=text(TROUBLED), postgresql_where=text(TROUBLED)),
        Index("notice_digest", "digest_id", sqlite_where=text(IN_A_DIGEST), postgresql_where=text(IN_A_DIGEST)),
        Index("notice_told", "sent_at", sqlite_where=text(TOLD), postgresql_where=text(TOLD)),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str
    place: int = Field(default=None, sa_column=PLACE)
    kind: str
    cohort_id: int | None = Field(default=None, foreign_key="cohort.id")
    enrolment_id: int | None = Field(default=None, foreign_key="enrolment.id")
    step_id: int | None = Field(default=None, foreign_key="step.id")
    digest_id: int | None = Field(default=None, foreign_key="notice.id")
    recipient: str
    address: str | None = None
    language: str
    channel: str
    due_on: date
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    template_version: str = ""
    message_id: str | None = None
    approved_by: str | None = None
    promised_at: datetime = Field(sa_type=Instant)
    send_at: datetime = Field(sa_type=Instant)
    status: str = "pending"
    reason: str = ""
    attempts: int = 0
    doubts: int = 0
    token: int = 0
    claimed_by: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    data_begun: bool = False
    code: int | None = None
    error: str = ""
    body_digest: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


class NoticeBody(SQLModel, table=True):
    """The frozen bytes of a message between its first claim and its settlement."""

    __tablename__ = "notice_body"

    notice_id: int = Field(primary_key=True, foreign_key="notice.id")
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
