"""Several senders on one outbox: each mail arrives once, and a sender that froze settles nothing when it wakes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from actions import withdrawal
from models import HolidayOverride, Notice, Step
from models.session import Database
from notifications import outbox
from notifications.answers import Answer, Mailer
from notifications.delivery import deliver
from notifications.outbox import Pace
from tests.notifications.post_office import (
    NOW,
    PostOffice,
    after,
    bodies,
    change,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    put_digest,
    statuses,
)
from tests.world import open_enrolled

ROOT = Path(__file__).resolve().parents[2]
MAILS, SENDERS = 240, 4
LONG_AGO, FAR = datetime(2026, 1, 5, 9, tzinfo=UTC), date(2126, 1, 4)
"""Due whenever this is run, and late in no year."""
PATIENCE = 60


@dataclass
class Crew:
    """Sender processes on one database and one server."""

    url: str
    smtp: str
    hands: list[subprocess.Popen[str]] = field(default_factory=list)

    def hire(self, name: str, *, lease: float = 300) -> subprocess.Popen[str]:
        """Start a sender, which waits for the word."""
        command = [sys.executable, "-m", "tests.faults.sender", self.url, self.smtp, name, str(lease)]
        hand = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hands.append(hand)
        assert hand.stdout is not None
        assert hand.stdout.readline() == "ready\n"
        return hand


def go(hand: subprocess.Popen[str]) -> None:
    assert hand.stdin is not None
    hand.stdin.write("go\n")
    hand.stdin.flush()


@pytest.fixture
def crew(database: Database, office: PostOffice) -> Iterator[Crew]:
    hired = Crew(database.url, f"smtp://127.0.0.1:{office.port}")
    yield hired
    for hand in hired.hands:
        hand.kill()
        hand.communicate()


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.005)


def ledger(database: Database) -> list[tuple[object, ...]]:
    """Return all that is known of every notice."""
    with database.reading() as session:
        return [tuple(row) for row in session.connection().execute(select(Notice).order_by(col(Notice.id))).all()]


def takers(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Notice.claimed_by).where(Notice.status == "sent")).all())


@pytest.mark.slow
@pytest.mark.database
def test_several_senders_at_once_tell_each_once(database: Database, office: PostOffice, crew: Crew) -> None:
    put_digest(database, 5)
    change(database, "SM/001/coach_digest", send_at=LONG_AGO, due_on=FAR)
    put(database, MAILS, send_at=LONG_AGO, due_on=FAR)
    hands = [crew.hire(f"sender {number}") for number in range(SENDERS)]
    office.slowness = 0.01
    for hand in hands:
        go(hand)
    assert [hand.wait(PATIENCE) for hand in hands] == [0] * SENDERS
    expected = {f"coop{number}@coop.example" for number in range(1, MAILS + 1)} | {"c1@odco.example"}
    assert Counter(office.addresses()) == dict.fromkeys(expected, 1)
    assert set(statuses(database)) == {("sent", "")}
    assert bodies(database) == []
    assert len(takers(database) - {""}) > 1  # what a message of the day tells is claimed with it, by no name of its own
    with database.reading() as session:
        assert set(session.exec(select(Notice.token).where(Notice.channel == "email"))) == {1}


@pytest.mark.slow
@pytest.mark.database
def test_sender_frozen_in_its_batch_settles_nothing_when_it_wakes(
    database: Database, office: PostOffice, crew: Crew
) -> None:
    put(database, 20, send_at=LONG_AGO, due_on=FAR)
    frozen, other = crew.hire("frozen", lease=1), crew.hire("other", lease=1)
    office.slowness = 0.4  # it is stopped while the server thinks: with the message handed over and no answer read
    go(frozen)
    wait_for(lambda: len(office.kept) == 3)
    frozen.send_signal(signal.SIGSTOP)
    office.slowness = 0
    go(other)
    assert other.wait(PATIENCE) == 0
    settled = ledger(database)
    assert set(statuses(database)) == {("sent", "")}
    frozen.send_signal(signal.SIGCONT)
    assert frozen.wait(PATIENCE) == 0
    assert ledger(database) == settled
    assert twice(database, office) == [("SM/003/welcome", 1, "other")]
    assert takers(database) == {"frozen", "other"}


def twice(database: Database, office: PostOffice) -> list[tuple[str, int, str]]:
    """Reconcile with the server's record: return what came twice (the same bytes), its doubts, and who settled it."""
    keys = {notice.message_id: notice for notice in everyone(database)}
    record = Counter(str(letter.message["Message-ID"]) for letter in office.kept)
    assert set(record) == set(keys)
    assert len({letter.body for letter in office.kept}) == len(record)
    assert max(record.values()) <= 2
    again = [keys[one] for one, count in record.items() if count == 2]
    return [(one.key, one.doubts, one.claimed_by) for one in again]


