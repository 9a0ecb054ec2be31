"""Holds: while one is open nothing leaves by its channel, and promises go on being made."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

HOLD_CAUSES = ("breaker", "restore", "person")
OPEN_HOLD = "released_at IS NULL"


class Hold(SQLModel, table=True):
    """Who or what stopped a channel, why, and who let it go again.

    ``size`` is, of the breaker's, how many mails were beyond the plan. One of each cause is open at
    a time: two senders that meet the same mass leave one hold.
    """

    __table_args__ = (
        one_of("cause", HOLD_CAUSES),
        Index(
            "hold_open",
            "channel",
            "cause",
            unique=True,
            sqlite_where=text(OPEN_HOLD),
            postgresql_where=text(OPEN_HOLD),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    cause: str
    reason: str = ""
    size: int = 0
    began_at: datetime = Field(sa_type=Instant)
    by: str
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    released_by: str | None = None
