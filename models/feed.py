"""Calendar feeds: the secret address under which a coach's calendar is read; only its hash is kept."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import Instant

IN_FORCE = "revoked_at IS NULL"


class CalendarFeed(SQLModel, table=True):
    """One coach's feed; ``expires_on`` is its last day. A person has one that is in force at the most."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index(
            "calendar_feed_in_force",
            "person_id",
            unique=True,
            sqlite_where=text(IN_FORCE),
            postgresql_where=text(IN_FORCE),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    hash: str = Field(unique=True)
    made_at: datetime = Field(sa_type=Instant)
    made_by: str
    expires_on: date
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str | None = None
