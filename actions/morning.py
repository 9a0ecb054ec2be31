"""A cohort's morning as a list of works: what is due today, in which order, each piece in its own transaction.

Flows run these pieces as Prefect tasks, and the simulation runs them in a loop: the same work in
the same order, so that both leave the same ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import or_, update
from sqlmodel import Session, col, func, select

from actions.conclude import (
    Conclusion,
    conclude_stage,
    evaluations_waiting,
    passages_due,
    propose_decision,
)
from actions.programmes import definition_of
from actions.remind import remind, steps_due
from models import Cohort, Enrolment, Evaluation, Lease, Notice, Passage, Step
from models.session import Database
from programme.civil import civil_day
from programme.errors import MorningBusy

CHUNK = 300
"""Steps in one transaction of reminders: some hundred, so that a morning's cost is the work itself."""


@dataclass
class Done:
    """What became of a piece of a morning: conclusions drawn, notices promised, and what failed and why."""

    conclusions: list[Conclusion] = field(default_factory=list)
    promised: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)


def open_cohorts(session: Session) -> list[Cohort]:
    """Return the cohorts that have a morning, by code."""
    return list(session.exec(select(Cohort).where(Cohort.status == "open").order_by(Cohort.code)))


@dataclass(frozen=True)
class Due:
    """What a cohort's morning has to do: enrolments by stage, evaluations, and whether anyone should hear."""

    stages: dict[str, list[int]]
    evaluations: list[int]
    reminders: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is due."""
        return not (self.stages or self.evaluations or self.reminders)


def what_is_due(session: Session, cohort: Cohort, now: datetime) -> Due:
    """Ask what the morning has to do; three indexed questions, whatever the number enrolled."""
    today = civil_day(now)
    by_stage = passages_due(session, cohort, today)
    ordered = {rule.key: by_stage[rule.key] for rule in definition_of(session, cohort).stages if rule.key in by_stage}
    return Due(ordered, evaluations_waiting(session, cohort), bool(steps_due(session, cohort, today, limit=1)))


def stage_work(database: Database, cohort: Cohort, stage: str, ids: Sequence[int], now: datetime) -> Done:
    """Draw a stage's conclusions for these enrolments; one that fails holds back nobody."""
    return _one_by_one(database, ids, lambda session, one: conclude_stage(session, cohort, stage, one, now=now))


def checkpoint_work(database: Database, ids: Sequence[int], now: datetime) -> Done:
    """Propose a decision on each of these evaluations; one that fails holds back nobody."""
    return _one_by_one(database, ids, lambda session, one: propose_decision(session, one, now=now))


def _one_by_one(database: Database, ids: Sequence[int], work: Callable[[Session, int], list[Conclusion]]) -> Done:
    """Do all in one transaction; when that fails, one by one, and say which failed."""
    try:
        with database.transaction() as session:
            return Done([conclusion for one in ids for conclusion in work(session, one)])
    except Exception:
        if len(ids) == 1:
            raise
    done = Done()
    for one in ids:
        try:
            with database.transaction() as session:
                done.conclusions += work(session, one)
        except Exception as problem:  # noqa: BLE001 - the reason is kept and shown, and the next one gets its turn
            done.failures.append((str(one), f"{type(problem).__name__}: {problem}"))
    return done


def reminder_chunks(database: Database, cohort: Cohort, now: datetime) -> Iterator[list[int]]:
    """Yield the steps of which someone should hear, some hundred at a time."""
    with database.reading() as session:
        ids = steps_due(session, cohort, civil_day(now), limit=1_000_000)
    for first in range(0, len(ids), CHUNK):
        yield ids[first : first + CHUNK]


def reminder_work(database: Database, cohort: Cohort, step_ids: Sequence[int], now: datetime) -> Done:
    """Promise the reminders of these steps; a step that fails holds back nobody."""
    try:
        with database.transaction() as session:
            return Done(promised=remind(session, cohort, step_ids, now=now))
    except Exception:
        if len(step_ids) == 1:
            raise
    done = Done()
    for one in step_ids:
        try:
            with database.transaction() as session:
                done.promised += remind(session, cohort, [one], now=now)
        except Exception as problem:  # noqa: BLE001 - the reason is kept and shown, and the next one gets its turn
            done.failures.append((str(one), f"{type(problem).__name__}: {problem}"))
    return done


def whole_morning(database: Database, cohort: Cohort, now: datetime) -> Done:
    """Do a cohort's morning without Prefect, in the flows' order."""
    done = Done()
    with database.reading() as session:
        due = what_is_due(session, cohort, now)
    for stage, ids in due.stages.items():
        _add(done, stage_work(database, cohort, stage, ids, now))
    if due.evaluations:
        _add(done, checkpoint_work(database, due.evaluations, now))
    for chunk in reminder_chunks(database, cohort, now) if due.reminders else ():
        _add(done, reminder_work(database, cohort, chunk, now))
    return done


def _add(total: Done, part: Done) -> None:
    total.conclusions += part.conclusions
    total.promised += part.promised
    total.failures += part.failures


def take_lease(database: Database, name: str, *, holder: str, now: datetime, lasts: timedelta) -> int:
    """Take the lease of a morning and return its fence; refused while somebody else holds it."""
    with database.transaction() as session:
        lease = session.get(Lease, name)
        if lease is None:
            session.add(Lease(name=name, holder=holder, until=now + lasts, fence=1))
            return 1
        if lease.until > now and lease.holder != holder:
            raise MorningBusy(cohort=name.partition(":")[2], until=lease.until.isoformat(timespec="seconds"))
        lease.holder, lease.until, lease.fence = holder, now + lasts, lease.fence + 1
        return lease.fence


def release_lease(database: Database, name: str, *, holder: str, now: datetime) -> None:
    """Give a lease back."""
    with database.transaction() as session:
        session.execute(update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder).values(until=now))


def next_morning(session: Session) -> date | None:
    """Return the first civil day on which a morning has something to do; None when none ever has.

    It is a day of the past when something waits that is due already.
    """
    days = [
        session.exec(
            select(func.min(Step.remind_on)).join(Enrolment).where(Step.status == "open", Enrolment.status == "active")
        ).one(),
        session.exec(select(func.min(Passage.wake_on)).join(Enrolment).where(Enrolment.status == "active")).one(),
        session.exec(
            select(func.min(Evaluation.on))
            .join(Enrolment)
            .where(col(Evaluation.proposed_on).is_(None), Enrolment.status == "active")
        ).one(),
    ]
    return min((day for day in days if day is not None), default=None)


def next_sending(session: Session) -> date | None:
    """Return the first civil day on which a message may leave; None when none waits."""
    instant = session.exec(
        select(func.min(Notice.send_at)).where(
            Notice.channel == "email", or_(Notice.status == "pending", Notice.status == "sending")
        )
    ).one()
    return civil_day(instant) if instant is not None else None
