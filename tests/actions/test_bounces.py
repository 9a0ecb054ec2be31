"""Mail that came back: the address is marked, the coordinator told once, the coach tells the cooperative."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from actions.bounces import Came, take_bounces
from models import Contact, Notice
from models.session import Database
from notifications.bounces import Bounce
from tests.journey.living import send
from tests.moulds import built_once
from tests.world import CODE, at, morning, notice_row, open_followed, story

DAY = date(2027, 1, 5)
WELCOME = f"{CODE}/001/-/welcome/cooperative:{CODE}/001"


@pytest.fixture
@built_once
def sent(database: Database) -> Database:
    """A cooperative whose welcome left on Monday 2027-01-04."""
    open_followed(database)
    morning(database, date(2027, 1, 4))
    send(database, date(2027, 1, 4))
    return database


def report(database: Database, status: str = "5.1.1", key: str | None = WELCOME) -> Bounce:
    with database.reading() as session:
        ids = (notice_row(session, WELCOME).message_id or "",) if key == WELCOME else ("<other@mx.example>",)
    return Bounce(ids, key, "coop1@coop.example", status, "550 user unknown")


def take(database: Database, *bounces: Bounce) -> list[Came]:
    with database.transaction() as session:
        return take_bounces(session, bounces, by="k1", now=at(DAY, 10))


def test_message_that_came_back_failed_and_its_address_is_marked(sent: Database) -> None:
    assert take(sent, report(sent)) == [Came("marked", "5.1.1", WELCOME)]
    with sent.reading() as session:
        notice = notice_row(session, WELCOME)
        contact = session.exec(select(Contact)).one()
        assert (notice.status, notice.reason) == ("failed", "came back (5.1.1)")
        assert contact.bad_address_at == at(DAY, 10)
        assert ("k1", "mail came back", WELCOME) in story(session)


def test_coordinator_hears_once_and_the_coach_tells_the_cooperative(sent: Database) -> None:
    take(sent, report(sent))
    with sent.reading() as session:
        promised = session.exec(select(Notice).where(Notice.promised_at == at(DAY, 10)).order_by(Notice.key)).all()
        told = [(row.kind, row.channel, row.recipient) for row in promised if not row.kind.endswith("_digest")]
    assert told == [
        ("info", "digest", "coordinator:k1"),
        ("welcome", "call", f"cooperative:{CODE}/001"),
        ("call", "digest", "coach:c1"),
    ]


def test_same_report_read_again_changes_nothing(sent: Database) -> None:
    take(sent, report(sent))
    with sent.reading() as session:
        before = len(session.exec(select(Notice)).all())
    assert take(sent, report(sent)) == [Came("known", "5.1.1", WELCOME)]
    with sent.reading() as session:
        assert len(session.exec(select(Notice)).all()) == before


def test_full_mailbox_marks_nothing(sent: Database) -> None:
    assert take(sent, report(sent, "4.2.2")) == [Came("temporary", "4.2.2", WELCOME)]
    with sent.reading() as session:
        assert notice_row(session, WELCOME).status == "sent"


def test_report_about_somebody_else_s_mail_is_not_ours(sent: Database) -> None:
    assert take(sent, report(sent, key=None)) == [Came("not ours", "5.1.1", None)]