def everyone(database: Database) -> list[Notice]:
    with database.reading() as session:
        return list(session.exec(select(Notice).order_by(col(Notice.id))))


class StandsStill:
    """A mailer that stands still with one message in its hands, as its whole process may."""

    def __init__(self, mailer: Mailer, at: int) -> None:
        self._mailer, self._left = mailer, at
        self.reached, self.woken = threading.Event(), threading.Event()

    def send(self, address: str, body: bytes) -> Answer:
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            assert self.woken.wait(PATIENCE)
        return self._mailer.send(address, body)

    def close(self) -> None:
        self._mailer.close()


class Sending:
    """A sender in a thread with connections of its own, until it stands still."""

    def __init__(self, database: Database, office: PostOffice, name: str, *, at: int, minutes: float = 0) -> None:
        self._database = Database(database.url, durable=False)
        post = after(post_of(self._database, office, name=name), minutes=minutes)
        self._mailer = StandsStill(post.mailer, at)
        self.said: list[Counter[str]] = []
        self._thread = threading.Thread(target=lambda: self.said.append(deliver(replace(post, mailer=self._mailer))))
        self._thread.start()
        assert self._mailer.reached.wait(PATIENCE)

    def wake(self) -> None:
        """Let it go on, to its end."""
        self._mailer.woken.set()
        self._thread.join()
        self._database.close()


def test_sender_that_wakes_late_sends_no_more_of_its_batch(database: Database, office: PostOffice) -> None:
    put(database, 10)
    frozen = Sending(database, office, "frozen", at=3)
    assert deliver(after(post_of(database, office, name="other"), minutes=10)) == Counter(accepted=8)
    settled = ledger(database)
    frozen.wake()
    assert frozen.said == [Counter(accepted=3)]  # two before, and the one that it held: it knows of no other
    assert ledger(database) == settled
    assert twice(database, office) == [("SM/003/welcome", 1, "other")]
    assert Counter(office.addresses())["coop4@coop.example"] == 1


def test_sender_that_wakes_settles_nothing_that_another_one_holds(database: Database, office: PostOffice) -> None:
    put(database, 4)
    frozen = Sending(database, office, "frozen", at=3)
    other = Sending(database, office, "other", at=1, minutes=10)  # it holds the same message
    before = ledger(database)
    frozen.wake()
    assert ledger(database) == before
    assert [(one.status, one.data_begun) for one in everyone(database) if one.claimed_by == "other"] == [
        ("sending", True),
        ("sending", False),
    ]
    other.wake()
    assert (frozen.said, other.said) == ([Counter(accepted=3)], [Counter(accepted=2)])
    assert twice(database, office) == [("SM/003/welcome", 1, "other")]


def take(session: Session, limit: int) -> list[str]:
    return [one.key for one in outbox.claim(session, now=NOW, pace=Pace(), limit=limit)]


