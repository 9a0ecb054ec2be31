"""The heartbeat: the outside hears of each whole round, and whatever it answers is nobody's trouble here."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from models.session import Database
from runtime import heartbeat
from runtime.clock import Clock
from runtime.heartbeat import beat
from runtime.house import House
from runtime.settings import Settings
from tests.runtime.watchers import Watcher, watcher

VIRTUAL = datetime(2027, 1, 4, 8, tzinfo=UTC)


@pytest.fixture
def outside() -> Iterator[Watcher]:
    """Somebody who listens on this machine."""
    with watcher() as found:
        yield found


def house_of(database: Database, url: str | None, *, virtual: bool = False, real_mail: bool = False) -> House:
    settings = Settings(heartbeat_url=url, _env_file=None)
    return House(settings, Clock(VIRTUAL if virtual else None), database, allow_real_mail=real_mail)


def test_the_address_is_asked_for_once(database: Database, outside: Watcher) -> None:
    assert beat(house_of(database, outside.url())) is True
    assert outside.heard == ["/ping/a-secret"]


def test_without_an_address_nobody_is_asked(database: Database) -> None:
    assert beat(house_of(database, None)) is False
    assert beat(house_of(database, "")) is False


@pytest.mark.parametrize("status", [404, 500])
def test_a_bad_answer_is_nobody_s_trouble(database: Database, outside: Watcher, status: int) -> None:
    outside.status = status
    assert beat(house_of(database, outside.url())) is False


def test_nobody_s_answer_is_nobody_s_trouble(database: Database) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert beat(house_of(database, f"http://127.0.0.1:{port}/")) is False


def test_a_watcher_that_never_answers_is_waited_for_in_vain_only_so_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SECONDS", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert beat(house_of(database, f"http://127.0.0.1:{silent.getsockname()[1]}/")) is False


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "file:///etc/passwd", "watcher.example/ping", "http://[::1"])
def test_what_is_no_address_of_the_web_is_not_asked_for(
    database: Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert beat(house_of(database, url)) is False
    assert [record.getMessage() for record in caplog.records] == ["heartbeat is no address"]


def test_a_virtual_clock_asks_this_machine_alone(
    database: Database, outside: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Elsewhere is this machine too, by another of its names: so it would be heard if it were asked.
    monkeypatch.setattr(heartbeat, "LOOPBACK", heartbeat.LOOPBACK - {"127.0.0.1"})
    assert beat(house_of(database, outside.url(), virtual=True)) is False
    assert outside.heard == []
    assert beat(house_of(database, outside.url("localhost"), virtual=True)) is True
    assert beat(house_of(database, outside.url(), virtual=True, real_mail=True)) is True
    assert len(outside.heard) == 2


def test_nobody_is_sent_elsewhere(database: Database, outside: Watcher) -> None:
    with watcher() as elsewhere:
        outside.status, outside.location = 302, elsewhere.url()
        assert beat(house_of(database, outside.url())) is False
        assert (len(outside.heard), elsewhere.heard) == (1, [])


def test_no_proxy_stands_before_this_machine(
    database: Database, outside: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watcher() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url(path=""))
        monkeypatch.delenv("no_proxy", raising=False)
        assert beat(house_of(database, outside.url())) is True
        assert (len(outside.heard), proxy.heard) == (1, [])


def test_its_address_is_never_logged(database: Database, outside: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        beat(house_of(database, outside.url()))
        outside.status = 500
        beat(house_of(database, outside.url()))
        beat(house_of(database, "ftp://watcher.example/a-secret"))
    logged = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert len(logged) == 3
    assert [line for line in logged if "a-secret" in line or "watcher.example" in line] == []
