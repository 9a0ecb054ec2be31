"""What `mourafaka serve` runs: the deployments, their hours in Casablanca, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from sqlmodel import select

from actions.enrol import enrol_cohort
from models import Notice
from models.session import Database
from runtime.mailbox import LocalMailbox
from tests import databases, prefects
from tests.flows.server_api import ANSWERS_WITHIN_SECONDS
from tests.world import CODE, NOW, open_world

PASSWORD = "mourafaka:only-for-this-test"
DEPLOYMENTS = {"morning", "delivery", "watchdog", "intake", "migrate-definition"}
START_SECONDS = 120


def test_mornings_and_deliveries_have_casablanca_s_hours() -> None:
    from flows.serving import deployments

    found = {one.name: [(s.schedule.cron, s.schedule.timezone) for s in one.schedules] for one in deployments()}
    assert found == {
        "morning": [("0 7-18 * * *", "Africa/Casablanca")],
        "delivery": [("*/5 9-16 * * *", "Africa/Casablanca")],
        "watchdog": [("*/5 * * * *", "Africa/Casablanca")],
        "intake": [],
        "migrate-definition": [],
    }


def _wait_for(port: int, names: set[str], process: subprocess.Popen[bytes]) -> set[str]:
    deadline = time.monotonic() + START_SECONDS
    found: set[str] = set()
    while time.monotonic() < deadline and process.poll() is None and found != names:
        time.sleep(1)
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{port}/api/deployments/filter", json={}, auth=("mourafaka", "only-for-this-test"),
                headers=_token(port),
            )  # fmt: skip
        except httpx.HTTPError:
            continue
        if answer.status_code == 200:
            found = {row["name"] for row in answer.json()}
    return found


def _token(port: int) -> dict[str, str]:
    client = "5f0e5c52-0000-4000-8000-000000000000"
    auth = ("mourafaka", "only-for-this-test")
    answer = httpx.get(f"http://127.0.0.1:{port}/api/csrf-token", params={"client": client}, auth=auth)
    token = answer.json().get("token", "") if answer.status_code == 200 else ""
    return {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client}


def _is_gone(port: int) -> bool:
    """Tell whether nobody answers any more, within the ten seconds that a server needs to end."""
    for _second in range(10):
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=2)
        except httpx.HTTPError:
            return True
        time.sleep(1)
    return False


@pytest.mark.slow
def test_prefect_s_server_ends_with_a_killed_process(tmp_path: Path) -> None:
    program = (
        "import flows, time; from pathlib import Path; from flows.server import prefect_server\n"
        f"with prefect_server(Path({str(tmp_path)!r})) as url:\n    print(url, flush=True); time.sleep(60)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    environment |= {"PREFECT_HOME": str(tmp_path)}  # empty: it makes its tables by itself, as on a new machine
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline().rsplit(":", 1)[1].partition("/")[0])
    assert httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=10).status_code in {200, 401}
    process.kill()
    process.wait()
    assert _is_gone(port)


def _environment(data: Path, home: Path) -> dict[str, str]:
    """Return what `serve` is told: our folder, Prefect's, and a mail server that is not there."""
    here = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return here | {
        "MOURAFAKA_DATA_DIR": str(data),
        "MOURAFAKA_SECRET_KEY": "only for this test, and long enough",
        "MOURAFAKA_SMTP_URL": "smtp://127.0.0.1:9",
        "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_HOME": str(home),
    }


