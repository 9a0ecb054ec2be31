"""A mail server's rate is kept by waiting before a message, never after one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from notifications.answers import MemoryMailer
from notifications.slowly import Slowly
from runtime import house as houses
from runtime.settings import Settings


class Watch:
    """A clock that notes each wait."""

    def __init__(self) -> None:
        self.time, self.waits = datetime(2027, 1, 4, 9, tzinfo=UTC), list[float]()

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)


def test_messages_leave_no_faster_than_the_rate() -> None:
    watch, kept = Watch(), MemoryMailer()
    mailer = Slowly(kept, 4, now=watch.now, wait=watch.wait)
    for _ in range(5):
        assert mailer.send("coop1@coop.example", b"body").verdict == "accepted"
    assert (watch.waits, len(kept.sent)) == ([0.25] * 4, 5)


def test_slow_server_is_not_waited_for_twice() -> None:
    watch = Watch()
    mailer = Slowly(MemoryMailer(), 4, now=watch.now, wait=watch.wait)
    mailer.send("coop1@coop.example", b"body")
    watch.time += timedelta(seconds=3)
    mailer.send("coop2@coop.example", b"body")
    assert watch.waits == []


def test_clock_that_jumps_back_does_not_hold_the_sending_up() -> None:
    watch = Watch()
    mailer = Slowly(MemoryMailer(), 4, now=watch.now, wait=watch.wait)
    mailer.send("coop1@coop.example", b"body")
    watch.time -= timedelta(days=1)
    mailer.send("coop2@coop.example", b"body")
    assert watch.waits == []


def test_setting_makes_the_house_send_slowly(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:2525", send_rate=2, _env_file=None)
    house = houses.build(settings, as_of="2027-01-04T09:00")
    assert isinstance(house.post().mailer, Slowly)
    house.database.close()
