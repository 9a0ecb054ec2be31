"""The daily tick as a straightforward SQLModel loop: it looks at every open step to find those that are due."""

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, insert
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, select

from benchmarks.baselines.durable import durable_engine
from benchmarks.workload.rules import COOPERATIVES_A_COACH

FILE, AT_ONCE = "sqlmodel.sqlite3", 10_000
REMINDED_BEFORE, ESCALATED_AFTER = 7, 3
LATER = 30
"""Days that those have to wait at least who are not due on a measured day."""


class Table(SQLModel, registry=registry()):
    """A table that our own metadata do not know of."""


class Enrolment(Table, table=True):
    """A cooperative that is enrolled."""

    id: int | None = Field(default=None, primary_key=True)
    coach: int
    email: str


class Step(Table, table=True):
    """An open step, with the notice that comes next and its day; no notice comes after the escalation."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    due: int
    status: str = Field(default="open", index=True)
    next_kind: str | None = "R"
    next_day: int | None


class Notice(Table, table=True):
    """A mail that must leave."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id")
    kind: str
    day: int
    recipient: str
    message_id: str = Field(unique=True)


def prepare(e: int, d: int, days: int, folder: Path) -> None:
    """Enrol so many, each with one open step, so many of them due on each day."""
    engine = _engine(folder)
    Table.metadata.create_all(engine)
    for first in range(0, e, AT_ONCE):
        some = range(first, min(e, first + AT_ONCE))
        with Session(engine) as session:
            session.connection().execute(insert(Enrolment), [_enrolment(number) for number in some])
            session.connection().execute(insert(Step), [_step(number, number // d, days) for number in some])
            session.commit()


def _enrolment(number: int) -> dict[str, object]:
    return {
        "id": number + 1,
        "coach": number // COOPERATIVES_A_COACH,
        "email": f"coop{number}@mourafaka.test",
    }


def _step(number: int, turn: int, days: int) -> dict[str, object]:
    """Return a step that is due on the day of its turn, or long after the last one."""
    day = turn if turn < days else days + LATER + number % LATER
    return {
        "enrolment_id": number + 1,
        "due": day + REMINDED_BEFORE,
        "status": "open",
        "next_kind": "R",
        "next_day": day,
    }


def tick(folder: Path, day: int) -> int:
    """Do one day; return how many notices were written."""
    told = 0
    with Session(_engine(folder)) as session:
        followed = select(Step, Enrolment).where(Step.enrolment_id == Enrolment.id, Step.status == "open")
        for step, enrolment in session.exec(followed):
            if step.next_day is not None and step.next_day <= day:
                session.add(_notice(step, enrolment, day))
                _plan_next(step)
                told += 1
        session.commit()
    return told


def _notice(step: Step, enrolment: Enrolment, day: int) -> Notice:
    assert step.next_kind is not None
    recipient = f"coach{enrolment.coach}@mourafaka.test" if step.next_kind == "X" else enrolment.email
    message_id = f"<{step.enrolment_id}.{step.id}.{step.next_kind}.{day}@mourafaka.test>"
    return Notice(
        enrolment_id=step.enrolment_id, kind=step.next_kind, day=day, recipient=recipient, message_id=message_id
    )


def _plan_next(step: Step) -> None:
    if step.next_kind == "R":
        step.next_kind, step.next_day = "D", step.due
    elif step.next_kind == "D":
        step.next_kind, step.next_day = "X", step.due + ESCALATED_AFTER
    else:
        step.next_kind = step.next_day = None


@cache
def _engine(folder: Path) -> Engine:
    return durable_engine(folder / FILE)