def test_two_claims_at_once_take_different_mails(database: Database) -> None:
    keys = put(database, 20)
    found: list[list[str]] = []
    together = threading.Barrier(2)

    def claim() -> None:
        together.wait()
        with database.transaction(alone=False) as session:
            found.append(take(session, 10))

    claims = [threading.Thread(target=claim) for _ in range(2)]
    for one in claims:
        one.start()
    for one in claims:
        one.join()
    assert [len(some) for some in found] == [10, 10]
    assert sorted(found[0] + found[1]) == keys


@pytest.fixture
def roomy(database: Database) -> Database:
    """A database in which several can write at once."""
    if not database.has_room:
        pytest.skip("on SQLite one waits for the other: there is one pen for all")
    return database


def test_claim_waits_for_no_other_claim(roomy: Database) -> None:
    keys = put(roomy, 20)
    with roomy.transaction(alone=False) as one, roomy.transaction(alone=False) as two:
        first, second = take(one, 8), take(two, 8)  # in one thread: whoever waited here would wait for ever
        third = take(one, 8)
    assert (first, second, third) == (keys[:8], keys[8:16], keys[16:])


def test_mail_leaves_while_somebody_else_writes(roomy: Database, office: PostOffice) -> None:
    put(roomy, 3)
    with roomy.transaction() as session:
        session.add(HolidayOverride(on=date(2027, 1, 6), entered_by="k1", entered_at=NOW))
        session.flush()
        assert deliver(post_of(roomy, office)) == Counter(accepted=3)
        assert statuses(roomy) == [("sent", "")] * 3


def add(session: Session, told: list[str]) -> None:
    child = session.exec(select(Notice).where(Notice.key == told[0])).one()
    session.add(Notice(**{**child.model_dump(exclude={"id"}), "key": "SM/009/plan/step_reminder/coach:c1"}))


def take_back(session: Session, told: list[str]) -> None:
    child = session.exec(select(Notice).where(Notice.key == told[0])).one()
    child.status, child.reason = "cancelled", "done"


@pytest.mark.parametrize(
    ("change_it", "ends"),
    [(add, [("sent", "")] * 5), (take_back, [("sent", ""), ("cancelled", "done"), ("sent", ""), ("sent", "")])],
)
def test_message_of_the_day_waits_for_who_changes_what_it_tells(
    roomy: Database,
    office: PostOffice,
    change_it: Callable[[Session, list[str]], None],
    ends: list[tuple[str, str]],
) -> None:
    told = put_digest(roomy, 2)
    put(roomy, 1)
    other = Database(roomy.url, durable=False)
    sender = threading.Thread(target=deliver, args=(post_of(other, office),))
    with roomy.transaction() as session:
        change_it(session, told)
        session.flush()
        sender.start()
        wait_for(lambda: "coop1@coop.example" in office.addresses() and is_somebody_waiting(roomy))
        assert notice(roomy, "SM/001/coach_digest").status == "pending"
    sender.join()
    other.close()
    assert office.addresses() == ["coop1@coop.example", "c1@odco.example"]
    assert statuses(roomy) == ends


def is_somebody_waiting(database: Database) -> bool:
    with database.engine.connect() as connection:
        waits = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        count: int = connection.execute(waits).scalar_one()
    return count > 0


def test_word_that_is_being_claimed_is_not_taken_back(roomy: Database) -> None:
    open_enrolled(roomy)
    with roomy.reading() as session:
        step = session.exec(select(Step.id).order_by(col(Step.id))).first()
    assert step is not None
    [key] = put(roomy, 1, step_id=step)
    taken: list[int] = []

    def take_back() -> None:
        with roomy.transaction() as session:
            taken.append(withdrawal.take_back(session, [step], reason="done", now=NOW))

    verb = threading.Thread(target=take_back)
    with roomy.transaction(alone=False) as session:
        assert key in take(session, 25)
        verb.start()
        wait_for(lambda: is_somebody_waiting(roomy))
    verb.join()
    assert (taken, notice(roomy, key).status) == ([0], "sending")
