"""Several processes send from one outbox, senders and clerks: each mail once, nothing lost with one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from models import Notice
from models.session import Database
from notifications import leases
from notifications.answers import MemoryMailer
from notifications.delivery import deliver
from runtime import crew
from runtime.clock import Clock
from runtime.house import House, Share
from runtime.settings import Settings
from tests.notifications.post_office import (
    NOW,
    PostOffice,
    after,
    bodies,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    put_digest,
    statuses,
)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
SENT = ("sent", "")


def house_of(database: Database, office: PostOffice | None = None, **settings: Any) -> House:
    smtp = f"smtp://127.0.0.1:{office.port}" if office else "smtp://127.0.0.1:25"
    given = Settings(_env_file=None, database_url=database.url, smtp_url=smtp, **settings)
    return House(given, Clock(NOW), database)


def takers(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Notice.claimed_by).where(Notice.channel == "email"))) - {""}


def everybody(mails: int) -> set[str]:
    return {f"coop{number}@coop.example" for number in range(1, mails + 1)}


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.parametrize(("processes", "senders"), [(2, 1), (3, 2), (4, 2)])
def test_several_processes_send_each_mail_once_by_their_share_of_the_connections(
    database: Database, office: PostOffice, processes: int, senders: int
) -> None:
    put_digest(database, 5)
    put(database, 400)
    office.slowness = 0.002
    assert crew.send_elsewhere(house_of(database, office, send_connections=5), processes) == Counter(accepted=401)
    assert Counter(office.addresses()) == dict.fromkeys(everybody(400) | {"c1@odco.example"}, 1)
    assert (set(statuses(database)), bodies(database), len(takers(database))) == ({SENT}, [], senders)
    assert len(office.connections) == 5


class Running:
    """Senders in a process of their own, and what they say in the end."""

    def __init__(self, house: House, processes: int) -> None:
        self.processes = processes
        order = {
            "settings": house.settings.model_dump(mode="json"),
            "as_of": NOW.isoformat(),
            "allow_real_mail": False,
            "processes": processes,
        }
        command = [sys.executable, "-m", "runtime.senders"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order))
        self.process.stdin.close()

    def helper(self) -> int:
        """Return the number of the process that was forked first: the second sender if there is one, or the clerk."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return min(map(int, children))

    def says(self) -> Counter[str]:
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        self.process.wait(PATIENCE)
        return Counter(json.loads(said))


@pytest.fixture(params=[2, 3], ids=["with a clerk", "with a second sender"])
def running(request: pytest.FixtureRequest, database: Database, office: PostOffice) -> Iterator[Running]:
    put(database, 400)
    office.slowness = 0.01
    started = Running(house_of(database, office, send_connections=4), request.param)
    wait_until(lambda: len(office.kept) > 60)
    yield started
    started.process.kill()
    started.process.wait()


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are told by /proc")
def test_helper_that_is_killed_loses_nothing_and_doubles_only_what_rule_4_allows(
    database: Database, office: PostOffice, running: Running
) -> None:
    os.kill(running.helper(), signal.SIGKILL)
    running.says()
    doubted = [one for one, (status, _) in enumerate(statuses(database), 1) if status != "sent"]
    # What a sender had under way, one message a connection, and nothing with a clerk: all else that it held was sent.
    assert len(doubted) <= (0 if running.processes == 2 else 4)
    deliver(after(post_of(database, office), minutes=10))
    assert (set(statuses(database)), bodies(database)) == ({SENT}, [])
    copies = Counter(office.addresses())
    twice = [address for address, count in copies.items() if count > 1]
    assert (set(copies), max(copies.values()) <= 2) == (everybody(400), True)
    assert {int(address.removeprefix("coop").partition("@")[0]) for address in twice} <= set(doubted)
    assert [notice(database, f"SM/{one:03d}/welcome").doubts for one in doubted] == [1] * len(doubted)


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are told by /proc")
def test_clerk_whose_sender_is_killed_ends_with_it(database: Database, office: PostOffice, running: Running) -> None:
    helper = running.helper()
    running.process.kill()
    running.process.wait(PATIENCE)
    wait_until(lambda: not Path(f"/proc/{helper}").exists())
    with database.transaction() as session:
        leases.release_dead(session, is_dead=lambda _: True, now=NOW)
    deliver(after(post_of(database, office), minutes=10))
    copies = Counter(office.addresses())
    assert (set(copies), max(copies.values()) <= 2) == (everybody(400), True)
    assert len([1 for count in copies.values() if count > 1]) <= 4  # one message a connection, of both together


@pytest.mark.slow
@pytest.mark.database
def test_senders_told_to_stop_settle_what_they_have_in_hand_and_give_back_the_rest(
    database: Database, office: PostOffice, running: Running
) -> None:
    running.process.terminate()
    said = running.says()
    assert running.process.returncode == -signal.SIGTERM
    assert Counter(status for status, _ in statuses(database)) == {
        "sent": len(office.kept),
        "pending": 400 - len(office.kept),
    }
    assert said == Counter(accepted=len(office.kept))
    assert 0 < len(office.kept) < 400


def test_connections_are_shared_out() -> None:
    assert [Share(number, 3).part(8) for number in range(3)] == [3, 3, 2]
    assert [Share(number, 2).part(1) for number in range(2)] == [1, 1]


def test_several_processes_are_worth_it_where_much_waits_and_connections_suffice(database: Database) -> None:
    put(database, 1_500)
    assert crew.worthwhile(house_of(database, send_processes=2)) == 1
    put(database, 600, kind="meeting")
    assert crew.worthwhile(house_of(database, send_processes=2)) == 2
    assert crew.worthwhile(house_of(database, send_processes=8)) == 2
    assert crew.worthwhile(house_of(database, send_processes=1)) == 1
    assert crew.worthwhile(house_of(database, send_processes=2, send_connections=3)) == 1
    assert crew.worthwhile(house_of(database, send_processes=2, send_rate=5)) == 1


def test_connections_of_all_processes_stay_under_the_setting(database: Database) -> None:
    house = house_of(database, send_connections=5)
    assert [len(house.post(Share(number, 2, 4)).mailers) for number in range(2)] == [3, 2]
    usual = house_of(database)
    assert [len(usual.post(Share(number, 2, 3)).mailers) for number in range(2)] == [8, 8]
    assert [len(usual.post(Share(0, 1, processes)).mailers) for processes in (1, 2)] == [8, 16]


def test_one_process_sends_where_it_was_started(database: Database) -> None:
    put(database, 3)
    house = House(Settings(_env_file=None, database_url=database.url), Clock(NOW), database, mailer=MemoryMailer())
    assert crew.send_together(house, 1) == Counter(accepted=3)
