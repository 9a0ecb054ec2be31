"""Mornings as they happened: when one began and ended, and how; what a dead-man's switch looks at."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

MORNING_OUTCOMES = ("done", "failed")


class MorningRun(SQLModel, table=True):
    """A morning of a day: a cohort's (named as its lease is, `morning:SM-2027`), or the round of all (`mornings`).

    A day's repeated runs share a row: ``began_at``, ``ended_at`` and how it ended are the last one's,
    ``finished_at`` is when the first one of the day was through with everybody; empty while each broke
    off. ``failures`` counts the flows (of a round: the cohorts) that held somebody back.
    """

    __tablename__ = "morning_run"
    __table_args__ = (one_of("outcome", MORNING_OUTCOMES),)

    name: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    began_at: datetime = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str = "done"
    failures: int = 0
    runs: int = 1
