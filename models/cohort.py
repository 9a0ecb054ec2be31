"""Published versions of the programme, and the cohorts that follow one."""

from datetime import date, datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

COHORT_STATUSES = ("open", "closed")


class ProgrammeVersion(SQLModel, table=True):
    """A published definition: frozen text, known by its content's hash; enrolments are pinned to one."""

    __tablename__ = "programme_version"
    __table_args__ = (UniqueConstraint("programme", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    programme: str
    version: int
    content_hash: str = Field(unique=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
    published_at: datetime = Field(sa_type=Instant)
    published_by: str


class Cohort(SQLModel, table=True):
    """A tranche, or one region's or phase's group of it, with a start date and its own eligibility."""

    __table_args__ = (one_of("status", COHORT_STATUSES),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    title: str
    start_on: date
    called_on: date
    region_code: str | None = None
    programme_version_id: int = Field(foreign_key="programme_version.id")
    max_age_years: int | None = None
    min_members: int = 5
    status: str = "open"
