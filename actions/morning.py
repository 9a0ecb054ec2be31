"""A cohort's morning as a list of works: what is due today, in which order, each piece in its own transaction.

Flows run these pieces as Prefect tasks, and the simulation runs them in a loop: the same work in
the same order, so that both leave the same ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import text, update
from sqlmodel import Session, col, func, select

from actions.alerts import alerts_due, raise_alerts
from actions.conclude import (
    Conclusion,
    announce_decisions,
    conclude_stages,
    decisions_unannounced,
    evaluations_waiting,
    passages_due,
    propose_decisions,
)
from actions.due import FIRST_DAYS
from actions.held_back import About, named, reason_of
from actions.programmes import definition_of
from actions.remind import remind, steps_due
from models import Cohort, Decision, Enrolment, Evaluation, Lease, Notice, ServiceCopy, Step
from models.notice import IN_OUTBOX
from models.service import COPY_WAITS
from models.session import Database
from models.trouble import is_trouble
from programme.civil import civil_day
from programme.errors import MorningBusy

CHUNK = 300
"""Enrolments in one transaction of conclusions: some hundred, so that a morning's cost is the work itself."""
REMINDED_AT_ONCE = 600
"""Steps in one transaction of reminders: a step takes a tenth of a conclusion's time, and a task of Prefect as much."""


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
    """What a cohort's morning has to do: enrolments by stage, evaluations, alerts, and whether anyone should hear."""

    stages: dict[str, list[int]]
    evaluations: list[int]
    decisions: list[int]
    alerts: list[int]
    reminders: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is due."""
        return not (self.stages or self.evaluations or self.decisions or self.alerts or self.reminders)


def what_is_due(session: Session, cohort: Cohort, now: datetime) -> Due:
    """Ask what the morning has to do; five indexed questions, whatever the number enrolled."""
    today = civil_day(now)
    by_stage = passages_due(session, cohort, today)
    stages = definition_of(session, cohort).stages if by_stage else ()
    return Due(
        stages={rule.key: by_stage[rule.key] for rule in stages if rule.key in by_stage},
        evaluations=evaluations_waiting(session, cohort, today),
        decisions=decisions_unannounced(session, cohort, today),
        alerts=alerts_due(session, cohort, today),
        reminders=bool(steps_due(session, cohort, today, limit=1)),
    )


def stages_to_conclude(database: Database, cohort: Cohort, now: datetime) -> Iterator[tuple[str, list[int]]]:
    """Yield each stage that has work, in the programme's order; asked anew after each that had some.

    A stage that is completed wakes the ones that follow it: they are entered the same morning.
    """
    turn = 0
    while True:
        with database.reading() as session:
            due = passages_due(session, cohort, civil_day(now))
            stages = [rule.key for rule in definition_of(session, cohort).stages] if due else []
        ahead = [at for at, stage in enumerate(stages) if at >= turn and stage in due]
        if not ahead:
            return
        turn = ahead[0] + 1
        yield stages[ahead[0]], due[stages[ahead[0]]]


def stage_work(database: Database, cohort: Cohort, stage: str, ids: Sequence[int], now: datetime) -> Done:
    """Draw a stage's conclusions for these enrolments; one that fails holds back nobody."""
    return _by_halves(
        database, ids, Enrolment, lambda session, some: Done(conclude_stages(session, cohort, stage, some, now=now))
    )


def checkpoint_work(database: Database, ids: Sequence[int], now: datetime) -> Done:
    """Propose a decision on each of these evaluations; one that fails holds back nobody."""
    return _by_halves(database, ids, Evaluation, lambda session, some: Done(propose_decisions(session, some, now=now)))


def announcement_work(database: Database, ids: Sequence[int], now: datetime) -> Done:
    """Show each of these signed decisions once."""
    return _by_halves(database, ids, Decision, lambda session, some: Done(announce_decisions(session, some, now=now)))


def alert_work(database: Database, ids: Sequence[int], now: datetime) -> Done:
    """Raise what is amiss with each of these enrolments; one that fails holds back nobody."""
    return _one_by_one(database, ids, lambda session, one: raise_alerts(session, one, now=now))


def _one_by_one(database: Database, ids: Sequence[int], work: Callable[[Session, int], list[Conclusion]]) -> Done:
    def draw(session: Session, some: Sequence[int]) -> Done:
        return Done([conclusion for one in some for conclusion in work(session, one)])

    return _by_halves(database, ids, Enrolment, draw)


