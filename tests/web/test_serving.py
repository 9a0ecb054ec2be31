"""A real server on loopback: it answers, says nothing of itself, writes no address down, and ends when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from runtime.house import House
from tests.web.conftest import TOKEN
from web.errors import PortTaken
from web.serving import listening, server_for


@contextmanager
def served(house: House, bound: socket.socket) -> Iterator[int]:
    """Serve in a thread meanwhile, and give the port."""
    server = server_for(house)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(25)


def test_server_answers_and_ends(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    with served(house, listening("127.0.0.1", 0)) as port:
        base = f"http://127.0.0.1:{port}"
        answer = httpx.get(f"{base}/calendar/{TOKEN}.ics")
        missing = httpx.get(f"{base}/calendar/a-secret-that-was-revoked.ics")
        head = httpx.head(f"{base}/calendar/{TOKEN}.ics")
    assert (answer.status_code, missing.status_code, head.status_code) == (200, 404, 200)
    assert "server" not in answer.headers
    assert head.content == b""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/healthz")
    written = "".join(capfd.readouterr())
    assert (TOKEN in written, "a-secret" in written) == (False, False)


def test_taken_port_is_refused_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"cannot be served at 127.0.0.1, port {port}"):
            listening("127.0.0.1", port)


@pytest.mark.slow
def test_command_serves_writes_no_token_and_stops_when_told(tmp_path: Path, database_url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "MOURAFAKA_DATA_DIR": str(tmp_path),
        "MOURAFAKA_SECRET_KEY": "only for this test, and long enough",
    }
    environment["MOURAFAKA_DATABASE_URL"] = database_url
    log = tmp_path / "out.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from cli import main; main()", "web", "--port", str(port)],
            env=environment, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            status = _answer(f"http://127.0.0.1:{port}/calendar/{TOKEN}.ics", process)
            process.send_signal(signal.SIGTERM)
            assert (status, process.wait(20)) == (404, 0)
        finally:
            process.kill()
    assert TOKEN not in log.read_text()


def _answer(url: str, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return httpx.get(url).status_code
        except httpx.HTTPError:
            time.sleep(0.2)
    return 0
