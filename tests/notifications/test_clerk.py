"""A clerk makes the next messages while others leave: whatever ends that, nothing stays claimed and nothing is lost."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from models import Notice
from models.session import Database
from notifications import clerk as clerks
from notifications import delivery, holds, outbox
from notifications.answers import Answer, MemoryMailer
from notifications.clerk import Clerk
from notifications.delivery import BATCH, deliver
from notifications.freezing import gather, keep
from notifications.links import Links
from notifications.making import make
from notifications.messages import message_of
from notifications.outbox import Pace
from notifications.post import Compose, Post
from notifications.tray import PLACES, Tray
from runtime.clock import Clock
from tests.notifications.clerks import a_process, deliver_by_clerk
from tests.notifications.post_office import NOW, SENDER, bodies, channel, put, put_digest, statuses

SENT = ("sent", "")
LINKS = Links("a secret of the test, long enough", "https://mourafaka.example")
PATIENCE = 20
MANY = 2 * BATCH + 50
"""So many that, while the first batch leaves, the second is claimed and being made."""


class Steered(MemoryMailer):
    """Does something when so many have been accepted, and may answer in another way from then on."""

    def __init__(self, at: int, do: Callable[[], object] = lambda: None, answer: Answer | None = None) -> None:
        super().__init__()
        self._at, self._do, self._answer = at, do, answer

    def send(self, address: str, body: bytes) -> Answer:
        if len(self.sent) != self._at:
            return super().send(address, body)
        self._do()
        return self._answer or super().send(address, body)


def post_by(database: Database, mailer: MemoryMailer, **more: Any) -> Post:
    return replace(Post(database, mailer, SENDER, Pace(), Clock(NOW).now), **more)


def rows(database: Database) -> Counter[tuple[str, int, bool]]:
    with database.reading() as session:
        return Counter(session.exec(select(Notice.status, Notice.attempts, Notice.data_begun)).all())


def test_each_message_leaves_once_and_the_next_ones_are_claimed_meanwhile(database: Database) -> None:
    put(database, MANY)
    seen: list[int] = []

    def look() -> None:
        seen.append(rows(database)[("sending", 1, False)])

    mailer = Steered(BATCH // 2, look)
    assert deliver_by_clerk(post_by(database, mailer)) == Counter(accepted=MANY)
    assert [address for address, _ in mailer.sent] == [f"coop{number}@coop.example" for number in range(1, MANY + 1)]
    assert seen[0] > BATCH
    assert (set(statuses(database)), bodies(database)) == ({SENT}, [])


def test_word_to_stop_gives_back_what_was_being_made(database: Database) -> None:
    put(database, MANY)
    told: list[bool] = []
    mailer = Steered(10, lambda: told.append(True))
    tally = deliver_by_clerk(post_by(database, mailer, stops=lambda: bool(told)))
    left = len(mailer.sent)
    assert (tally, left < 20) == (Counter(accepted=left), True)
    assert rows(database) == Counter({("sent", 1, True): left, ("pending", 0, False): MANY - left})


def test_hold_gives_back_what_was_being_made(database: Database) -> None:
    put(database, MANY)

    def hold() -> None:
        with database.transaction() as session:
            holds.hold(session, cause="person", by="amal", now=NOW, reason="the server moves")

    mailer = Steered(10, hold)
    tally = deliver_by_clerk(post_by(database, mailer))
    left = len(mailer.sent)
    assert (tally, left < 20) == (Counter(accepted=left), True)
    assert rows(database) == Counter({("sent", 1, True): left, ("pending", 0, False): MANY - left})


def test_server_that_is_away_gives_back_what_was_being_made(database: Database) -> None:
    put(database, MANY)
    mailer = Steered(10, answer=Answer("away", 421, "closing"))
    assert deliver_by_clerk(post_by(database, mailer)) == Counter(accepted=10, away=1)
    assert rows(database) == Counter({("sent", 1, True): 10, ("pending", 0, False): MANY - 10})
    paused = channel(database)
    assert paused is not None
    assert (paused.failures, paused.reason) == (1, "closing")


def test_limit_counts_what_is_being_made(database: Database) -> None:
    put(database, MANY)
    wanted = BATCH + 20
    assert deliver_by_clerk(post_by(database, MemoryMailer()), limit=wanted) == Counter(accepted=wanted)
    assert rows(database) == Counter({("sent", 1, True): wanted, ("pending", 0, False): MANY - wanted})


def test_its_messages_are_those_that_we_would_make(database: Database) -> None:
    """With links, and messages of the day; one that cannot be made, and one that was frozen before, are among them."""
    post = post_by(database, Steered(0, answer=Answer("deferred", 451, "later")), links=LINKS)
    put(database, 30)
    assert deliver(post, limit=1) == Counter(deferred=1)
    put_digest(database, 4)
    put(database, 1, beyond=30, facts={"nothing": "to be said"})
    later = NOW + timedelta(hours=1)
    with database.transaction() as session:
        claimed = outbox.claim(session, now=later, pace=Pace(), limit=100)
        refusable = [replace(one, enrolment_id=1, facts={**one.facts, "topic": "early"}) for one in claimed]
        batch = gather(session, refusable, now=later)
    line, its_end = Pipe()
    tray = Tray()
    Thread(target=clerks.serve, args=(post, its_end, tray), daemon=True).start()
    with a_process() as number, Clerk(number, line, tray) as clerk:
        clerk.begin(batch)
        assert line.poll(PATIENCE)  # it gives what it has made when it has made all
        made = clerk.made(batch, post)
        assert not clerk.is_lost
    assert (len(batch.kept), len(made.bodies), len(made.failed), len(made.links) > 0) == (1, 30, 1, True)
    assert made == make(batch, post)


@pytest.mark.parametrize("send", [deliver, deliver_by_clerk])
def test_batch_of_which_nothing_can_be_made_holds_back_no_other(
    database: Database, send: Callable[[Post], Counter[str]]
) -> None:
    put(database, BATCH, facts={"nothing": "to be said"})
    put(database, 20, beyond=BATCH)
    assert send(post_by(database, MemoryMailer())) == Counter(failed=BATCH, accepted=20, cancelled=0)


def test_trouble_with_the_next_batch_settles_what_is_under_way(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, MANY)
    kept: list[int] = []

    def keep_once(*given: Any) -> Any:
        if kept:
            raise OperationalError("no room", {}, Exception())
        kept.append(1)
        return keep(*given)

    monkeypatch.setattr(delivery, "keep", keep_once)
    mailer = MemoryMailer()
    with pytest.raises(OperationalError):
        deliver_by_clerk(post_by(database, mailer))
    assert len(mailer.sent) == BATCH
    assert rows(database) == Counter({("sent", 1, True): BATCH, ("pending", 0, False): MANY - BATCH})


def test_bytes_that_were_frozen_before_are_handed_over_by_a_clerk(database: Database) -> None:
    put(database, 3)
    deliver(post_by(database, Steered(0, answer=Answer("deferred", 451, "later"))), limit=1)
    [frozen] = bodies(database)
    mailer = MemoryMailer()
    later = Clock(NOW + timedelta(hours=1)).now
    assert deliver_by_clerk(post_by(database, mailer, now=later)) == Counter(accepted=3)
    assert frozen in [body for _, body in mailer.sent]


def breaking_off(at: int, line: Connection) -> Compose:
    """Return what makes messages, and at one of them ends the clerk who makes it."""
    made = count(1)

    def compose(*given: Any, **named: Any) -> bytes:
        if next(made) == at:
            line.close()
        return message_of(*given, **named)

    return compose


@pytest.mark.parametrize("at", [1, 3, BATCH, BATCH + 20])
def test_what_a_clerk_leaves_who_breaks_off_is_made_by_its_sender(database: Database, at: int) -> None:
    put(database, MANY)
    line, its_end = Pipe()
    mailer, tray = MemoryMailer(), Tray()
    post = post_by(database, mailer)
    its_post = replace(post, compose=breaking_off(at, its_end))
    working = Thread(target=clerks.serve, args=(its_post, its_end, tray), daemon=True)
    with a_process() as number:
        working.start()
        assert deliver(post, clerk=Clerk(number, line, tray)) == Counter(accepted=MANY)
    assert [address for address, _ in mailer.sent] == [f"coop{number}@coop.example" for number in range(1, MANY + 1)]
    assert (set(statuses(database)), bodies(database)) == ({SENT}, [])


def test_clerk_that_is_frozen_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "BEAT", 0.01)
    put(database, 30)
    line, its_end = Pipe()
    mailer = MemoryMailer()
    with subprocess.Popen(["sleep", "600"]) as frozen, its_end:
        tally = deliver(post_by(database, mailer), clerk=Clerk(frozen.pid, line, Tray()))
        assert frozen.wait(PATIENCE) < 0
    assert (tally, len(mailer.sent)) == (Counter(accepted=30), 30)


def test_clerk_ends_with_who_it_works_for() -> None:
    line, its_end = Pipe()
    no_database: Any = None
    post = Post(no_database, MemoryMailer(), SENDER, Pace(), Clock(NOW).now)
    working = Thread(target=clerks.serve, args=(post, its_end, Tray()), daemon=True)
    working.start()
    line.close()
    working.join(PATIENCE)
    assert not working.is_alive()


def test_what_there_is_no_room_for_is_made_by_the_sender(database: Database) -> None:
    put(database, 5)
    line, its_end = Pipe()
    mailer, small = MemoryMailer(), Tray(room=100)
    post = post_by(database, mailer)
    Thread(target=clerks.serve, args=(post, its_end, small), daemon=True).start()
    with a_process() as number:
        assert deliver(post, clerk=Clerk(number, line, small)) == Counter(accepted=5)
    assert len(mailer.sent) == 5


def test_each_place_of_a_tray_is_used_again_by_a_later_batch() -> None:
    tray = Tray(room=100)
    for number in range(3 * PLACES):
        size = tray.put(number, {number: b"made"})
        assert tray.take(number, size) == {number: b"made"}
    assert tray.put(0, b"x" * 200) == 0


def test_a_clerk_may_have_no_more_batches_than_a_tray_has_places() -> None:
    """Of each claim two are begun at the most, the others and a few messages of the day; no claim beyond `AHEAD`."""
    assert Clerk.ahead + 2 <= PLACES
