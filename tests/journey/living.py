"""Ways to live through days in a test: mornings, sendings, and what was told since."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session, col, select

from actions.morning import next_morning, next_sending
from models import Notice
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from tests.world import at, morning

SENDER = Sender("programme@odco.example", "Mourafaka")


def send(database: Database, day: date, hour: int = 9) -> list[str]:
    """Empty the outbox at an hour; return the addresses that a message left for."""
    mailer = MemoryMailer()
    deliver(Post(database, mailer, SENDER, Pace(), lambda: at(day, hour)))
    return [address for address, _body in mailer.sent]


def live(database: Database, first: date, last: date, *, every: int = 1) -> list[str]:
    """Have the mornings and sendings of some days; return the addresses that were written to.

    ``every`` so many days all is really called; in between only where something is due.
    """
    written = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if number % every == 0 or is_due(database, day):
            morning(database, day)
            written += send(database, day)
    return written


def is_due(database: Database, day: date) -> bool:
    """Tell whether a day has a morning or a sending."""
    with database.reading() as session:
        days = [next_morning(session), next_sending(session)]
    return any(on is not None and on <= day for on in days)


def promised_since(session: Session, day: date, hour: int = 0) -> list[tuple[str, str]]:
    """Return what was promised from an hour of a day on, to whom and how it stands; without messages of the day."""
    rows = session.exec(
        select(Notice)
        .where(Notice.promised_at >= at(day, hour), col(Notice.enrolment_id).is_not(None))
        .order_by(col(Notice.id))
    )
    return [(row.key.partition("/")[2].partition("/")[2], row.status) for row in rows]
