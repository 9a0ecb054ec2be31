"""Rows that several writers change at the same time, and writers that met crosswise."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from models import ChannelState, Person
from models.locking import locked
from models.session import Database
from models.trouble import again_if_crossed

BOTH = 2


def both(work: list[threading.Thread]) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()


def test_row_that_there_is_not_is_made_once_by_two_who_want_it(database: Database) -> None:
    together = threading.Barrier(BOTH, timeout=1)

    def count() -> None:
        with database.transaction(alone=False) as session:
            if database.has_room:
                together.wait()
            state = locked(session, ChannelState(channel="email"))
            state.failures += 1

    both([threading.Thread(target=count) for _ in range(BOTH)])
    with database.reading() as session:
        assert session.exec(select(ChannelState.failures)).all() == [BOTH]


def test_row_that_there_is_is_given_as_it_is(database: Database) -> None:
    with database.transaction() as session:
        session.add(ChannelState(channel="email", failures=3))
    with database.transaction() as session:
        assert locked(session, ChannelState(channel="email")).failures == 3


def rename(session: Session, code: str) -> None:
    session.execute(update(Person).where(col(Person.code) == code).values(name=Person.name + "!"))  # type: ignore[operator]


def test_two_who_wait_for_each_other_s_rows_both_come_through(database: Database) -> None:
    if not database.has_room:
        pytest.skip("on SQLite the second one begins when the first one has ended")
    with database.transaction() as session:
        session.add_all([Person(code="a", name="A"), Person(code="b", name="B")])
    together = threading.Barrier(BOTH)
    met: set[str] = set()

    def change(first: str, second: str) -> None:
        with database.transaction(alone=False) as session:
            rename(session, first)
            if first not in met:  # the one that is ended tries again when the other one is through
                met.add(first)
                together.wait()
            rename(session, second)

    both(
        [
            threading.Thread(target=partial(again_if_crossed, partial(change, "a", "b"))),
            threading.Thread(target=partial(again_if_crossed, partial(change, "b", "a"))),
        ]
    )
    with database.reading() as session:
        assert session.exec(select(Person.name).order_by(Person.code)).all() == ["A!!", "B!!"]


def test_other_trouble_is_not_tried_again() -> None:
    tried: list[int] = []

    def fail() -> None:
        tried.append(1)
        raise OperationalError("SELECT 1", {}, Exception("the server has gone"))

    with pytest.raises(OperationalError):
        again_if_crossed(fail)
    assert tried == [1]
