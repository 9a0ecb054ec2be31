"""Notices that are about to be written: light until they are rows, and all of a chunk written by one statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

import sqlmodel
from sqlalchemy import false, literal_column, select
from sqlmodel import Session

from models import Notice
from models.columns import columns
from models.inserting import Inserting
from models.placed import keyed, place_of
from models.sets import do


@dataclass(eq=False, slots=True)
class Draft:
    """A notice that is not written yet, under the names of its columns."""

    key: str
    kind: str
    cohort_id: int | None
    enrolment_id: int | None
    step_id: int | None
    recipient: str
    address: str | None
    language: str
    channel: str
    due_on: date
    facts: dict[str, Any]
    approved_by: str | None
    promised_at: datetime
    send_at: datetime
    template_version: str = ""
    message_id: str | None = None
    digest_id: int | None = None
    status: str = "pending"
    reason: str = ""
    settled_at: datetime | None = None
    place: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out where its key stands."""
        self.place = place_of(self.key)


Promised = Draft | Notice
"""A notice that is about to be written, or one that lives again in its own row."""

NOTICE = columns(Notice)
_EMPTY: Final[dict[str, Any]] = {
    **dict.fromkeys(("claimed_by", "error"), literal_column("''")),
    **dict.fromkeys(("attempts", "doubts", "token"), literal_column("0")),
    "data_begun": false(),
}
"""What every notice begins with, beside what its draft says."""
_NAMES: Final = [one.name for one in fields(Draft)]
_INSERT: Final = Inserting(Notice, _NAMES, _EMPTY)
_values = attrgetter(*_NAMES)


def write(session: Session, drafts: Sequence[Draft]) -> None:
    """Write new notices, in their order; what was changed before is written first, for they may belong to it."""
    _INSERT.write(session, [*map(_values, drafts)])


def known(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Return which of these keys exist, and how each stands."""
    rows = do(session, KNOWN, keys=sorted(keys)).all()
    return {row[0]: row[1] for row in rows}


KNOWN = select(NOTICE.key, NOTICE.status).where(keyed(NOTICE.id, "keys"))
"""Built once, for every chunk of a morning asks it."""


def rows_of(session: Session, promised: Sequence[Promised]) -> list[Notice]:
    """Return the rows of what was promised, in the same order."""
    keys = [one.key for one in promised if isinstance(one, Draft)]
    found = session.exec(sqlmodel.select(Notice).where(keyed(NOTICE.id, keys))) if keys else ()
    written = {row.key: row for row in found}
    return [one if isinstance(one, Notice) else written[one.key] for one in promised]
