"""What takes effect in the engine's database, a line each, written by somebody else than the engine.

An operation takes effect when its transaction commits, and not before. A line that a process writes beside a commit
can be lost or be too many when it is killed between the two. So the database itself writes the line, by triggers, in
the very transaction of the change: what was rolled back has none, and what was done twice has two, whoever did it. A
clerk, who is never killed, copies the committed lines to a file, one a line, as they come.

A trigger fires for every row that is written: for a step that is closed a second time, though nothing in it differs,
for a second row of the same promise, for the same extra steps added again. An opening is no deed of the engine's: it is
the row of the step, on the day twelve days before it is due, unless the enrolment has ended by then. So the clerk
writes it on that day, after the evaluations, once for every row that was written for the step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.workload import definition, rules
from benchmarks.workload.counting import checkpoint_of
from benchmarks.workload.oracle import CLOSING, OPENING, Operation
from benchmarks.workload.ours import on
from models.session import Database

DECISION = "V"
"""An evaluation's effect: the decision is signed and carried out."""
PLANNED, CLOSED, TOLD, RESULT, DECIDED, ENDED = "planned", "closed", "told", "result", "decided", "ended"
_TABLE = """CREATE TABLE effect (
    id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, rank INTEGER NOT NULL,
    name TEXT, due_on DATE, "on" DATE)"""
_TRIGGER = """CREATE TRIGGER {what} AFTER {event} WHEN {when} BEGIN
    INSERT INTO effect (what, rank, name, due_on, "on") SELECT '{what}', {row} ; END"""
_OF_STEP = "rank, NEW.key, NEW.due_on, {on} FROM enrolment WHERE id = NEW.enrolment_id"
_OF_NOTICE = """rank, step.key, step.due_on, NEW.due_on
    FROM step JOIN enrolment ON enrolment.id = step.enrolment_id WHERE step.id = NEW.step_id"""
_OF_ENROLMENT = "rank, {name}, NULL, {on} FROM enrolment WHERE id = NEW.enrolment_id"
_ABOUT_STEP = "NEW.kind IN ('step_reminder', 'escalation') AND NEW.step_id IS NOT NULL"
_DONE = "NEW.kind = 'step' AND NEW.status = 'done'"
_TRIGGERS = (
    (PLANNED, "INSERT ON step", "NEW.kind = 'step'", _OF_STEP.format(on="NULL")),
    (CLOSED, "UPDATE OF status ON step", _DONE, _OF_STEP.format(on="NEW.done_on")),
    (TOLD, "INSERT ON notice", _ABOUT_STEP, _OF_NOTICE),
    (
        RESULT,
        "INSERT ON notice",
        "NEW.kind = 'checkpoint_result'",
        _OF_ENROLMENT.format(name="NEW.key", on="NEW.due_on"),
    ),
    (
        DECIDED,
        "UPDATE OF status ON decision",
        "NEW.status = 'decided'",
        _OF_ENROLMENT.format(name="NEW.checkpoint", on="NEW.decided_on"),
    ),
    (ENDED, "UPDATE OF outcome ON enrolment", "NEW.outcome IS NOT NULL", "NEW.rank, NULL, NULL, NEW.ended_on"),
)
_SINCE = 'SELECT id, what, rank, name, due_on, "on" FROM effect WHERE id > ? ORDER BY id'


class Effect(NamedTuple):
    """A line of the journal, as the triggers write it: what took effect, whose (the rank), and of which step."""

    id: int
    what: str
    rank: int
    name: str
    due_on: str | None
    on: str | None


def keep_journal(session: Session) -> None:
    """Have the database write a line for everything that takes effect from now on (SQLite)."""
    session.execute(text(_TABLE))
    for what, event, when, row in _TRIGGERS:
        session.execute(text(_TRIGGER.format(what=what, event=event, when=when, row=row)))


class Clerk:
    """Copies what has been committed to a file, and notes the openings on their day."""

    def __init__(self, database: Database, file: Path) -> None:
        self._connection = database.engine.raw_connection()  # kept: it looks every few milliseconds
        self._out, self._last, self._day = file.open("a", encoding="ascii"), 0, -1
        self._planned: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._gone: dict[int, int] = {}
        self.lines = 0

    def __enter__(self) -> Clerk:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _one: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._out.close()
        self._connection.close()

    def look(self) -> None:
        """Copy what has been committed since the last look."""
        cursor = self._connection.cursor()
        for row in map(Effect._make, cursor.execute(_SINCE, (self._last,)).fetchall()):
            self._last = row.id
            self._take(row)
        cursor.close()
        self._out.flush()

    def begins(self, day: int) -> None:
        """Look, and note the openings of the days up to this one: its evaluations are done."""
        self.look()
        for one in range(self._day + 1, day + 1):
            for coop, k in self._planned[one]:
                if one < self._gone.get(coop, rules.LAST_DAY + 1):
                    self._write(Operation(coop, k, OPENING, one))
        self._day = max(self._day, day)
        self._out.flush()

    def _take(self, row: Effect) -> None:
        coop, day = row.rank - 1, _day(row.on)
        if row.what == PLANNED:
            due = _day(row.due_on)
            self._planned[due - rules.OPENS_BEFORE].append((coop, definition.number_of(row.name, due)))
        elif row.what == ENDED:
            self._gone[coop] = day
        else:
            self._write(_operation(row, coop, day))

    def _write(self, one: Operation) -> None:
        self._out.write(f"{one.coop:07d} {one.k:03d} {one.kind} {one.day:03d}\n")
        self.lines += 1


def _day(civil: str | None) -> int:
    """Return a day of W; -1 for none."""
    return -1 if civil is None else (date.fromisoformat(civil) - on(0)).days


def _operation(row: Effect, coop: int, day: int) -> Operation:
    """Return what a line of the journal is in W's words."""
    if row.what in {RESULT, DECIDED}:
        checkpoint = checkpoint_of(row.name) if row.what == RESULT else row.name
        k = rules.EVALUATION_STEP + definition.CHECKPOINTS.index(checkpoint)
        return Operation(coop, k, "E" if row.what == RESULT else DECISION, day)
    due = _day(row.due_on)
    kind = CLOSING if row.what == CLOSED else rules.KINDS[day - due]
    return Operation(coop, definition.number_of(row.name, due), kind, day)


def read_lines(file: Path) -> Iterator[Operation]:
    """Yield the operations of a file, in the order in which they took effect."""
    for line in file.read_text("ascii").splitlines():
        coop, k, kind, day = line.split()
        yield Operation(int(coop), int(k), kind, int(day))
