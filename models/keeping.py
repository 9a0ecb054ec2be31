"""What keeps the house in order: leases of mornings, paused channels, and proclaimed holidays."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

WINDOW_SCOPES = ("sector", "cooperative")


class Lease(SQLModel, table=True):
    """Who does a piece of work now, and until when; ``fence`` grows each time it is taken."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Instant)
    fence: int = 0


class ChannelState(SQLModel, table=True):
    """A channel that an outage has paused (server away, login refused), since when and why.

    A person's stop is a `Hold`.
    ``beyond`` is how many mails beyond the plan began to leave on the day ``beyond_on``: the breaker's count.
    """

    __tablename__ = "channel_state"

    channel: str = Field(primary_key=True)
    paused_until: datetime | None = Field(default=None, sa_type=Instant)
    reason: str = ""
    failures: int = 0
    down_since: datetime | None = Field(default=None, sa_type=Instant)
    beyond_on: date | None = None
    beyond: int = 0


class HolidayOverride(SQLModel, table=True):
    """A coordinator's word on a day: a proclaimed holiday, or (without a name) an ordinary day after all."""

    __tablename__ = "holiday_override"

    on: date = Field(primary_key=True)
    name: str | None = None
    entered_by: str
    entered_at: datetime = Field(sa_type=Instant)


class ClosedWindow(SQLModel, table=True):
    """Days on which meetings are not to be held: for a sector (harvest) or for one cooperative.

    ``scope`` is `sector` (``target`` is the sector's name) or `cooperative` (``target`` is an enrolment's code).
    """

    __tablename__ = "closed_window"
    __table_args__ = (one_of("scope", WINDOW_SCOPES),)

    id: int | None = Field(default=None, primary_key=True)
    scope: str
    target: str = Field(index=True)
    first_on: date
    last_on: date
    reason: str
    entered_by: str
    entered_at: datetime = Field(sa_type=Instant)
