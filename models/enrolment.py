"""Enrolments: one cooperative in one cohort, its way through the stages, and its coaches."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, json_column, one_of

ENROLMENT_STATUSES = ("selected", "active", "suspended", "completed", "dropped", "excluded", "dissolved")
KEPT = "ended_on IS NOT NULL AND pseudonymised_on IS NULL"
"""Whose retention runs, in literal words: a partial index serves only a query that repeats its condition."""
FOLLOWED = "status = 'active'"
"""Who is under way, in literal words: a partial index serves only a query that repeats its condition."""
ENROLMENT_VERSION = Column("version", Integer, nullable=False)


class Enrolment(SQLModel, table=True):
    """One cooperative in one cohort, pinned to a version of the programme.

    ``code`` (cohort and rank, e.g. SM-2027/007) is its name in keys, commands and mail headers.
    ``watch_on`` is the next day on which a morning looks whether somebody should be alerted;
    empty once nothing can be amiss any more. ``pseudonymised_on`` is the day on which its retention ended
    and the people in it became pseudonyms.
    """

    __table_args__ = (
        UniqueConstraint("cohort_id", "cooperative_id"),
        one_of("status", ENROLMENT_STATUSES),
        Index(
            "enrolment_watch",
            "watch_on",
            sqlite_where=text("watch_on IS NOT NULL"),
            postgresql_where=text("watch_on IS NOT NULL"),
        ),
        Index("enrolment_kept", "ended_on", sqlite_where=text(KEPT), postgresql_where=text(KEPT)),
        Index("enrolment_followed", "delegation", sqlite_where=text(FOLLOWED), postgresql_where=text(FOLLOWED)),
    )
    __mapper_args__ = {"version_id_col": ENROLMENT_VERSION}

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    cohort_id: int = Field(foreign_key="cohort.id", index=True)
    cooperative_id: int = Field(foreign_key="cooperative.id", index=True)
    programme_version_id: int = Field(foreign_key="programme_version.id")
    start_on: date | None = None
    delegation: str
    rank: int
    status: str = "selected"
    outcome: str | None = None
    ended_on: date | None = None
    watch_on: date | None = None
    pseudonymised_on: date | None = None
    version: int = Field(default=None, sa_column=ENROLMENT_VERSION)


class EnrolmentLine(NamedTuple):
    """What verbs for many need of an enrolment, read by the hundred: as light as its row, and not to be changed."""

    id: int
    code: str
    cooperative_id: int
    programme_version_id: int
    delegation: str
    cohort_id: int
    rank: int
    status: str


class Passage(SQLModel, table=True):
    """An enrolment's way through one stage: its window, and when it entered and completed it.

    ``wake_on`` is the one column that mornings ask for: the next day on which a conclusion may
    be drawn; empty while only a recorded fact can change anything.
    """

    __table_args__ = (
        UniqueConstraint("enrolment_id", "stage"),
        Index(
            "passage_wake",
            "wake_on",
            sqlite_where=text("wake_on IS NOT NULL"),
            postgresql_where=text("wake_on IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    stage: str
    opens_on: date
    closes_on: date
    entered_on: date | None = None
    completed_on: date | None = None
    flagged_late_on: date | None = None
    wake_on: date | None = None


class CoachAssignment(SQLModel, table=True):
    """A coach follows an enrolment from a day to a day."""

    __tablename__ = "coach_assignment"

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date
    ends_on: date | None = None


class Territory(SQLModel, table=True):
    """The delegation that follows an enrolment from a day to a day; the earlier ones still read their past."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    delegation: str = Field(index=True)
    starts_on: date
    ends_on: date | None = None


class Suspension(SQLModel, table=True):
    """A pause of an enrolment, and how many working days each open step had left when it began.

    ``remaining`` maps a step's key to working days; a step that was late already has a negative number.
    """

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    from_on: date
    until_on: date | None = None
    reason: str
    remaining: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    suspended_by: str
    suspended_at: datetime = Field(sa_type=Instant)
    resumed_by: str | None = None
