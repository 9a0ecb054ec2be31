"""Decisions, and the append-only history that explains every change."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, json_column, one_of

DECISION_STATUSES = ("proposed", "to_countersign", "decided")
APPEAL_STATUSES = ("filed", "upheld", "rejected")
ALERT_STATUSES = ("open", "accepted", "dismissed")
ADMITTED = "verb IN ('enrolled', 'reinstated')"
"""After which lines silence is counted anew, in literal words: a partial index serves only what repeats them."""


class Decision(SQLModel, table=True):
    """A checkpoint's proposal with its frozen evidence, and what a named person decided on it.

    ``announced_on`` stays empty until a morning has shown the signed decision to the flows.
    ``flag`` says what changed in the evidence after it was decided: it is shown, never applied by itself.
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
    enrolment_id: int = Field(foreign_key="enrolment.id")
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
    second_by: str | None = None
    flag: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))


class History(SQLModel, table=True):
    """One change of one enrolment: who, when, what and why; rows are only ever added."""

    __table_args__ = (
        Index("history_admitted", "enrolment_id", sqlite_where=text(ADMITTED), postgresql_where=text(ADMITTED)),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    at: datetime = Field(sa_type=Instant)
    by: str
    verb: str
    subject: str = ""
    why: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())


class Correction(SQLModel, table=True):
    """A recorded fact that was set right later: what it was, what it is, who says so and why."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    fact: str
    subject: str
    before: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    after: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    why: str
    by: str
    at: datetime = Field(sa_type=Instant)


class Appeal(SQLModel, table=True):
    """A cooperative's appeal against not being selected, or against its exit, and what became of it."""

    __table_args__ = (one_of("status", APPEAL_STATUSES),)

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    against: str
    decided_on: date
    filed_on: date
    filed_by: str
    grounds: str
    status: str = "filed"
    closed_on: date | None = None
    closed_by: str | None = None
    reason: str = ""


class Alert(SQLModel, table=True):
    """Something amiss that a named person was told of once, with what the rule proposes; open until they answer."""

    __table_args__ = (UniqueConstraint("enrolment_id", "kind", "about"), one_of("status", ALERT_STATUSES))

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    kind: str
    about: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    proposal: str | None = None
    raised_on: date
    status: str = "open"
    closed_on: date | None = None
    closed_by: str | None = None
    reason: str = ""
