"""Whatever is moved, in whatever order: one live reminder a step and date, and a diff that applies once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from actions.cohorts import cohort_of
from actions.morning import whole_morning
from actions.replan import change_start, move_step, unpin_step
from actions.tell import CANCELLED
from models import Notice, Step
from models.session import Database
from notifications.answers import SilentMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.errors import Refusal
from tests import databases
from tests.world import CODE, assign_coaches, at, open_enrolled

ONE = f"{CODE}/001"
VISIT = "diagnosis.visit"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An enrolled world, copied for each of Hypothesis's examples."""
    url = databases.empty(tmp_path_factory.mktemp("world") / "world.sqlite3")
    opened = Database(url, durable=False)
    open_enrolled(opened)
    assign_coaches(opened)
    opened.close()
    yield url
    databases.drop(url)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["move", "unpin", "start"]),
        st.sampled_from([VISIT, "diagnosis.restitution", "diagnosis.report"]),
        st.sampled_from([date(2027, 2, day) for day in (1, 2, 8, 15, 16, 22)]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@pytest.mark.database
@given(MOVES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_moves_leave_one_live_reminder_a_date_and_apply_once(template: str, moves: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        url = databases.copy(template, Path(folder) / "world.sqlite3")
        database = Database(url, durable=False)
        try:
            _live(database, moves)
        finally:
            database.close()
            databases.drop(url)


def _live(database: Database, moves: list[Any]) -> None:
    for number, (verb, step, on) in enumerate(moves):
        day = date(2027, 1, 18 + number)
        with database.reading() as session:
            cohort = cohort_of(session, CODE)
        assert whole_morning(database, cohort, at(day)).failures == []
        sender = Sender("mourafaka@odco.example")
        deliver(Post(database, SilentMailer(), sender, Pace(), lambda day=day: at(day, 10)))
        with database.transaction() as session:
            _do(session, verb, step, on, day)
        with database.reading() as session:
            _check(session)


def _do(session: Session, verb: str, step: str, on: date, day: date) -> None:
    facts: dict[str, Any] = {"code": ONE, "by": "k1", "now": at(day, 11)}
    verbs: dict[str, Any] = {
        "move": lambda approve: move_step(session, **facts, step=step, on=on, approve=approve),
        "unpin": lambda approve: unpin_step(session, **facts, step=step, approve=approve),
        "start": lambda approve: change_start(session, **facts, start_on=on.replace(month=1), approve=approve),
    }
    try:
        diff = verbs[verb](None)
    except Refusal:
        return
    verbs[verb](diff.digest)
    dates = dict(session.exec(select(Step.key, Step.due_on)).all())
    assert {one.step: dates[one.step] for one in diff.moved} == {one.step: one.on for one in diff.moved}
    with pytest.raises(Refusal):
        verbs[verb](diff.digest)
    assert dict(session.exec(select(Step.key, Step.due_on)).all()) == dates


def _check(session: Session) -> None:
    rows = session.exec(select(Notice, Step).join(Step).where(Notice.status == "pending")).all()
    live = [(step.key, notice.kind, notice.recipient) for notice, step in rows if notice.kind != "call"]
    assert len(live) == len(set(live))
    for notice, step in rows:
        # A cancellation names the day that people know, which a start that has moved has taken away.
        assert notice.kind == CANCELLED or notice.facts["due_on"] == step.due_on.isoformat()
