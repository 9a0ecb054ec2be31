"""Troubles that last: a database gone for an hour, a mail server away for days while thousands wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from actions.morning import take_lease
from models import Notice
from models.session import Database
from models.trouble import is_trouble
from notifications.answers import MemoryMailer
from notifications.delivery import deliver
from programme.errors import MorningBusy
from tests import databases
from tests.faults.troubled import ledger, morning, post
from tests.notifications.post_office import NOW, PostOffice, after, open_office, post_of, put, statuses
from tests.world import CODE, open_enrolled

__all__ = ["open_office"]

MAILS, THOUSANDS = 5, 2_000
WAITS, SENT = ("pending", ""), ("sent", "")
HOUR = range(0, 60, 5)


@contextmanager
def gone(database: Database) -> Iterator[None]:
    """Have nobody reach the database: its folder is not mounted, or its server lets nobody in."""
    database.close()
    if database.has_room:
        _lets_in(database, "false")
    else:
        folder = Path(str(make_url(database.url).database)).parent
        elsewhere = folder.rename(folder.with_name(f"{folder.name}-elsewhere"))
    try:
        yield
    finally:
        database.close()
        if database.has_room:
            _lets_in(database, "true")
        else:
            elsewhere.rename(folder)


def _lets_in(database: Database, whether: str) -> None:
    url = make_url(database.url)
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS {whether}'))
        connection.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'")
        )
    engine.dispose()


def undisturbed(path: Path) -> str:
    """Return the ledger of the same morning, done once by one."""
    with databases.another(path) as calm:
        open_enrolled(calm, cooperatives=3)
        assert morning(calm) == []
        return ledger(calm)


def breaks_off(work: Callable[[], Any]) -> None:
    """Do some work that the database's trouble must end."""
    with pytest.raises(DBAPIError) as problem:
        work()
    assert is_trouble(problem.value)


def test_database_gone_for_an_hour_has_nothing_sent_and_all_done_afterwards(database: Database, tmp_path: Path) -> None:
    open_enrolled(database, cooperatives=3)
    before = statuses(database)
    mailer = MemoryMailer()
    with gone(database):
        for minute in HOUR:
            breaks_off(lambda: morning(database))
            breaks_off(lambda minute=minute: deliver(after(post(database, mailer), minutes=minute)))
    assert (mailer.sent, statuses(database)) == ([], before)
    assert morning(database) == []
    assert ledger(database) == undisturbed(tmp_path / "calm.sqlite3")


def test_mails_that_waited_for_the_database_leave_once(database: Database) -> None:
    put(database, MAILS)
    mailer = MemoryMailer()
    with gone(database):
        for minute in HOUR:
            breaks_off(lambda minute=minute: deliver(after(post(database, mailer), minutes=minute)))
    assert (mailer.sent, set(statuses(database))) == ([], {WAITS})
    assert deliver(after(post(database, mailer), minutes=60)) == Counter(accepted=MAILS)
    assert len({address for address, _ in mailer.sent}) == len(mailer.sent) == MAILS


@pytest.mark.slow
def test_thousands_that_wait_while_the_server_is_away_for_days_leave_once(
    database: Database, office: PostOffice
) -> None:
    """No look at a server that is away costs a message a try, and none of them looks more than once an hour."""
    put(database, THOUSANDS, send_at=NOW - timedelta(minutes=30))
    office.close()
    post = post_of(database, office)
    met = sum((deliver(after(post, hours=hour)) for hour in range(0, 24 * 4, 2)), Counter())
    assert 0 < met["away"] <= 24 * 4
    assert set(statuses(database)) == {WAITS}
    office.open()
    assert deliver(after(post, days=4)) == Counter(accepted=THOUSANDS)
    assert set(Counter(office.addresses()).values()) == {1}
    assert len(office.kept) == THOUSANDS
    with database.reading() as session:
        assert set(session.exec(select(Notice.attempts, Notice.status, Notice.doubts))) == {(1, "sent", 0)}


def at_once(database: Database, work: Callable[[Database, int], None]) -> list[BaseException]:
    """Do the same work twice at the same moment, each with connections of its own; return what was raised."""
    barrier, raised = Barrier(2), list[BaseException]()

    def do(number: int) -> None:
        mine = Database(database.url, durable=False)
        barrier.wait(30)
        try:
            work(mine, number)
        except BaseException as problem:  # noqa: BLE001 - it is the test's to judge
            raised.append(problem)
        finally:
            mine.close()

    threads = [Thread(target=do, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return raised


def test_two_mornings_at_the_same_moment_leave_the_ledger_of_one(database: Database, tmp_path: Path) -> None:
    """Without the lease that keeps them apart in life: what a lost lease would let happen."""
    open_enrolled(database, cooperatives=3)
    failures: list[tuple[str, str]] = []
    assert at_once(database, lambda mine, _: failures.extend(morning(mine))) == []
    assert failures == []
    assert ledger(database) == undisturbed(tmp_path / "calm.sqlite3")


def test_of_two_schedulers_at_the_same_minute_one_gets_the_morning(database: Database) -> None:
    fences: list[int] = []

    def take(mine: Database, number: int) -> None:
        holder, lasts = f"scheduler {number}", timedelta(minutes=5)
        fences.append(take_lease(mine, f"morning:{CODE}", holder=holder, now=NOW, lasts=lasts))

    raised = at_once(database, take)
    assert fences == [1]
    assert [type(one) for one in raised] == [MorningBusy]
