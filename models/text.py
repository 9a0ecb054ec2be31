"""The texts that cohorts have of their own, in place of the programme's; none is ever deleted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of
from models.cooperative import LANGUAGES

IN_FORCE = "replaced_at IS NULL"


class CohortText(SQLModel, table=True):
    """What a cohort reads in place of a kind's text in one language, from ``at`` until ``replaced_at``.

    ``version`` identifies the pair of languages that was set together, by its content: a notice
    that was promised with it keeps it, whatever is set later.
    """

    __tablename__ = "cohort_text"
    __table_args__ = (
        one_of("language", LANGUAGES),
        CheckConstraint("(replaced_at IS NULL) = (replaced_by IS NULL)", name="replaced_by_somebody"),
        Index(
            "cohort_text_in_force",
            "cohort_id",
            "kind",
            "language",
            unique=True,
            sqlite_where=text(IN_FORCE),
            postgresql_where=text(IN_FORCE),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    cohort_id: int = Field(foreign_key="cohort.id", index=True)
    kind: str
    language: str
    subject: str
    body: str
    version: str = Field(index=True)
    by: str
    at: datetime = Field(sa_type=Instant)
    replaced_at: datetime | None = Field(default=None, sa_type=Instant)
    replaced_by: str | None = None
