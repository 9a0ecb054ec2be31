"""Whose data were pseudonymised, when and by whose word: an account of it that names nobody."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of

ERASED = ("person", "contact")
ERASURE_CAUSES = ("asked", "retention")


class Erasure(SQLModel, table=True):
    """One person of the staff, or one contact, whose data have gone; ``subject_id`` is their row, which stays."""

    __table_args__ = (
        UniqueConstraint("subject", "subject_id"),
        one_of("subject", ERASED),
        one_of("cause", ERASURE_CAUSES),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject: str
    subject_id: int
    pseudonym: str
    cause: str
    by: str
    at: datetime = Field(sa_type=Instant)
