"""The workload's engine as it starts again after a crash: it knows the hour on the wall, and its database.

The stand-in people keep nothing in mind either: who is still there, what is open and when the coach closes it, who was
measured and whose decision waits for a signature are all read from the rows. The hour never goes back: what a dead
sender had claimed is free when its lease has run out, as in life. A morning is followed by a sending, so that
everything that is promised leaves on its day, to a mail server on this machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from benchmarks.workload import definition, rules
from benchmarks.workload.chance import stream
from benchmarks.workload.ours import CLOSED, CODE, EVALUATED, FILE, MORNING, Years, at, on
from benchmarks.workload.people import code_of
from models import Cohort, Decision, Enrolment, Evaluation, Notice, Step
from models.notice import IN_OUTBOX
from models.session import Database
from notifications.delivery import deliver
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings

SENDING = time(9)
TICK = timedelta(minutes=10)
"""How soon a sending looks again; longer than a lease, and than a doubt must wait."""
Say = Callable[[int, str, datetime], None]
"""Is told each piece of work before it begins: the day, its name and the hour on the wall."""


def live_on(folder: Path, n: int, seed: int, *, day: int, since: datetime, smtp_url: str, say: Say) -> None:
    """Live from a day on, at which it is at least that late, to the last; what is done is not done again."""
    years = Resumed(folder, n, seed, since=since, smtp_url=smtp_url, say=say)
    years.enrol()
    for one in range(day, rules.LAST_DAY + 1):
        years.live(one)
    years.database.close()


class Resumed(Years):
    """The two years of a cohort from wherever they are; nothing is kept in mind beyond a start of the engine."""

    def __init__(self, folder: Path, n: int, seed: int, *, since: datetime, smtp_url: str, say: Say) -> None:
        self.database, self.n = Database(f"sqlite:///{folder / FILE}"), n
        self.chance = [stream(seed, coop) for coop in range(n)]
        self.codes = [code_of(CODE, coop) for coop in range(n)]
        self._clock, self._say = Clock(since), say
        settings = Settings(data_dir=folder, smtp_url=smtp_url, _env_file=None)
        self._house = House(settings, self._clock, self.database)
        self._remember()

    def _remember(self) -> None:
        """Read who is still there and what is open from the rows, and draw when each coach will close it."""
        with self.database.reading() as session:
            self.living = dict.fromkeys(_active(session), True)
            still_open = _open_steps(session)
        self.closings = defaultdict(list)
        for coop, key, due in still_open:
            self._will_close([coop], definition.number_of(key, due), due, key)

    def _from(self, day: int, hour: time, work: str) -> datetime:
        """Return the hour at which a piece of work begins: its own, or later after a crash."""
        self._clock.move_to(max(self._clock.now(), at(day, hour)))
        self._say(day, work, self._clock.now())
        return self._clock.now()

    def enrol(self) -> None:
        """Open the cohort and plan its two years, as far as that is not done."""
        with self.database.reading() as session:
            is_open = session.exec(select(Cohort.id)).first() is not None
            is_planned = session.exec(select(Step.id).limit(1)).first() is not None
        if not is_open:
            self._open()
        if not is_planned:
            self._plan()
            self._remember()

    def live(self, day: int) -> None:
        """Do what is left of one day."""
        if day in rules.EVALUATION_DAYS:
            self._evaluate(rules.EVALUATION_DAYS.index(day), day)
        self._morning(self._from(day, MORNING, "morning"))
        self._send(day)
        self._close(day, self._from(day, CLOSED, "closing"))

    def _evaluate(self, number: int, day: int) -> None:
        now = self._from(day, EVALUATED, "evaluation")
        with self.database.reading() as session:
            measured = _measured(session, number)
        unmeasured = [coop for coop in self.living if coop not in measured]
        if unmeasured:
            self._measure(number, unmeasured, day, now)
        self._propose(day, now)
        with self.database.reading() as session:
            unsigned = [self.codes[coop] for coop in _unsigned(session, number)]
        if unsigned:
            self._sign(number, unsigned, now)
        self._remember()

    def _send(self, day: int) -> None:
        """Empty the outbox, again and again while the hours last: what a dead sender claimed is not free at once."""
        now = self._from(day, SENDING, "sending")
        while now < at(day, CLOSED) and self._waits(at(day, CLOSED)):
            deliver(self._house.post())
            now = self._from(day, (self._clock.now() + TICK).time(), "sending")

    def _waits(self, until: datetime) -> bool:
        with self.database.reading() as session:
            query = select(func.count()).select_from(Notice).where(text(IN_OUTBOX), col(Notice.send_at) < until)
            return session.exec(query).one() > 0


def _active(session: Session) -> list[int]:
    query = select(Enrolment.rank).where(Enrolment.status == "active").order_by(col(Enrolment.rank))
    return [rank - 1 for rank in session.exec(query)]


def _open_steps(session: Session) -> list[tuple[int, str, int]]:
    """Return W's steps that are open: the cooperative, the key, and the day it is due."""
    rows = session.exec(
        select(Enrolment.rank, Step.key, col(Step.due_on))
        .join(Step, col(Step.enrolment_id) == col(Enrolment.id))
        .where(Enrolment.status == "active", Step.kind == "step", Step.status == "open")
        .order_by(col(Enrolment.rank), col(Step.due_on))
    )
    return [(rank - 1, key, (due_on - on(0)).days) for rank, key, due_on in rows]


def _measured(session: Session, number: int) -> set[int]:
    query = select(Enrolment.rank).join(Evaluation, col(Evaluation.enrolment_id) == col(Enrolment.id))
    return {rank - 1 for rank in session.exec(query.where(Evaluation.checkpoint == definition.CHECKPOINTS[number]))}


def _unsigned(session: Session, number: int) -> list[int]:
    """Return whose decision is proposed and waits for a signature."""
    query = select(Enrolment.rank).join(Decision, col(Decision.enrolment_id) == col(Enrolment.id))
    query = query.where(Decision.checkpoint == definition.CHECKPOINTS[number], Decision.status == "proposed")
    return [rank - 1 for rank in session.exec(query.order_by(col(Enrolment.rank)))]
