"""A cohort with one coach whose dates move: its mornings, its mail, and what a verb would do before it does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlmodel import Session, select

from actions.assign import assign_cohort
from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.morning import whole_morning
from actions.replan import move_step
from models import Cohort, Notice, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.diffs import Diff
from tests.moulds import built_once
from tests.world import CODE, NOW, at, open_world

ONE = f"{CODE}/001"
VISIT = "diagnosis.visit"


@built_once
def world(database: Database, start_on: date, *, cooperatives: int = 1, without_email: tuple[int, ...] = ()) -> None:
    """Enrol cooperatives in a cohort that starts on a day, all followed by the coach c1."""
    open_world(database, cooperatives=cooperatives, without_email=without_email)
    with database.transaction() as session:
        session.get_one(Cohort, 1).start_on = start_on
        session.flush()
        enrol_cohort(session, code=CODE, by="k1", now=NOW)
        assign_cohort(session, code=CODE, by="k1", now=NOW)


def live(database: Database, *days: date) -> MemoryMailer:
    """Do the morning of each day at 8:00 and send at 16:00; return what left."""
    mailer = MemoryMailer()
    for day in days:
        with database.reading() as session:
            cohort = cohort_of(session, CODE)
        assert whole_morning(database, cohort, at(day)).failures == []
        post = Post(database, mailer, Sender("mourafaka@odco.example"), Pace(), lambda day=day: at(day, 16))
        deliver(post)
    return mailer


def approve(database: Database, verb: Callable[..., Diff], **facts: object) -> Diff:
    """Look at what a verb would do, then approve that very diff in a second transaction."""
    with database.transaction() as session:
        seen = verb(session, **facts)
    with database.transaction() as session:
        done = verb(session, **facts, approve=seen.digest)
    assert done.to_json() == seen.to_json()
    return seen


def move(database: Database, to: date, on: date, *, by: str = "c1", step: str = VISIT) -> Diff:
    return approve(database, move_step, code=ONE, step=step, on=to, by=by, now=at(on, 11))


def standing(session: Session, step: str) -> list[tuple[str, str, str]]:
    """Return the notices about a step: what, to whom, and how they stand; by key."""
    rows = session.exec(select(Notice).join(Step).where(Step.key == step).order_by(Notice.key))
    return [(row.key.split("/")[3], row.recipient, row.status) for row in rows]


def lines(diff: Diff, name: str) -> list[tuple[str, str, date | None]]:
    found: Sequence[object] = getattr(diff, name)
    return sorted((line.kind, line.to.partition(":")[0], line.on) for line in found)  # type: ignore[attr-defined]
