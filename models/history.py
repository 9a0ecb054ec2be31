"""Decisions, and the append-only history that explains every change."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, json_column, one_of

DECISION_STATUSES = ("proposed", "decided")


class Decision(SQLModel, table=True):
    """A checkpoint's proposal with its frozen evidence, and what a named person decided on it.

    ``announced_on`` stays empty until a morning has shown the signed decision to the flows.
    """

    __table_args__ = (
        UniqueConstraint("enrolment_id", "checkpoint"),
        one_of("status", DECISION_STATUSES),
        Index(
            "decision_unannounced",
            "decided_on",
            sqlite_where=text("announced_on IS NULL"),
            postgresql_where=text("announced_on IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    checkpoint: str
    evaluation_id: int = Field(foreign_key="evaluation.id")
    rule_version: int
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    proposal: str
    proposed_on: date
    status: str = "proposed"
    outcome: str | None = None
    decided_on: date | None = None
    decided_by: str | None = None
    override_reason: str | None = None
    announced_on: date | None = None


class History(SQLModel, table=True):
    """One change of one enrolment: who, when, what and why; rows are only ever added."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    at: datetime = Field(sa_type=Instant)
    by: str
    verb: str
    subject: str = ""
    why: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
