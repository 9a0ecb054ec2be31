"""Finds the rows in which a person has left traces, table by table, as the register of personal data says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, cast, false, or_, true
from sqlalchemy import select as from_table
from sqlmodel import Session, SQLModel, col, select

from actions.subjects import Subject
from models import Notice
from models.belonging import of_enrolments
from models.personal import OWN, SEARCHED, holding

OWNERS = {"contact": "contact_id", "person": "person_id"}
"""What the tables that belong to somebody point to them with."""
SLICE = 500
"""Rows that are asked for by their number at once."""


@dataclass(frozen=True)
class Trace:
    """A row with traces: its table, its values, and which of its columns name the person.

    ``is_own`` says that the row is theirs and nobody else's: a role, a message to them, a link in it.
    """

    table: str
    values: Mapping[str, Any]
    columns: tuple[str, ...]
    is_own: bool = False


def table_of(name: str) -> Table:
    """Return a table."""
    return SQLModel.metadata.tables[name]


def traces_of(session: Session, subject: Subject) -> list[Trace]:
    """Return every row with traces of a person, each once; what was sent to them first, then by the tables' names."""
    return list(_Search(session, subject).found())


@dataclass
class _Search:
    session: Session
    subject: Subject
    told: set[int] = field(default_factory=set)
    """The notices that were addressed to the person."""

    def found(self) -> Iterator[Trace]:
        """Yield all there is; the notices first, for others hang on them."""
        names = sorted(SQLModel.metadata.tables)
        for name in ("notice", *(one for one in names if one != "notice")):
            yield from self._in(table_of(name))

    def _in(self, table: Table) -> Iterator[Trace]:
        columns = holding(table.name, *SEARCHED)
        for row in self._rows(table, columns):
            named = tuple(name for name in columns if self.subject.traces.is_in(row[name]))
            is_own = self._is_own(table, row, named)
            if is_own or named:
                own = holding(table.name, *OWN) if table.name == self.subject.kind else ()
                yield Trace(table.name, row, (*own, *named), is_own)

    def _rows(self, table: Table, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the rows that may have traces, each once."""
        seen: set[tuple[Any, ...]] = set()
        for where in (self._theirs(table), *self._of_told(table), self._scope(table, columns)):
            rows = self.session.execute(from_table(table).where(where).order_by(*table.primary_key))
            for row in map(dict, rows.mappings()):
                key = tuple(row[column.name] for column in table.primary_key)
                if key not in seen:
                    seen.add(key)
                    yield row

    def _theirs(self, table: Table) -> ColumnElement[bool]:
        column = self._owner(table)
        return table.c[column].in_(self.subject.ids) if column else false()

    def _owner(self, table: Table) -> str | None:
        """Return the column that says whose a row is, in the tables that belong to somebody."""
        column = "id" if table.name == self.subject.kind else OWNERS[self.subject.kind]
        return column if column in table.columns else None

    def _of_told(self, table: Table) -> Iterator[ColumnElement[bool]]:
        ids = sorted(self.told) if "notice_id" in table.columns else []
        for first in range(0, len(ids), SLICE):
            yield table.c.notice_id.in_(ids[first : first + SLICE])

    def _is_own(self, table: Table, row: Mapping[str, Any], named: Sequence[str]) -> bool:
        if table.name == "notice":
            if {"address", "recipient"} & {*named} or self.subject.traces.is_in(row["facts"].get("recipient")):
                self.told.add(row["id"])
            return row["id"] in self.told
        column = self._owner(table)
        return row.get("notice_id") in self.told or (column is not None and row[column] in self.subject.ids)

    def _scope(self, table: Table, columns: Sequence[str]) -> ColumnElement[bool]:
        """Return where to look: a contact's traces are in their cooperative's rows, or in tables of a few rows."""
        if not columns:
            return false()
        if self.subject.kind == "person":
            patterns = list(self.subject.traces.patterns())
            return or_(*(cast(table.c[name], Text).ilike(one, escape="!") for name in columns for one in patterns))
        return self._of_cooperative(table)

    def _of_cooperative(self, table: Table) -> ColumnElement[bool]:
        ids, codes = list(self.subject.enrolments), list(self.subject.enrolments.values())
        about = of_enrolments(ids)
        days = select(Notice.digest_id).where(about, col(Notice.digest_id).is_not(None))  # messages that tell of them
        if table.name == "notice":
            return or_(about, table.c.id.in_(days))
        if "enrolment_id" in table.columns:
            return table.c.enrolment_id.in_(ids)
        if "notice_id" in table.columns:
            return or_(table.c.notice_id.in_(select(Notice.id).where(about)), table.c.notice_id.in_(days))
        if table.name == "closed_window":
            return table.c.target.in_(codes)
        return false() if {*OWNERS.values()} & {*table.columns.keys()} else true()


def key_of(trace: Trace) -> ColumnElement[bool]:
    """Return what finds a trace's row again."""
    return and_(*(column == trace.values[column.name] for column in table_of(trace.table).primary_key))
