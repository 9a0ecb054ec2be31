"""A clerk makes the next messages while others leave: whatever ends that, nothing stays claimed and nothing is lost."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing import Pipe
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
from notifications.clerk import BROKE_OFF, Clerk
from notifications.delivery import BATCH, deliver
from notifications.freezing import gather, keep
from notifications.hands import Hands
from notifications.links import Links
from notifications.making import make
from notifications.outbox import Pace
from notifications.post import Post
from runtime.clock import Clock
from tests.notifications.clerks import a_process, deliver_by_clerk
from tests.notifications.post_office import NOW, SENDER, bodies, channel, notice, put, put_digest, statuses

SENT = ("sent", "")
LINKS = Links("a secret of the test, long enough", "https://mourafaka.example")
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


def post_by(database: Database, mailer: MemoryMailer, **more: object) -> Post:
    return replace(Post(database, mailer, SENDER, Pace(), Clock(NOW).now), **more)  # type: ignore[arg-type]


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
    Thread(target=clerks.serve, args=(post, its_end), daemon=True).start()
    with a_process() as number, Clerk(number, line, 1) as clerk:
        clerk.begin(batch)
        made = clerk.made(batch, post)
        assert not clerk.are_lost
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


def test_what_a_clerk_leaves_who_breaks_off_is_sent_and_what_it_had_under_way_is_in_doubt(database: Database) -> None:
    put(database, MANY)
    line, its_end = Pipe()
    theirs, ours = Steered(BATCH + 20, its_end.close), MemoryMailer()
    post = post_by(database, theirs)
    working = Thread(target=clerks.serve, args=(post, its_end), daemon=True)
    with a_process() as number:
        working.start()
        tally = deliver(replace(post, mailer=ours), clerk=Clerk(number, line, 1))
    assert tally == Counter(accepted=MANY - 1, doubt=1)
    assert len(theirs.sent) + len(ours.sent) == MANY  # the one in doubt had left
    doubted = notice(database, f"SM/{BATCH + 21:03d}/welcome")
    assert (doubted.status, doubted.doubts, doubted.error) == ("pending", 1, BROKE_OFF)
    assert (len(bodies(database)), rows(database)[("sending", 1, False)]) == (1, 0)


def test_clerk_that_is_frozen_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "BEAT", 0.01)
    put(database, 30)
    line, its_end = Pipe()
    mailer = MemoryMailer()
    with subprocess.Popen(["sleep", "600"]) as frozen, its_end:
        tally = deliver(post_by(database, mailer), clerk=Clerk(frozen.pid, line, 2))
        assert frozen.wait(20) < 0
    assert (tally, len(mailer.sent)) == (Counter(accepted=30), 30)


def test_clerk_who_has_nothing_to_tell_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "BEAT", 0.01)
    line, its_end = Pipe()
    post = Post(None, MemoryMailer(), SENDER, Pace(), Clock(NOW).now)  # type: ignore[arg-type] # it has no database
    working = Thread(target=clerks.serve, args=(post, its_end), daemon=True)
    working.start()
    assert [line.recv() for _ in range(3)] == [("here", None)] * 3
    line.close()
    working.join(20)
    assert not working.is_alive()


def test_it_keeps_half_of_its_connections_busy(database: Database) -> None:
    line, its_end = Pipe()
    clerk = Clerk(os.getpid(), line, 4)
    clerk.take([clerks.Parcel(number, "c@coop.example", b"x") for number in range(4)])
    its_end.send(("answers", [(0, Answer("accepted"))]))
    its_end.send(("answers", [(1, Answer("accepted"))]))
    its_end.send(("answers", [(2, Answer("accepted"))]))
    assert [number for number, _ in clerk.answers()] == [0, 1]
    assert (clerk.free, clerk.are_busy) == (2, True)
    its_end.send(("answers", [(3, Answer("accepted"))]))
    assert [number for number, _ in clerk.answers(all_of_them=True)] == [2, 3]
    assert (clerk.free, clerk.are_busy, Hands([MemoryMailer()]).are_lost) == (4, False, False)
