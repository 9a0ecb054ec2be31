"""A disk that is full or read-only: nothing is sent that cannot be written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from runtime.clock import Clock
from tests.notifications.post_office import NOW, after, bodies, notice, put, statuses

pytestmark = pytest.mark.sqlite

WAITS, SENT = ("pending", ""), ("sent", "")


def post(database: Database, mailer: MemoryMailer) -> Post:
    return Post(database, mailer, Sender("m@odco.example", "M"), Pace(), Clock(NOW).now)


@contextmanager
def opened(database: Database, *pragmas: str) -> Iterator[Database]:
    """Open the same file with other pragmas on each connection."""
    other = Database(database.url)

    @event.listens_for(other.engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    yield other
    other.close()


def pages(database: Database) -> int:
    with database.reading() as session:
        count: int = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    return count


def test_read_only_database_sends_nothing(database: Database) -> None:
    put(database, 3)
    mailer = MemoryMailer()
    with opened(database, "PRAGMA query_only = ON") as locked, pytest.raises(OperationalError, match="readonly"):
        deliver(post(locked, mailer))
    assert (mailer.sent, statuses(database)) == ([], [WAITS] * 3)
    assert deliver(post(database, mailer)) == Counter(accepted=3)


def test_read_only_file_sends_nothing(database: Database) -> None:
    put(database, 3)
    database.close()
    path = database.engine.url.database
    mailer = MemoryMailer()
    frozen = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(OperationalError, match="readonly"):
        deliver(post(frozen, mailer))
    frozen.close()
    assert (mailer.sent, statuses(database)) == ([], [WAITS] * 3)


def test_disk_that_is_full_from_the_start_sends_nothing(database: Database) -> None:
    put(database, 60)
    mailer = MemoryMailer()
    with opened(database, f"PRAGMA max_page_count = {pages(database)}") as full:
        for minute in (0, 10, 20):
            with pytest.raises(OperationalError, match="full"):
                deliver(after(post(full, mailer), minutes=minute))
    assert (mailer.sent, set(statuses(database)), bodies(database)) == ([], {WAITS}, [])
    assert deliver(after(post(database, mailer), minutes=30)) == Counter(accepted=60)
    assert len(mailer.sent) == 60


class _Filling(MemoryMailer):
    """Accepts, and has the disk fill up while it does so the ``at``-th time."""

    def __init__(self, database: Database, at: int) -> None:
        super().__init__()
        self._database, self._at = database, at

    def send(self, address: str, body: bytes) -> Answer:
        answer = super().send(address, body)
        if len(self.sent) == self._at:
            self._database.engine.dispose()  # the next connection meets the full disk

            @event.listens_for(self._database.engine, "connect")
            def fill(connection: Any, _record: Any) -> None:
                connection.execute("PRAGMA query_only = ON")

        return answer


def test_disk_that_fills_up_in_a_batch_stops_it_at_once(database: Database) -> None:
    """The one message whose answer could not be written down is in doubt: repeated once, as any other."""
    put(database, 10)
    with opened(database) as filling:
        mailer = _Filling(filling, at=4)
        with pytest.raises(OperationalError, match="readonly"):
            deliver(post(filling, mailer))
    assert len(mailer.sent) == 4
    assert [status for status, _ in statuses(database)] == [*["sent"] * 3, *["sending"] * 7]
    later = replace(post(database, mailer), now=Clock(NOW + timedelta(seconds=361)).now)
    assert deliver(later) == Counter(accepted=7)
    copies = Counter(address for address, _ in mailer.sent)
    assert copies == {f"coop{number}@coop.example": 1 + (number == 4) for number in range(1, 11)}
    assert set(statuses(database)) == {SENT}
    assert notice(database, "SM/004/welcome").doubts == 1
