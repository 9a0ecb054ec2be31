"""What coaches and coordinators record: presence, sessions, evaluations, and the development plan's actions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, json_column


class Attendance(SQLModel, table=True):
    """One person of a cooperative at one training module, present or absent."""

    __table_args__ = (UniqueConstraint("step_id", "attendee"),)

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    step_id: int = Field(foreign_key="step.id")
    module: str
    attendee: str
    on: date
    present: bool
    recorded_by: str
    recorded_at: datetime = Field(sa_type=Instant)


class SessionReport(SQLModel, table=True):
    """A coaching session as its coach reports it: held or missed."""

    __tablename__ = "session_report"

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    step_id: int = Field(foreign_key="step.id", unique=True)
    on: date
    held: bool
    summary: str = ""
    recorded_by: str
    recorded_at: datetime = Field(sa_type=Instant)


class Evaluation(SQLModel, table=True):
    """The recorded facts of a checkpoint: answers and their score; never overwritten.

    ``proposed_on`` stays empty until a morning has drawn its conclusion.
    """

    __table_args__ = (
        UniqueConstraint("enrolment_id", "checkpoint", "campaign"),
        Index(
            "evaluation_waiting",
            "on",
            sqlite_where=text("proposed_on IS NULL"),
            postgresql_where=text("proposed_on IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    checkpoint: str
    campaign: int = 1
    on: date
    form: str
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    score: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    recorded_by: str
    recorded_at: datetime = Field(sa_type=Instant)
    proposed_on: date | None = None


class PlanAction(SQLModel, table=True):
    """One action of a development plan, for one weak axis, until it is done."""

    __tablename__ = "plan_action"
    __table_args__ = (UniqueConstraint("enrolment_id", "axis"),)

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    axis: str
    title_fr: str
    title_ar: str
    done_on: date | None = None
    done_by: str | None = None