def _by_halves(
    database: Database, ids: Sequence[int], of: About, work: Callable[[Session, Sequence[int]], Done]
) -> Done:
    """Do all in one transaction; when that fails, each half in its own, and so on, and say which ones failed.

    One bad record among hundreds is found in a dozen tries, and all the others are done.
    A database that is away, busy or full is nobody's fault: that is raised, to be tried again later.
    """
    try:
        with database.transaction() as session:
            return work(session, ids)
    except Exception as problem:
        if is_trouble(problem):
            raise
        if len(ids) == 1:  # the reason is kept and shown, and the others get their turn
            return Done(failures=[(_named(database, of, ids[0]), reason_of(problem))])
    done, middle = Done(), len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        _add(done, _by_halves(database, half, of, work))
    return done


def _named(database: Database, of: About, one: int) -> str:
    with database.reading() as session:
        return named(session, of, one)


def reminder_chunks(database: Database, cohort: Cohort, now: datetime) -> Iterator[list[int]]:
    """Yield the steps of which someone should hear, some hundred at a time."""
    with database.reading() as session:
        ids = steps_due(session, cohort, civil_day(now), limit=1_000_000)
    for first in range(0, len(ids), REMINDED_AT_ONCE):
        yield ids[first : first + REMINDED_AT_ONCE]


def reminder_work(database: Database, cohort: Cohort, step_ids: Sequence[int], now: datetime) -> Done:
    """Promise what is due of these steps; one that fails holds back nobody."""
    return _by_halves(
        database, step_ids, Step, lambda session, some: Done(promised=remind(session, cohort, some, now=now))
    )


def whole_morning(database: Database, cohort: Cohort, now: datetime) -> Done:
    """Do a cohort's morning without Prefect, in the flows' order."""
    done = Done()
    due = _asked(database, cohort, now)
    if due.stages:
        for stage, ids in stages_to_conclude(database, cohort, now):
            _add(done, stage_work(database, cohort, stage, ids, now))
        due = _asked(database, cohort, now)
    if due.evaluations:
        _add(done, checkpoint_work(database, due.evaluations, now))
    if due.decisions:
        _add(done, announcement_work(database, due.decisions, now))
    if due.alerts:
        _add(done, alert_work(database, due.alerts, now))
    for chunk in reminder_chunks(database, cohort, now) if due.reminders else ():
        _add(done, reminder_work(database, cohort, chunk, now))
    return done


def _asked(database: Database, cohort: Cohort, now: datetime) -> Due:
    with database.reading() as session:
        return what_is_due(session, cohort, now)


def _add(total: Done, part: Done) -> None:
    total.conclusions += part.conclusions
    total.promised += part.promised
    total.failures += part.failures


def take_lease(
    database: Database,
    name: str,
    *,
    holder: str,
    now: datetime,
    lasts: timedelta,
    is_dead: Callable[[str], bool] = lambda _: False,
) -> int:
    """Take the lease of a morning and return its fence; refused while somebody else, who lives, holds it."""
    with database.transaction() as session:
        lease = session.get(Lease, name)
        if lease is None:
            session.add(Lease(name=name, holder=holder, until=now + lasts, fence=1))
            return 1
        if _is_held(lease, holder, now, is_dead):
            raise MorningBusy(cohort=name.partition(":")[2], until=lease.until.isoformat(timespec="seconds"))
        lease.holder, lease.until, lease.fence = holder, now + lasts, lease.fence + 1
        return lease.fence


def _is_held(lease: Lease, holder: str, now: datetime, is_dead: Callable[[str], bool]) -> bool:
    return lease.until > now and lease.holder != holder and not is_dead(lease.holder)


def is_busy(
    session: Session, name: str, *, holder: str, now: datetime, is_dead: Callable[[str], bool] = lambda _: False
) -> bool:
    """Tell whether somebody else, who lives, does this work now."""
    lease = session.get(Lease, name)
    return lease is not None and _is_held(lease, holder, now, is_dead)


def release_lease(database: Database, name: str, *, holder: str, now: datetime) -> None:
    """Give a lease back."""
    with database.transaction() as session:
        session.execute(update(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder).values(until=now))


def next_morning(session: Session) -> date | None:
    """Return the first civil day on which a morning has something to do; None when none ever has.

    It is a day of the past when something waits that is due already.
    """
    days = [session.exec(query).first() for query in FIRST_DAYS]
    return min((day for day in days if day is not None), default=None)


def next_sending(session: Session) -> date | None:
    """Return the first civil day on which a message or a copy of one may leave; None when none waits."""
    mails = session.exec(select(func.min(Notice.send_at)).where(text(IN_OUTBOX))).one()
    copies = session.exec(select(func.min(ServiceCopy.send_at)).where(COPY_WAITS)).one()
    instants = [instant for instant in (mails, copies) if instant is not None]
    return civil_day(min(instants)) if instants else None
