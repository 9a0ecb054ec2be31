"""Several connections at once, by ourselves or by a clerk: no more messages in doubt than there are connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Event, Lock

import pytest
from sqlmodel import col, func, select

from models import Notice
from models.session import Database
from notifications import holds
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import SmtpMailer
from runtime.clock import Clock
from tests.notifications.clerks import deliver_by_clerk
from tests.notifications.post_office import (
    NOW,
    SENDER,
    PostOffice,
    bodies,
    channel,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    put,
    statuses,
)

SENT = ("sent", "")
Deliver = Callable[[Post], Counter[str]]


@pytest.fixture(name="delivered", params=[deliver, deliver_by_clerk], ids=["by ourselves", "by a clerk"])
def choose_way(request: pytest.FixtureRequest) -> Deliver:
    way: Deliver = request.param
    return way


def post_by(database: Database, *mailers: MemoryMailer) -> Post:
    return Post(database, mailers[0], SENDER, Pace(), Clock(NOW).now, beside=mailers[1:])


def under_way(database: Database) -> int:
    with database.reading() as session:
        begun = select(func.count()).where(Notice.status == "sending", col(Notice.data_begun).is_(True))
        return session.exec(begun).one()


class Together(MemoryMailer):
    """Answers when as many messages are under way as there are connections, so that they must be at once."""

    def __init__(self, barrier: Barrier) -> None:
        super().__init__()
        self._barrier = barrier

    def send(self, address: str, body: bytes) -> Answer:
        self._barrier.wait(timeout=20)
        return super().send(address, body)


class Counting(MemoryMailer):
    """Notes how many messages the database has under way each time that one is handed over."""

    def __init__(self, database: Database, seen: list[int], lock: Lock) -> None:
        super().__init__()
        self._database, self._seen, self._lock = database, seen, lock

    def send(self, address: str, body: bytes) -> Answer:
        with self._lock:
            self._seen.append(under_way(self._database))
        return super().send(address, body)


class Answering(MemoryMailer):
    """Gives one answer for one address, and does something first; accepts the rest."""

    def __init__(self, address: str = "", answer: Answer | None = None, first: object = None) -> None:
        super().__init__()
        self._address, self._answer, self._first = address, answer, first

    def send(self, address: str, body: bytes) -> Answer:
        if address != self._address:
            return super().send(address, body)
        if callable(self._first):
            self._first()
        return self._answer or super().send(address, body)


def test_each_message_leaves_once_by_some_connection(
    database: Database, office: PostOffice, delivered: Deliver
) -> None:
    put(database, 120)
    mailers = [SmtpMailer(office.server(), SENDER, reply_seconds=5) for _ in range(4)]
    post = Post(database, mailers[0], SENDER, Pace(), Clock(NOW).now, beside=tuple(mailers[1:]))
    assert delivered(post) == Counter(accepted=120)
    assert Counter(office.addresses()) == Counter(f"coop{number}@coop.example" for number in range(1, 121))
    assert (statuses(database), bodies(database), len(office.connections)) == ([SENT] * 120, [], 4)


def test_connections_are_used_at_the_same_time(database: Database, delivered: Deliver) -> None:
    put(database, 9)
    mailers = [Together(barrier) for barrier in [Barrier(3)] for _ in range(3)]
    assert delivered(post_by(database, *mailers)) == Counter(accepted=9)
    assert [len(mailer.sent) for mailer in mailers] == [3, 3, 3]


def test_no_more_is_under_way_than_there_are_connections(database: Database, delivered: Deliver) -> None:
    put(database, 60)
    seen: list[int] = []
    lock = Lock()
    mailers = [Counting(database, seen, lock) for _ in range(3)]
    assert delivered(post_by(database, *mailers)) == Counter(accepted=60)
    assert len(seen) == 60
    assert 1 <= min(seen) <= max(seen) <= 3


def test_silent_answer_holds_back_no_other_connection(database: Database, delivered: Deliver) -> None:
    put(database, 20)
    others_left = Event()

    def wait() -> None:
        assert others_left.wait(timeout=20)

    class Last(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            if address == "coop20@coop.example":
                others_left.set()
            return super().send(address, body)

    slow = Answering("coop1@coop.example", Answer("accepted", 250, "at last"), first=wait)
    quick = Last()
    # The last one taken up is the first one given: the slow connection gets the first message.
    assert delivered(post_by(database, quick, slow)) == Counter(accepted=20)
    assert len(quick.sent) == 19
    assert statuses(database) == [SENT] * 20


def test_server_that_is_away_pauses_once_and_what_was_answered_is_settled(
    database: Database, delivered: Deliver
) -> None:
    put(database, 10)
    away = Answer("away", 421, "closing")
    mailers = [Answering("coop2@coop.example", away), Answering("coop2@coop.example", away)]
    tally = delivered(post_by(database, *mailers))
    assert tally["away"] == 1
    sent = [status for status, _ in statuses(database)].count("sent")
    assert (sent, tally["accepted"]) == (len(mailers[0].sent) + len(mailers[1].sent), sent)
    paused = channel(database)
    assert paused is not None
    assert (paused.failures, paused.reason) == (1, "closing")
    assert under_way(database) == 0
    assert [status for status, _ in statuses(database)].count("pending") == 10 - sent
    assert notice(database, "SM/002/welcome").attempts == 0


def test_hold_gives_back_the_rest_and_settles_what_had_left(database: Database, delivered: Deliver) -> None:
    put(database, 10)

    def hold() -> None:
        with database.transaction() as session:
            holds.hold(session, cause="person", by="amal", now=NOW, reason="the server moves")

    mailers = [Answering("coop1@coop.example", first=hold), Answering("coop1@coop.example", first=hold)]
    tally = delivered(post_by(database, *mailers))
    sent = len(mailers[0].sent) + len(mailers[1].sent)
    assert tally == Counter(accepted=sent)
    assert sent < 10
    assert Counter(status for status, _ in statuses(database)) == Counter(sent=sent, pending=10 - sent)


def test_mistake_in_a_connection_is_raised_and_not_hidden(database: Database) -> None:
    put(database, 6)

    def fail() -> None:
        raise RuntimeError("a mistake of ours")

    mailers = [Answering("coop3@coop.example", first=fail), Answering("coop3@coop.example", first=fail)]
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        deliver(post_by(database, *mailers))
    assert notice(database, "SM/003/welcome").data_begun is True


def test_one_connection_keeps_the_order(database: Database, delivered: Deliver) -> None:
    put(database, 70)
    mailer = MemoryMailer()
    assert delivered(replace(post_by(database, mailer), beside=())) == Counter(accepted=70)
    assert [address for address, _ in mailer.sent] == [f"coop{number}@coop.example" for number in range(1, 71)]


class Stopping(MemoryMailer):
    """Has everybody told to stop while one of its messages is under way."""

    def __init__(self, told: Event, *, at: int) -> None:
        super().__init__()
        self._told, self._at = told, at

    def send(self, address: str, body: bytes) -> Answer:
        if len(self.sent) + 1 == self._at:
            self._told.set()
        return super().send(address, body)


@pytest.mark.parametrize("connections", [1, 3])
def test_word_to_stop_leaves_nothing_claimed_and_what_is_in_hand_settled(
    database: Database, connections: int, delivered: Deliver
) -> None:
    put(database, 20)
    told = Event()
    mailers = [Stopping(told, at=2) for _ in range(connections)]
    tally = delivered(replace(post_by(database, *mailers), stops=told.is_set))
    left = sum(len(one.sent) for one in mailers)
    assert 2 <= left <= 2 * connections
    assert tally == Counter(accepted=left)
    with database.reading() as session:
        rows = session.exec(select(Notice.status, Notice.attempts, Notice.data_begun)).all()
        assert session.exec(select(func.count()).select_from(Notice).where(Notice.status == "sending")).one() == 0
    assert Counter(rows)[("pending", 0, False)] == 20 - left
    again = MemoryMailer()
    assert delivered(post_by(database, again)) == Counter(accepted=20 - left)


def test_word_to_stop_before_anything_is_claimed_leaves_all_as_it_is(database: Database, delivered: Deliver) -> None:
    put(database, 3)
    mailer = MemoryMailer()
    assert delivered(replace(post_by(database, mailer), stops=lambda: True)) == Counter()
    assert (mailer.sent, statuses(database)) == ([], [("pending", "")] * 3)
