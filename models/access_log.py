"""Who had a person's data handed out, corrected or taken away: what law 09-08 asks to be kept, naming nobody in it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import Instant, one_of
from models.erasure import ERASED

ACCESSES = ("export", "erase", "correct", "restore")


class AccessLog(SQLModel, table=True):
    """One access to one person's data; ``subject_id`` is their row, ``rows`` is how many were handed out or changed.

    Rows are only ever added. `restore` is an erasure that was carried out again in a copy made before it.
    """

    __tablename__ = "access_log"
    __table_args__ = (one_of("action", ACCESSES), one_of("subject", ERASED))

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    by: str
    action: str
    subject: str
    subject_id: int
    rows: int = 0
