"""Messages that a reader no longer wants, among those that may be refused."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

REFUSED_BY = ("link", "mail program", "coordinator")
IN_FORCE = text("accepted_at IS NULL")


class Unwanted(SQLModel, table=True):
    """A contact's word that a topic of messages is not wanted: since when, said how, and until when it held.

    It goes with the contact's address: whoever answers for the cooperative next is asked nothing of it.
    """

    __table_args__ = (
        one_of("how", REFUSED_BY),
        Index(
            "unwanted_once",
            "contact_id",
            "topic",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    topic: str
    how: str
    said_by: str
    refused_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    accepted_by: str | None = None
