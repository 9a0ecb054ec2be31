"""All that is held about the people with an address, as one document: what law 09-08 lets them ask for.

What is only theirs is there whole. Of a row about somebody else in which they are named there is what names
them, and the days and numbers around it: the others in it have their own right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from actions import access_log
from actions.subjects import Subject, subjects_at
from actions.traces import Trace, table_of, traces_of
from models import Cohort, Cooperative, Enrolment, Step
from models.personal import holding

NAMED_BY: Mapping[str, tuple[type[Any], str]] = {
    "enrolment_id": (Enrolment, "code"),
    "cohort_id": (Cohort, "code"),
    "cooperative_id": (Cooperative, "name"),
    "step_id": (Step, "key"),
}
"""What a row points to, and what a reader knows that by."""
NUMBERS = frozenset({"id", "person_id", "contact_id", "digest_id", "notice_id", "evaluation_id", "subject_id"})
"""Columns that only the database itself has a use for."""


@dataclass(frozen=True)
class Export:
    """The document, and how many rows are in it."""

    document: dict[str, Any]
    rows: int


def export_person(session: Session, *, email: str, by: str, now: datetime) -> Export:
    """Return everything held about the people who have or had an address, and write down who asked for it."""
    subjects = subjects_at(session, email)
    access_log.refuse_others(session, by, subjects, now)
    people, rows = [], 0
    for subject in subjects:
        traces = traces_of(session, subject)
        people.append(_person(session, subject, traces))
        access_log.log(session, "export", subject, by=by, now=now, rows=len(traces))
        rows += len(traces)
    return Export({"asked_for": email.strip(), "made_at": _plain(now), "people": people}, rows)


def _person(session: Session, subject: Subject, traces: Sequence[Trace]) -> dict[str, Any]:
    known, names = subject.traces, _Names(session)
    held: dict[str, list[dict[str, Any]]] = {}
    for trace in traces:
        held.setdefault(trace.table, []).append(_row(trace, names))
    return {
        "is": "staff" if subject.kind == "person" else "contact of a cooperative",
        "goes_by": {
            "code": known.code,
            "names": sorted(known.names),
            "emails": sorted(known.emails),
            "phones": sorted(known.phones),
        },
        "enrolments": sorted(subject.enrolments.values()),
        "held": dict(sorted(held.items())),
    }


def _row(trace: Trace, names: _Names) -> dict[str, Any]:
    """Return a row as its reader knows it: without numbers of rows, secrets, and what is about others alone."""
    personal = set(holding(trace.table, "words", "free", "attendee", "data"))
    hidden = NUMBERS | set(holding(trace.table, "secret", "bytes"))
    if not trace.is_own:
        hidden |= personal - set(trace.columns)
    shown = {}
    for column in table_of(trace.table).columns:
        value = trace.values[column.name]
        if column.name in NAMED_BY and value is not None:
            shown[column.name.removesuffix("_id")] = names.of(column.name, value)
        elif column.name not in hidden and column.name not in NAMED_BY:
            shown[column.name] = _plain(value)
    return shown


class _Names:
    """What rows are known by to people; each is looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, int], str] = {}

    def of(self, column: str, row_id: int) -> str:
        """Return the name of what a column points to."""
        if (column, row_id) not in self._known:
            table, name = NAMED_BY[column]
            self._known[column, row_id] = str(getattr(self._session.get_one(table, row_id), name))
        return self._known[column, row_id]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, (date, Decimal)):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value
