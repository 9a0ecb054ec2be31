"""What a migration would send is listed before it is approved: no more, no less than what it then promises."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from actions.migrate import migrate_cohort
from actions.migration_told import told_by
from models import Notice
from models.session import Database
from notifications.ledger import ledger_hash
from tests.journey.living import send
from tests.journey.test_versions import planned, publish_second, second_text
from tests.moulds import built_once
from tests.world import CODE, at, everything_in, morning, open_enrolled, open_followed, step_row

RESTITUTION = "diagnosis.restitution"


@pytest.fixture
@built_once
def invited(database: Database) -> date:
    """Two cooperatives, one without an address, are invited to their restitution; return the day after."""
    open_followed(database, cooperatives=2, without_email=(2,))
    with database.reading() as session:
        due_on = step_row(session, RESTITUTION).due_on
    for days in range(8, 3, -1):
        morning(database, due_on - timedelta(days=days))
        send(database, due_on - timedelta(days=days))
    return due_on - timedelta(days=3)


def test_messages_are_those_that_the_migration_then_promises(database: Database, invited: date) -> None:
    publish_second(database)
    plan, before = planned(database, invited), everything_in(database)
    told = told_by(database, plan, by="k1", now=at(invited))
    assert everything_in(database) == before
    assert [(one.enrolment, one.recipient, one.kind, one.channel, one.step, one.on) for one in told] == [
        (f"{CODE}/001", f"cooperative:{CODE}/001", "date_changed", "email", RESTITUTION, date(2027, 3, 15)),
    ]
    with database.reading() as session:
        known = set(session.exec(select(Notice.id)))
    migrate_cohort(database, cohort=CODE, approve=plan.digest, by="k1", now=at(invited))
    with database.reading() as session:
        fresh = [one for one in session.exec(select(Notice)) if one.id not in known and one.status == "pending"]
    assert [(one.recipient, one.kind) for one in fresh] == [(f"cooperative:{CODE}/001", "date_changed")]


def test_meeting_that_is_not_held_any_more_is_listed(database: Database, invited: date) -> None:
    head, _, rest = second_text().partition("      - key: restitution\n")
    after = rest[rest.index("      - key: ") :] if "      - key: " in rest.split("\n  - key: ")[0] else rest
    publish_second(database, head + after)
    with database.reading() as session:
        before = ledger_hash(session.exec(select(Notice)))
    told = told_by(database, planned(database, invited), by="k1", now=at(invited))
    assert ("meeting_cancelled", f"cooperative:{CODE}/001") in [(one.kind, one.recipient) for one in told]
    with database.reading() as session:
        assert ledger_hash(session.exec(select(Notice))) == before


def test_nobody_invited_is_told_nothing(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    publish_second(database)
    assert told_by(database, planned(database, date(2027, 1, 18)), by="k1", now=at(date(2027, 1, 18))) == []
