"""The history, and what holds whatever people and mornings do, in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select as read
from sqlmodel import Session, col, select

from actions import history
from actions.decide import decide
from actions.measure import record_evaluation
from actions.record import complete_step, record_attendance, report_session
from models import Decision, Enrolment, History, Notice, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.errors import Refusal
from tests import databases
from tests.world import CODE, NOW, all_answers, at, enrolment_row, morning, open_followed, open_world

AFTER_THE_END = {"checkpoint_result", "certificate", "call"}
CHECKPOINTS = ("M0", "M6", "M12", "M18", "M24")
OUTCOMES = ("continue", "recovery", "exit", "certificate", "participation")


def test_line_says_who_when_what_and_why(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        history.record(
            session,
            enrolment_row(session),
            "moved",
            by="k1",
            now=NOW,
            subject="start.coach",
            why="fête",
            to="2027-01-05",
        )
    with database.reading() as session:
        line = session.exec(select(History)).one()
    assert (line.enrolment_id, line.at, line.by, line.verb) == (1, NOW, "k1", "moved")
    assert (line.subject, line.why, line.detail) == ("start.coach", "fête", {"to": "2027-01-05"})


class Life(RuleBasedStateMachine):
    """Two cooperatives, one without an address, live days of verbs, mornings and deliveries in any order."""

    template: str

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(databases.copy(self.template, self.folder / "life.sqlite3"), durable=False)
        self.day = date(2027, 1, 4)
        self.closed: dict[int, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.database.close()
        databases.drop(self.database.url)
        shutil.rmtree(self.folder)

    @rule(days=st.sampled_from([1, 3, 7, 30, 200]))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(twice=st.booleans())
    def morning_comes(self, twice: bool) -> None:
        assert morning(self.database, self.day).failures == []
        if twice:
            again = morning(self.database, self.day)
            assert (again.conclusions, again.promised, again.failures) == ([], 0, [])

    @rule()
    def post_leaves(self) -> None:
        sender = Sender("m@odco.example", "Mourafaka")
        deliver(Post(self.database, MemoryMailer(), sender, Pace(), lambda: at(self.day, 10)))

    @rule(rank=st.integers(1, 2), draw=st.integers(0, 99), good=st.booleans())
    def step_is_closed(self, rank: int, draw: int, good: bool) -> None:
        """Close one of the first open steps with the verb of its kind."""
        with self.database.reading() as session:
            steps = session.exec(
                select(Step)
                .join(Enrolment)
                .where(Enrolment.rank == rank, Step.status == "open", Step.kind != "decision")
                .order_by(col(Step.due_on), col(Step.id))
                .limit(6)
            ).all()
        if steps:
            step = steps[draw % len(steps)]
            self.do(rank, lambda session, common: close(session, step, common, good=good))

    @rule(rank=st.integers(1, 2), checkpoint=st.sampled_from(CHECKPOINTS), level=st.integers(0, 4))
    def checkpoint_is_evaluated(self, rank: int, checkpoint: str, level: int) -> None:
        answers = all_answers(level)
        self.do(
            rank, lambda session, common: record_evaluation(session, checkpoint=checkpoint, answers=answers, **common)
        )

    @rule(rank=st.integers(1, 2), draw=st.integers(0, 99), outcome=st.sampled_from(OUTCOMES))
    def proposal_is_decided(self, rank: int, draw: int, outcome: str) -> None:
        with self.database.reading() as session:
            waiting = session.exec(
                select(Decision.checkpoint)
                .join(Enrolment)
                .where(Enrolment.rank == rank, Decision.status == "proposed")
                .order_by(Decision.checkpoint)
            ).all()
        checkpoint = waiting[draw % len(waiting)] if waiting else "M0"
        self.do(
            rank,
            lambda session, common: decide(
                session, checkpoint=checkpoint, outcome=outcome, reason="avis du comité", **common
            ),
        )

    def do(self, rank: int, verb: Callable[[Session, dict[str, Any]], object]) -> None:
        """Do a verb; it is refused and changes nothing, or the history has a line by its author."""
        before = self.state()
        lines = sum(row.enrolment_id == rank for row in before["history"])
        common = {"code": f"{CODE}/{rank:03d}", "on": self.day, "by": "somebody", "now": at(self.day, 15)}
        try:
            with self.database.transaction() as session:
                verb(session, common)
        except Refusal:
            assert self.state() == before
            return
        with self.database.reading() as session:
            new = session.exec(
                select(History.by).where(History.enrolment_id == rank).order_by(col(History.id)).offset(lines)
            ).all()
        assert "somebody" in new

    def state(self) -> dict[str, Any]:
        with self.database.engine.connect() as connection:
            tables = {"steps": Step, "notices": Notice, "history": History}
            return {name: connection.execute(read(table).order_by(table.id)).all() for name, table in tables.items()}

    @invariant()
    def closed_steps_stay_as_they_are(self) -> None:
        with self.database.engine.connect() as connection:
            rows = connection.execute(read(Step).where(col(Step.status) != "open")).all()
        steps = {row.id: row for row in rows}
        assert {key: steps.get(key) for key in self.closed} == self.closed
        assert [row.key for row in rows if row.remind_on is not None] == []
        self.closed = steps

    @invariant()
    def ended_hear_only_their_results(self) -> None:
        with self.database.reading() as session:
            rows = session.exec(
                select(Notice.key, Notice.kind, Notice.status)
                .join(Enrolment)
                .where(
                    col(Enrolment.ended_on).is_not(None),
                    col(Notice.status).in_(("pending", "sending")),
                    col(Notice.kind).not_in(AFTER_THE_END),
                )
            ).all()
        assert list(rows) == []

    @invariant()
    def nobody_is_promised_a_thing_twice(self) -> None:
        with self.database.reading() as session:
            words = Counter(
                session.execute(
                    read(Notice.enrolment_id, Notice.step_id, Notice.kind, Notice.recipient, Notice.due_on).where(
                        col(Notice.enrolment_id).is_not(None), col(Notice.status).not_in(("cancelled", "skipped"))
                    )
                ).all()
            )
        assert [word for word, count in words.items() if count > 1 and word[1] is not None] == []

    @invariant()
    def every_end_is_explained(self) -> None:
        with self.database.reading() as session:
            for enrolment in session.exec(select(Enrolment)):
                verbs = session.exec(select(History.verb).where(History.enrolment_id == enrolment.id)).all()
                ended = enrolment.status != "active"
                assert (verbs.count("ended"), verbs.count("enrolled")) == (int(ended), 1)
                assert (enrolment.ended_on is not None, enrolment.outcome is not None) == (ended, ended)


def close(session: Session, step: Step, common: dict[str, Any], *, good: bool) -> object:
    """Close a step with the verb of its kind."""
    if step.kind == "module":
        return record_attendance(session, step=step.key, presence={"présidente": good}, **common)
    if step.kind == "session":
        return report_session(session, step=step.key, held=good, **common)
    if step.kind == "evaluation":
        checkpoint = step.key.partition(".")[2].partition("-")[0]
        return record_evaluation(session, checkpoint=checkpoint, answers=all_answers(3 if good else 1), **common)
    return complete_step(session, step=step.key, **common)


@pytest.mark.slow
def test_whatever_happens_nobody_is_lost_or_told_twice(database: Database) -> None:
    open_followed(database, cooperatives=2, without_email=(2,))
    database.close()
    Life.template = database.url
    run_state_machine_as_test(  # type: ignore[no-untyped-call] # Hypothesis does not type it
        Life,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
