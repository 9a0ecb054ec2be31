"""Steps: the dated things someone must do for an enrolment."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import one_of

STEP_STATUSES = ("open", "done", "missed", "not_required")
STEP_ORIGINS = ("plan", "recovery", "make_up", "call", "legal")
IS_WATCHED = "kind IN ('call', 'evaluation', 'meeting', 'module', 'session')"
"""The kinds at which alerts look, in literal words: a partial index serves only a query that repeats its condition."""


class Step(SQLModel, table=True):
    """A step with its date; ``nominal_on`` is the rule's own day, before closed days were avoided.

    ``remind_on`` is the one column that mornings ask for: the first day on which someone should
    hear of it and has not been looked at yet; empty once nobody need hear any more. A step that
    is not in the definition (a call to make, a make-up, a recovery session) brings its own title.
    ``moves`` counts the changes of its date, hour or place: the SEQUENCE of its invitations.
    """

    __table_args__ = (
        UniqueConstraint("enrolment_id", "key"),
        one_of("status", STEP_STATUSES),
        one_of("origin", STEP_ORIGINS),
        Index(
            "step_remind",
            "remind_on",
            sqlite_where=text("remind_on IS NOT NULL"),
            postgresql_where=text("remind_on IS NOT NULL"),
        ),
        Index("step_watched", "enrolment_id", sqlite_where=text(IS_WATCHED), postgresql_where=text(IS_WATCHED)),
    )

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    key: str
    rule: str
    stage: str
    kind: str
    owner: str
    number: int | None = None
    nominal_on: date
    due_on: date
    at: str | None = None
    minutes: int | None = None
    place: str | None = None
    pinned: bool = False
    moves: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    status: str = "open"
    done_on: date | None = None
    done_by: str | None = None
    origin: str = "plan"
    title_fr: str | None = None
    title_ar: str | None = None
    remind_on: date | None = None


class StepLine(NamedTuple):
    """What is said of a step, read by the hundred: as light as its row, and not to be changed.

    From ``kind`` on it is what steps of one rule and day have alike (`alike`).
    """

    id: int
    enrolment_id: int
    key: str
    minutes: int | None
    place: str | None
    moves: int
    kind: str
    due_on: date
    owner: str
    at: str | None
    rule: str
    number: int | None
    title_fr: str | None
    title_ar: str | None
    remind_on: date | None

    @property
    def alike(self) -> tuple[Any, ...]:
        """Return what makes what is said of a step, on a day: steps that have it alike are said alike, but for their
        people and places."""
        return self[6:]
