"""Any sequence of the verbs of two years keeps what may never break."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, col, select

from actions.coaches import leave
from actions.contacts import change_contact
from actions.ends import end
from actions.pause import resume, suspend
from actions.record import complete_step
from actions.replan import change_start, move_step
from actions.tell import AFTER_THE_END, CANCELLED
from models import Enrolment, History, Notice, Step, Suspension
from models.session import Database
from notifications.reasons import reason_said
from programme.errors import Refusal
from tests import databases
from tests.journey.living import is_due, send
from tests.world import CODE, at, morning, open_followed

FIRST = date(2027, 1, 4)
RANKS = st.integers(1, 2)
STATUS_VERBS = {"enrolled": "active", "suspended": "suspended", "resumed": "active"}
Moment = tuple[date, Session]


@cache
def template() -> str:
    """A database with two cooperatives and two coaches on their first day: copied for each sequence."""
    url = databases.empty(Path(tempfile.mkdtemp(prefix="mourafaka-test-")) / "world.sqlite3")
    database = Database(url, durable=False)
    open_followed(database, cooperatives=2, coaches=2)
    database.close()
    return url


class TwoYears(RuleBasedStateMachine):
    """Two cooperatives whose coordinator does whatever comes to mind, in any order, on any day."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="mourafaka-test-")
        url = databases.copy(template(), Path(self.folder.name) / "world.sqlite3")
        self.database = Database(url, durable=False)
        self.today = FIRST
        self.closed: dict[tuple[int, str], tuple[str, date | None]] = {}
        self.live_today()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            databases.drop(self.database.url)
            self.folder.cleanup()

    def live_today(self) -> None:
        morning(self.database, self.today)
        send(self.database, self.today)

    def attempt(self, work: Callable[[Session], object]) -> None:
        """Do it, or be refused in a sentence: then nothing has changed."""
        try:
            with self.database.transaction() as session:
                work(session)
        except Refusal as refusal:
            assert str(refusal)  # noqa: PT017 - a refusal is one of the two good ends

    @rule(days=st.integers(1, 45))
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.today += timedelta(days=1)
            if is_due(self.database, self.today):
                self.live_today()

    @rule(rank=RANKS)
    def next_step_is_done(self, rank: int) -> None:
        def work(session: Session) -> None:
            step = session.exec(
                select(Step)
                .join(Enrolment)
                .where(Enrolment.rank == rank, Step.status == "open", col(Step.kind).in_(("step", "meeting", "report")))
                .order_by(col(Step.due_on), col(Step.key))
            ).first()
            if step is not None:
                complete_step(session, code=code(rank), step=step.key, on=self.today, by="c1", now=at(self.today, 15))

        self.attempt(work)

    @rule(rank=RANKS)
    def pauses(self, rank: int) -> None:
        self.attempt(
            lambda session: suspend(session, code=code(rank), reason="travaux", by="k1", now=at(self.today, 11))
        )

    @rule(rank=RANKS)
    def goes_on(self, rank: int) -> None:
        self.attempt(lambda session: resume(session, code=code(rank), by="k1", now=at(self.today, 12)))

    @rule(rank=RANKS, how=st.sampled_from(["dropped", "dissolved"]), really=st.integers(0, 4))
    def ends(self, rank: int, how: str, really: int) -> None:
        if really == 0:
            self.attempt(
                lambda session: end(session, code=code(rank), how=how, reason="lettre", by="k1", now=at(self.today, 16))
            )

    @rule(rank=RANKS, which=st.integers(0, 5), days=st.integers(-10, 40))
    def a_step_moves(self, rank: int, which: int, days: int) -> None:
        def work(session: Session) -> None:
            steps = session.exec(
                select(Step)
                .join(Enrolment)
                .where(Enrolment.rank == rank, Step.status == "open")
                .order_by(col(Step.due_on))
            ).all()
            if which < len(steps):
                on, asked = steps[which].due_on + timedelta(days=days), {"code": code(rank), "step": steps[which].key}
                shown = move_step(session, **asked, on=on, by="k1", now=at(self.today, 10))
                move_step(session, **asked, on=on, by="k1", now=at(self.today, 10), approve=shown.digest)

        self.attempt(work)

    @rule(rank=RANKS, days=st.integers(-30, 60))
    def the_start_moves(self, rank: int, days: int) -> None:
        def work(session: Session) -> None:
            row = session.exec(select(Enrolment).where(Enrolment.rank == rank)).one()
            on = (row.start_on or FIRST) + timedelta(days=days)
            shown = change_start(session, code=code(rank), start_on=on, by="k1", now=at(self.today, 10))
            change_start(session, code=code(rank), start_on=on, by="k1", now=at(self.today, 10), approve=shown.digest)
            with pytest.raises(Refusal):  # twice is once
                change_start(session, code=code(rank), start_on=on, by="k1", now=at(self.today, 10))

        self.attempt(work)

    @rule(coach=st.sampled_from(["c1", "c2"]))
    def a_coach_leaves(self, coach: str) -> None:
        heir = "c2" if coach == "c1" else "c1"
        self.attempt(
            lambda session: leave(session, coach=coach, on=self.today, to={heir: None}, by="k1", now=at(self.today, 13))
        )

    @rule(rank=RANKS, number=st.integers(1, 99))
    def the_president_changes(self, rank: int, number: int) -> None:
        self.attempt(
            lambda session: change_contact(
                session,
                code=code(rank),
                on=self.today,
                by="k1",
                now=at(self.today, 14),
                name="Présidence",
                email=f"p{number}@coop.example",
            )
        )

    @invariant()
    def no_step_is_due_before_its_enrolment_begins(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                rows = session.exec(select(Step, Enrolment).join(Enrolment).where(Step.status == "open")).all()
                assert [step.key for step, one in rows if one.start_on and step.due_on < one.start_on] == []

    @invariant()
    def who_rests_or_has_ended_is_told_nothing(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                rows = session.exec(
                    select(Notice, Enrolment)
                    .join(Enrolment)
                    .where(col(Notice.status).in_(("pending", "sending")), Enrolment.status != "active")
                ).all()
                assert [one.key for one, _ in rows if one.kind not in AFTER_THE_END and not is_for_staff(one)] == []

    @invariant()
    def no_two_reminders_live_for_one_step_and_date(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                rows = session.exec(
                    select(Notice, Step).join(Step).where(Notice.status == "pending", Step.status == "open")
                ).all()
            live = Counter((one.step_id, one.kind, mark(one), one.recipient) for one, _ in rows)
            assert [about for about, count in live.items() if count > 1] == []
            stale = [
                one.key
                for one, step in rows
                # A cancellation names the day that people know, which a start that has moved has taken away.
                if one.kind != CANCELLED
                and "@" in one.key
                and not one.key.partition("@")[2].startswith(str(step.due_on))
            ]
            assert stale == []

    @invariant()
    def closed_steps_stay_as_they_are(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                rows = session.exec(select(Step).where(col(Step.status).in_(("done", "missed")), Step.kind != "call"))
                now = {(row.enrolment_id, row.key): (row.status, row.done_on) for row in rows}
            assert {key: now.get(key) for key in self.closed} == self.closed
            self.closed = now

    @invariant()
    def every_reason_can_be_said_in_the_readers_language(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                reasons = session.exec(select(Notice.reason).where(Notice.reason != "").distinct()).all()
            assert [reason for reason in reasons if isinstance(reason_said(reason), str)] == []

    @invariant()
    def history_explains_how_each_one_stands(self) -> None:
        if self.is_open():
            with self.database.reading() as session:
                for one in session.exec(select(Enrolment)):
                    assert one.status == told_by_history(session, one)
                    assert (one.status == "suspended") == is_resting(session, one)

    def is_open(self) -> bool:
        return hasattr(self, "database")


def code(rank: int) -> str:
    return f"{CODE}/{rank:03d}"


def is_for_staff(notice: Notice) -> bool:
    """Alerts and handovers about a resting enrolment still reach the staff."""
    return not notice.recipient.startswith("cooperative:") and notice.kind in {"alert", "handover", "call"}


def mark(notice: Notice) -> str:
    return notice.key.rpartition(f"/{notice.kind}")[2].partition("/")[0]


def told_by_history(session: Session, enrolment: Enrolment) -> str:
    """Return the status that an enrolment's history leads to."""
    rows = session.exec(select(History).where(History.enrolment_id == enrolment.id).order_by(col(History.id)))
    status = ""
    for row in rows:
        status = STATUS_VERBS.get(row.verb, status)
        if row.verb in {"dropped", "dissolved", "excluded", "ended"}:
            status = str(enrolment.outcome)
    return status


def is_resting(session: Session, enrolment: Enrolment) -> bool:
    pause = select(Suspension).where(Suspension.enrolment_id == enrolment.id, col(Suspension.until_on).is_(None))
    return session.exec(pause).first() is not None


@pytest.mark.slow
@pytest.mark.database
def test_any_sequence_of_verbs_keeps_the_promises() -> None:
    run_state_machine_as_test(
        TwoYears,
        settings=settings(
            max_examples=6 if databases.IS_POSTGRESQL else 25,  # there each costs as much again
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            phases=(Phase.generate,),  # shrinking a life of two years takes longer than reading it
        ),
    )
