"""A sending and a morning that a trouble may strike, and the ledger that they leave."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from actions.cohorts import cohort_of
from actions.morning import whole_morning
from models import Notice
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post
from notifications.ledger import ledger_hash
from notifications.outbox import Pace
from notifications.smtp import Sender
from runtime.clock import Clock
from tests.notifications.post_office import NOW
from tests.world import CODE, at

DAY = date(2027, 1, 15)


def post(database: Database, mailer: MemoryMailer) -> Post:
    return Post(database, mailer, Sender("m@odco.example", "M"), Pace(), Clock(NOW).now)


def ledger(database: Database) -> str:
    with database.reading() as session:
        return ledger_hash(session.exec(select(Notice)))


def morning(database: Database) -> list[tuple[str, str]]:
    """Do the day's morning; return what of it failed by itself."""
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    return whole_morning(database, cohort, at(DAY)).failures
