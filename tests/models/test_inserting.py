"""Rows by the hundred are what SQLAlchemy would have written one by one, on each database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import Notice
from models.columns import columns
from models.inserting import Inserting
from models.session import Database
from tests.world import statements

NOTICE = columns(Notice)
NAMES = ["facts", "key", "promised_at", "due_on", "status", "settled_at", "send_at", "approved_by"]
"""Not in the table's order."""
ALWAYS: dict[str, Any] = {
    **{name: sa.literal_column("''") for name in ("kind", "recipient", "language", "template_version", "reason")},
    **{name: sa.literal_column("''") for name in ("claimed_by", "error")},
    **{name: sa.literal_column("0") for name in ("attempts", "doubts", "token", "place")},
    "channel": sa.literal_column("'email'"),
    "data_begun": sa.false(),
}
WRITE = Inserting(Notice, NAMES, ALWAYS)
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
ELSEWHERE = NOON.astimezone(timezone(timedelta(hours=5)))
FACTS = {"title": {"fr": "L'« étape » 50 %", "ar": "المرحلة"}, "days": -3, "late": True, "none": None, "of": [1, 2.5]}


def row(key: str, **more: Any) -> tuple[Any, ...]:
    values = {"facts": FACTS, "key": key, "promised_at": NOON, "due_on": date(2027, 3, 1), "status": "pending"}
    values |= {"settled_at": None, "send_at": ELSEWHERE, "approved_by": None}
    return tuple({**values, **more}[name] for name in NAMES)


def test_rows_come_back_as_they_were_in_their_order(database: Database) -> None:
    with database.transaction() as session:
        WRITE.write(session, [row("b"), row("a", facts={}, settled_at=NOON, approved_by="?"), row("%s")])
    with database.reading() as session:
        found = session.execute(sa.select(*(NOTICE[name] for name in NAMES)).order_by(NOTICE.id)).all()
        constant = session.execute(sa.select(NOTICE.token, NOTICE.data_begun, NOTICE.kind).distinct()).one()
    assert [tuple(one) for one in found] == [
        row("b", send_at=NOON),
        row("a", facts={}, settled_at=NOON, approved_by="?", send_at=NOON),
        row("%s", send_at=NOON),
    ]
    assert tuple(constant) == (0, False, "")


def test_rows_are_as_sqlalchemy_writes_them(database: Database) -> None:
    with database.transaction() as session:
        WRITE.write(session, [row("ours")])
        told = dict(zip(NAMES, row("theirs"), strict=True))
        session.execute(sa.insert(NOTICE.id.table).values(ALWAYS), [told])
        stored = [sa.cast(NOTICE[name], sa.String) for name in NAMES if name != "key"]
        ours, theirs = session.execute(sa.select(*stored).order_by(NOTICE.id)).all()
    assert tuple(ours) == tuple(theirs)


def test_many_rows_are_one_statement_and_none_is_none(database: Database) -> None:
    with database.transaction() as session, statements(database) as seen:
        WRITE.write(session, [])
        assert seen == []
        WRITE.write(session, [row(f"{number}") for number in range(1_200)])
        assert session.scalar(sa.select(sa.func.count()).select_from(NOTICE.id.table)) == 1_200
    assert len([one for one in seen if one.startswith("INSERT")]) == 1


def test_what_was_changed_before_is_written_before(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            Notice(**dict(zip(NAMES, row("first"), strict=True)), kind="", recipient="", language="", channel="email")
        )
        WRITE.write(session, [row("second")])
        assert session.scalars(sa.select(NOTICE.key).order_by(NOTICE.id)).all() == ["first", "second"]


def test_what_a_database_refuses_is_refused_without_its_values(database: Database) -> None:
    with database.transaction() as session:
        WRITE.write(session, [row("a")])
    with pytest.raises(IntegrityError) as refused, database.transaction() as session:
        WRITE.write(session, [row("b"), row("a")])
    assert "L'«" not in str(refused.value)
    with database.reading() as session:
        assert session.scalars(sa.select(NOTICE.key)).all() == ["a"]


@pytest.mark.parametrize("value", [NOON, date(2027, 3, 1), {1, 2}])
def test_facts_that_are_not_plain_are_refused(database: Database, value: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"), database.transaction() as session:
        WRITE.write(session, [row("a", facts={"on": value})])


def test_an_instant_without_its_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="an instant needs its zone"), database.transaction() as session:
        WRITE.write(session, [row("a", send_at=datetime(2027, 3, 1))])  # noqa: DTZ001 - that is the matter
