"""Copies of messages for other services (a chat, a text message): never a promise, never said to be delivered."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

COPY_STATUSES = ("pending", "sending", "handed", "failed", "skipped")
COPY_WAITS = text("status IN ('pending', 'sending')")
COPY_FAILED = text("status = 'failed'")


class ServiceCopy(SQLModel, table=True):
    """What is handed to a service beside a message of ours; its text is forgotten once it is settled.

    ``service`` is the name that the settings give it: its address and its secrets are never stored.
    """

    __tablename__ = "service_copy"
    __table_args__ = (
        UniqueConstraint("notice_id", "service"),
        one_of("status", COPY_STATUSES),
        Index("service_copy_waits", "send_at", sqlite_where=COPY_WAITS, postgresql_where=COPY_WAITS),
        Index("service_copy_failed", "settled_at", sqlite_where=COPY_FAILED, postgresql_where=COPY_FAILED),
    )

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id")
    service: str
    title: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    send_at: datetime = Field(sa_type=Instant)
    status: str = "pending"
    reason: str = ""
    attempts: int = 0
    token: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