def _started(environment: dict[str, str], log: IO[bytes] | int, *words: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-c", "from cli import main; main()", *words]
    return subprocess.Popen(program, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=log)


@pytest.mark.slow
def test_serve_keeps_its_parts_up_and_leaves_nothing_when_told_to_stop(tmp_path: Path, database_url: str) -> None:
    port, web_port = 18000 + os.getpid() % 2000, 20000 + os.getpid() % 2000
    environment = _environment(tmp_path / "data", prefects.home(tmp_path / "prefect"))
    if databases.IS_POSTGRESQL:  # else it makes a file by itself
        environment["MOURAFAKA_DATABASE_URL"] = database_url
    with (tmp_path / "log").open("wb") as log:
        process = _started(environment, log, "serve", "--port", str(port), "--web-port", str(web_port))
    try:
        assert _wait_for(port, DEPLOYMENTS, process) == DEPLOYMENTS
        denied = httpx.get(f"http://127.0.0.1:{port}/api/admin/version")
        assert denied.status_code == 401
        assert httpx.get(f"http://127.0.0.1:{web_port}/healthz").json() == {"status": "ok", "reasons": 0}
        before = _parts(process.pid)
        assert set(before) == {"prefect", "schedules", "web"}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        assert _is_true(lambda: set(_parts(process.pid)) == set(before) and not _shared(before, _parts(process.pid)))
        assert _wait_for(port, DEPLOYMENTS, process) == DEPLOYMENTS
        assert _is_true(lambda: _answers(f"http://127.0.0.1:{web_port}/healthz"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert _of(tmp_path) == []
        assert _log(tmp_path / "log") >= {("part started", "web"), ("part ended by itself", "prefect"), ("stopped", "")}
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for pid in _of(tmp_path):
            os.kill(pid, signal.SIGKILL)


def _log(file: Path) -> set[tuple[str, str]]:
    """Return what is said of the parts: every line is a JSON object."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {(line["message"], line.get("facts", {}).get("part", "")) for line in lines}


MARKS = {"prefect.server.api.server": "prefect", "schedules": "schedules", "web": "web"}


def _parts(parent: int) -> dict[str, int]:
    """Return the parts that a process keeps up, by name."""
    found = {}
    for pid in _processes():
        if _parent_of(pid) == parent:
            words = _read(pid, "cmdline").split("\0")
            found |= {name: pid for mark, name in MARKS.items() if any(word.startswith(mark) for word in words)}
    return found


def _processes() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _parent_of(pid: int) -> int:
    words = _read(pid, "stat").rpartition(")")[2].split()
    return int(words[1]) if words and words[0] != "Z" else 0


def _read(pid: int, what: str) -> str:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _of(folder: Path) -> list[int]:
    """Return the processes that work in a folder: ours, and what they have started."""
    return [pid for pid in _processes() if f"MOURAFAKA_DATA_DIR={folder}" in _read(pid, "environ")]


def _shared(before: dict[str, int], after: dict[str, int]) -> set[int]:
    return set(before.values()) & set(after.values())


def _is_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code in {200, 503}
    except httpx.HTTPError:
        return False


@pytest.mark.slow
def test_serve_told_to_stop_settles_the_message_in_hand(tmp_path: Path) -> None:
    box, data = tmp_path / "mailbox", tmp_path / "data"
    data.mkdir()
    database = Database(databases.empty(data / "mourafaka.sqlite3"))
    open_world(database, cooperatives=20)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="test", now=NOW)
    port, web_port = 22000 + os.getpid() % 2000, 24000 + os.getpid() % 2000
    with LocalMailbox(box) as mailbox:
        environment = _environment(data, prefects.home(data / "prefect"))
        environment |= {
            "MOURAFAKA_DATABASE_URL": database.url,
            "MOURAFAKA_SMTP_URL": mailbox.url,
            "MOURAFAKA_SEND_RATE": "1",
        }
        words = ["--as-of", "2027-01-04T10:00", "serve", "--port", str(port), "--web-port", str(web_port)]
        process = _started(environment, subprocess.DEVNULL, *words)
        try:
            assert _wait_for(port, DEPLOYMENTS, process) == DEPLOYMENTS
            _run(port, "delivery")
            assert _is_true(lambda: _arrived(box) >= 3)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            assert time.monotonic() - began < 25
            assert _of(data) == []
        finally:
            for pid in (process.pid, *_of(data)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
        with database.reading() as session:
            standing = Counter(session.exec(select(Notice.status).where(Notice.kind == "welcome")))
        assert standing == {"sent": _arrived(box), "pending": 20 - _arrived(box)}
        assert 3 <= standing["sent"] < 20
    database.close()


def _arrived(box: Path) -> int:
    return len(list((box / "new").iterdir())) if (box / "new").exists() else 0


def _run(port: int, name: str) -> None:
    """Have a deployment run at once, as a person does on Prefect's pages; while the server is busy, ask again."""
    base = f"http://127.0.0.1:{port}/api"
    who: Any = {"auth": ("mourafaka", "only-for-this-test"), "timeout": ANSWERS_WITHIN_SECONDS}
    found = httpx.post(f"{base}/deployments/filter", json={}, headers=_token(port), **who).json()
    [chosen] = [one["id"] for one in found if one["name"] == name]

    def ask() -> bool:
        url = f"{base}/deployments/{chosen}/create_flow_run"
        return httpx.post(url, json={}, headers=_token(port), **who).status_code in {200, 201}

    assert _is_true(ask)
