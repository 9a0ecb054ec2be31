"""The workload as a straightforward SQLModel loop: a session and a commit a day, objects in, objects out."""

from collections import Counter
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, func, select

from benchmarks.baselines.durable import durable_engine
from benchmarks.workload import rules
from benchmarks.workload.chance import u100
from benchmarks.workload.totals import Totals, digest_of

FILE = "sqlmodel.sqlite3"


class Table(SQLModel, registry=registry()):
    """A table that our own metadata do not know of."""


class Enrolment(Table, table=True):
    """A cooperative's way through two years; ``status`` is ``active`` or its outcome."""

    id: int | None = Field(default=None, primary_key=True)
    coop: int = Field(unique=True)
    coach: int
    email: str
    status: str = Field(default="active", index=True)


class Step(Table, table=True):
    """A step: ``planned``, ``open``, ``done``, ``cancelled``, or ``dropped`` when it was never opened."""

    id: int | None = Field(default=None, primary_key=True)
    enrolment_id: int = Field(foreign_key="enrolment.id", index=True)
    k: int
    stage: str
    opens: int = Field(index=True)
    due: int
    status: str = Field(default="planned", index=True)


class Notice(Table, table=True):
    """A mail that must leave."""

    id: int | None = Field(default=None, primary_key=True)
    coop: int
    k: int
    kind: str
    day: int
    recipient: str
    message_id: str = Field(unique=True)


def run(n: int, seed: int, folder: Path) -> Totals:
    """Live the two years day by day, in a database of its own in the folder."""
    engine = durable_engine(folder / FILE)
    Table.metadata.create_all(engine)
    with Session(engine) as session:
        _enter(session, n)
        session.commit()
    for day in range(rules.LAST_DAY + 1):
        with Session(engine) as session:
            live(session, seed, day)
            session.commit()
    totals = _told(engine)
    engine.dispose()
    return totals


def _enter(session: Session, n: int) -> None:
    """Enrol the cohort and plan its main steps."""
    for coop in range(n):
        coach = coop // rules.COOPERATIVES_A_COACH
        enrolment = Enrolment(coop=coop, coach=coach, email=f"coop{coop}@mourafaka.test")
        session.add(enrolment)
        session.flush()
        for k, due in rules.STEPS:
            _plan(session, enrolment, k, due)


def _plan(session: Session, enrolment: Enrolment, k: int, due: int) -> None:
    assert enrolment.id is not None
    opens = due - rules.OPENS_BEFORE
    session.add(Step(enrolment_id=enrolment.id, k=k, stage=rules.stage_of(k), opens=opens, due=due))


def live(session: Session, seed: int, day: int) -> None:
    """Do one day: evaluations, openings, notices, and what the coaches close."""
    if day in rules.EVALUATION_DAYS:
        _evaluate(session, seed, rules.EVALUATION_DAYS.index(day))
    for step in session.exec(select(Step).where(Step.status == "planned", Step.opens == day)):
        step.status = "open"
    followed = select(Step, Enrolment).where(Step.enrolment_id == Enrolment.id, Step.status == "open")
    for step, enrolment in session.exec(followed):
        kind = rules.KINDS.get(day - step.due)
        if kind is not None:
            _tell(session, enrolment, step.k, kind, day)
        if rules.closing_day(step.due, u100(seed, enrolment.coop, rules.CLOSING_KEY + step.k)) == day:
            step.status = "done"


def _evaluate(session: Session, seed: int, number: int) -> None:
    """Decide for all who are still there."""
    for enrolment in session.exec(select(Enrolment).where(Enrolment.status == "active")).all():
        _tell(session, enrolment, rules.EVALUATION_STEP + number, "E", rules.EVALUATION_DAYS[number])
        decided = rules.decision(number, u100(seed, enrolment.coop, rules.EVALUATION_KEY + number))
        if decided == "extra":
            for k, due in rules.extra_steps(number):
                _plan(session, enrolment, k, due)
        elif rules.ends(decided):
            _end(session, enrolment, decided)


def _end(session: Session, enrolment: Enrolment, outcome: str) -> None:
    enrolment.status = outcome
    for step in session.exec(select(Step).where(Step.enrolment_id == enrolment.id)):
        if step.status in {"open", "planned"}:
            step.status = "cancelled" if step.status == "open" else "dropped"


def _tell(session: Session, enrolment: Enrolment, k: int, kind: str, day: int) -> None:
    recipient = f"coach{enrolment.coach}@mourafaka.test" if kind == "X" else enrolment.email
    message_id = f"<{enrolment.coop}.{k}.{kind}.{day}@mourafaka.test>"
    session.add(Notice(coop=enrolment.coop, k=k, kind=kind, day=day, recipient=recipient, message_id=message_id))


def _told(engine: Engine) -> Totals:
    """Count what is in the database."""
    with Session(engine) as session:
        steps = dict(session.exec(select(Step.status, func.count()).group_by(Step.status)).all())
        extra = session.exec(select(func.count()).where(Step.k >= rules.FIRST_EXTRA)).one()
        outcomes = dict(session.exec(select(Enrolment.status, func.count()).group_by(Enrolment.status)).all())
        lines = session.exec(select(Notice.coop, Notice.k, Notice.kind, Notice.day)).all()
    kinds = Counter(line[2] for line in lines)
    done, cancelled = steps.get("done", 0), steps.get("cancelled", 0)
    opened = done + cancelled + steps.get("open", 0)
    digest = digest_of((coop, k, kind, day) for coop, k, kind, day in lines)
    return Totals(opened, done, cancelled, kinds["E"], extra, dict(kinds), outcomes, digest)
