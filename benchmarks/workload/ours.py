"""The workload on our own engine: its verbs and its mornings, in a database of its own, nothing sent.

What W calls an enrolment, a step, an evaluation is one here (`definition`). A notice is a row of the outbox: a
reminder (R) and the day itself (D) are the cooperative's `step_reminder`, the escalation (X) is the coach's, told in
the message of the day, and an evaluation's (E) is the `checkpoint_result`. The engine writes more than W counts: a
welcome, certificates, the coaches' messages of the day, the history, stages entered and completed. A step has no
opening of its own: it is opened when its day, twelve days before it is due, came before the end of its enrolment.

A day is, in this order: what is evaluated and decided, at seven; the morning at eight; what the coaches close, at
five. As nobody sends, closing a step takes back what was promised about it: such a row counts, it was promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlmodel import Session, SQLModel, col, select

from actions.cohorts import cohort_of, open_cohort
from actions.conclude import evaluations_waiting
from actions.decide import sign_proposals
from actions.due import cohorts_due
from actions.enrol import enrol_cohort
from actions.measure import Measure, record_evaluations
from actions.morning import checkpoint_work, whole_morning
from actions.programmes import publish
from actions.record import complete_steps
from benchmarks.workload import definition, rules
from benchmarks.workload.chance import drawn, stream
from benchmarks.workload.counting import told
from benchmarks.workload.people import code_of, settle
from benchmarks.workload.totals import Totals
from models import Enrolment, Step
from models.session import Database
from programme.civil import instant_of
from runtime import garbage

FILE, CODE = "ours.sqlite3", "W"
START = date(2027, 1, 4)
ENROLLED, EVALUATED, MORNING, CLOSED = time(6), time(7), time(8), time(17)
BY, COMMITTEE = "coach", "committee"


def run(n: int, seed: int, folder: Path) -> Totals:
    """Live the two years day by day."""
    database = opened(folder / FILE)
    lived(database, n, seed)
    totals = told(database, START)
    database.close()
    return totals


def opened(path: Path) -> Database:
    """Return a new database with the engine's tables."""
    database = Database(f"sqlite:///{path}")
    SQLModel.metadata.create_all(database.engine)
    return database


def lived(database: Database, n: int, seed: int) -> None:
    """Live the two years in it."""
    years = Years(database, n, seed)
    garbage.settle()  # as every process of the engine does when it has started up
    years.enrol()
    for day in range(rules.LAST_DAY + 1):
        years.live(day)


def at(day: int, hour: time) -> datetime:
    """Return an hour of a day that is counted from the start."""
    return instant_of(on(day), hour)


def on(day: int) -> date:
    """Return a day that is counted from the start."""
    return START + timedelta(days=day)


class Years:
    """The two years of a cohort: who closes what on which day, and what has been decided."""

    def __init__(self, database: Database, n: int, seed: int) -> None:
        self.database, self.n = database, n
        self.chance = [stream(seed, coop) for coop in range(n)]
        self.living = dict.fromkeys(range(n), True)
        self.codes = [code_of(CODE, coop) for coop in range(n)]
        self.closings: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for k, due in rules.STEPS:
            self._will_close(range(n), k, due, definition.step_key(k))

    def _will_close(self, coops: Sequence[int], k: int, due: int, key: str) -> None:
        for coop in coops:
            day = rules.closing_day(due, drawn(self.chance[coop], rules.CLOSING_KEY + k))
            self.closings[day].append((coop, key))

    def enrol(self) -> None:
        """Open the cohort, settle its people and plan the two years of all, before the first morning."""
        self._open()
        self._plan()

    def _open(self) -> None:
        now = at(0, ENROLLED)
        with self.database.transaction() as session:
            publish(session, definition.text(), by=COMMITTEE, now=now)
            cohort = open_cohort(
                session, code=CODE, start_on=START, by=COMMITTEE, now=now, programme=definition.PROGRAMME
            )
            settle(session, cohort, self.n, since=START, now=now)

    def _plan(self) -> None:
        with self.database.transaction() as session:
            enrol_cohort(session, code=CODE, by=COMMITTEE, now=at(0, ENROLLED))

    def live(self, day: int) -> None:
        """Do one day."""
        if day in rules.EVALUATION_DAYS:
            self._evaluate(rules.EVALUATION_DAYS.index(day), day)
        self._morning(at(day, MORNING))
        self._close(day, at(day, CLOSED))

    def _morning(self, now: datetime) -> None:
        with self.database.reading() as session:
            due = cohorts_due(session, now)
        for cohort in due:
            done = whole_morning(self.database, cohort, now)
            if done.failures:
                raise RuntimeError(f"the morning of {now:%Y-%m-%d} failed: {done.failures[0]}")

    def _close(self, day: int, now: datetime) -> None:
        closed = [(self.codes[coop], key) for coop, key in self.closings.pop(day, ()) if coop in self.living]
        if closed:
            with self.database.transaction() as session:
                complete_steps(session, steps=closed, on=on(day), by=BY, now=now)

    def _evaluate(self, number: int, day: int) -> None:
        """Measure all who are still there, have the rule propose, and sign what it proposes."""
        now = at(day, EVALUATED)
        self._measure(number, self.living, day, now)
        self._propose(day, now)
        codes = [self.codes[coop] for coop in self.living]
        self._follow(number, self._sign(number, codes, now))

    def _measure(self, number: int, coops: Iterable[int], day: int, now: datetime) -> None:
        checkpoint, key = definition.CHECKPOINTS[number], rules.EVALUATION_KEY + number
        measures = [
            Measure(self.codes[coop], checkpoint, definition.answers(drawn(self.chance[coop], key))) for coop in coops
        ]
        with self.database.transaction() as session:
            record_evaluations(session, measures=measures, on=on(day), by=BY, now=now)

    def _propose(self, day: int, now: datetime) -> None:
        with self.database.reading() as session:
            waiting = evaluations_waiting(session, cohort_of(session, CODE), on(day))
        checkpoint_work(self.database, waiting, now)

    def _sign(self, number: int, codes: Sequence[str], now: datetime) -> Mapping[str, str]:
        with self.database.transaction() as session:
            return sign_proposals(
                session, checkpoint=definition.CHECKPOINTS[number], codes=codes, by=COMMITTEE, now=now
            )

    def _follow(self, number: int, outcomes: Mapping[str, str]) -> None:
        """Keep in mind who has left, and when the coaches will close the steps that were added."""
        extra = []
        for coop in [*self.living]:
            outcome = outcomes[self.codes[coop]]
            if outcome == "recovery":
                extra.append(coop)
            elif outcome != "continue":
                del self.living[coop]
        with self.database.reading() as session:
            added = extra_keys(session, rules.EVALUATION_DAYS[number])
        for coop in extra:
            for k, due in rules.extra_steps(number):
                self._will_close([coop], k, due, added[self.codes[coop], due])


def extra_keys(session: Session, day: int) -> dict[tuple[str, int], str]:
    """Return the keys of the steps that were added on a day, by enrolment and the day they are due."""
    due = {on(day + after): day + after for after in rules.EXTRA_AFTER}
    rows = session.exec(
        select(Enrolment.code, col(Step.due_on), Step.key)
        .join(Step, col(Step.enrolment_id) == col(Enrolment.id))
        .where(Step.origin == "recovery", col(Step.due_on).in_(due), Step.status == "open")
    )
    return {(code, due[due_on]): key for code, due_on, key in rows}
