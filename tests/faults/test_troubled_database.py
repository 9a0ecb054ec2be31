"""A database that is busy, read-only, or lost in mid-commit: nothing leaves unrecorded, and the work repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from models.session import Database
from models.trouble import is_trouble
from notifications.answers import MemoryMailer
from notifications.delivery import deliver
from tests import databases
from tests.chaos.struck import StruckDatabase, Troubles
from tests.faults.troubled import ledger, morning, post
from tests.notifications.post_office import after, notice, put, statuses
from tests.world import open_enrolled

MAILS = 5
WAITS, SENT = ("pending", ""), ("sent", "")
TROUBLES = (
    "busy",
    "read-only",
    "lost before",
    "lost after",
    pytest.param("full", marks=pytest.mark.sqlite),
)
COMMITS = range(1, MAILS + 3)
"""The claim, the frozen bytes, and what is written down before the first message and after each."""


@pytest.fixture
def struck(database_url: str) -> Iterator[StruckDatabase]:
    """The same database, for an engine that is struck."""
    opened = StruckDatabase(database_url)
    yield opened
    opened.close()


# Where there is room for several writers, senders wait for no other.
@pytest.mark.parametrize("what", [pytest.param("busy", marks=pytest.mark.sqlite), "read-only"])
def test_database_that_takes_nothing_in_has_nothing_sent(database: Database, struck: StruckDatabase, what: str) -> None:
    put(database, MAILS)
    mailer, troubles = MemoryMailer(), Troubles(struck)
    troubles.blow(what)()
    for minute in (0, 10, 20):
        with pytest.raises(DBAPIError) as problem:
            deliver(after(post(struck, mailer), minutes=minute))
        assert is_trouble(problem.value)
    troubles.end()
    assert (mailer.sent, set(statuses(database))) == ([], {WAITS})
    assert deliver(after(post(struck, mailer), minutes=30)) == Counter(accepted=MAILS)


@pytest.mark.parametrize("what", TROUBLES)
@pytest.mark.parametrize("at_commit", COMMITS)
def test_trouble_at_any_commit_of_a_sending_loses_nothing_and_doubts_one(
    database: Database, struck: StruckDatabase, what: str, at_commit: int
) -> None:
    put(database, MAILS)
    mailer, troubles = MemoryMailer(), Troubles(struck)
    blow, before = troubles.blow(what), what == "lost before"
    with struck.aimed(at_commit, blow, before=before), suppress(DBAPIError):
        deliver(post(struck, mailer))
    troubles.end()
    recorded = sum(status == SENT for status in statuses(database))
    assert recorded <= len(mailer.sent) <= recorded + 1
    deliver(after(post(struck, mailer), minutes=10))
    assert set(statuses(database)) == {SENT}
    copies = Counter(address for address, _ in mailer.sent)
    assert set(copies) == {f"coop{number}@coop.example" for number in range(1, MAILS + 1)}
    twice = [address for address, count in copies.items() if count > 1]
    assert len(twice) <= 1
    assert max(copies.values()) <= 2
    for address in twice:
        number = address.partition("@")[0].removeprefix("coop")
        assert notice(database, f"SM/{int(number):03d}/welcome").doubts == 1
        assert len({body for to, body in mailer.sent if to == address}) == 1


def test_troubles_strike_where_they_are_aimed(database: Database, struck: StruckDatabase) -> None:
    put(database, MAILS)
    mailer, troubles = MemoryMailer(), Troubles(struck)
    with struck.aimed(4, troubles.blow("lost after"), before=False), pytest.raises(DBAPIError):
        deliver(post(struck, mailer))
    assert len(mailer.sent) == 1
    assert [status for status, _ in statuses(database)] == ["sent", *["sending"] * (MAILS - 1)]


def breaks_off(database: Database) -> bool:
    """Do a morning; tell whether the database's trouble ended it. Either way nothing in it has failed by itself."""
    try:
        assert morning(database) == []
    except DBAPIError as problem:
        if not is_trouble(problem):
            raise
        return True
    return False


def undisturbed(folder: Path) -> str:
    """Return the ledger of the same morning in a database that nothing strikes."""
    url = databases.empty(folder / "calm.sqlite3")
    calm = Database(url, durable=False)
    open_enrolled(calm, cooperatives=3)
    assert morning(calm) == []
    found = ledger(calm)
    calm.close()
    databases.drop(url)
    return found


@pytest.mark.parametrize("what", TROUBLES)
def test_trouble_at_any_commit_of_a_morning_is_nobodys_failure(
    database: Database, struck: StruckDatabase, tmp_path: Path, what: str
) -> None:
    """The same morning as if nothing had been: it breaks off at each of its commits in turn, and is done again."""
    open_enrolled(database, cooperatives=3)
    troubles, broke_off = Troubles(struck), 0
    for at_commit in (1, 1, 2, 1, 1):
        with struck.aimed(at_commit, troubles.blow(what), before=what == "lost before"):
            broke_off += breaks_off(struck)
        troubles.end()
    assert morning(struck) == []
    assert broke_off > 0
    assert ledger(database) == undisturbed(tmp_path)
