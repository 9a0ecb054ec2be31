"""Links in messages: one purpose, one person, an end; only a hash of each is kept."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

LINK_PURPOSES = ("step", "unwanted")


class Link(SQLModel, table=True):
    """A link that was frozen into a message: the address itself is in the message alone.

    ``person`` is the recipient it was made for, as keys have it (coach:c1). `step` shows one step
    and records it; `unwanted` ends the messages of a ``topic``. What else ends it (the step is
    done, the person holds the role no more) is looked up when it is opened.
    """

    __table_args__ = (one_of("purpose", LINK_PURPOSES),)

    id: int | None = Field(default=None, primary_key=True)
    hash: str = Field(unique=True)
    purpose: str
    notice_id: int = Field(foreign_key="notice.id", index=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    step_id: int | None = Field(default=None, foreign_key="step.id", index=True)
    person: str = Field(index=True)
    topic: str = ""
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str | None = None
