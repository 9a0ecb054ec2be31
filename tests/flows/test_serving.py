"""What `mourafaka serve` runs: the deployments, their hours in Casablanca, and a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

PASSWORD = "mourafaka:only-for-this-test"
START_SECONDS = 120


def test_mornings_and_deliveries_have_casablanca_s_hours() -> None:
    from flows.serving import deployments

    found = {one.name: [(s.schedule.cron, s.schedule.timezone) for s in one.schedules] for one in deployments()}  # type: ignore[attr-defined]
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
    environment |= {"PREFECT_HOME": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline().rsplit(":", 1)[1].partition("/")[0])
    assert httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=10).status_code in {200, 401}
    process.kill()
    process.wait()
    assert _is_gone(port)


@pytest.mark.slow
def test_serve_registers_its_deployments_and_stops_when_told(tmp_path: Path) -> None:
    port, web_port = 18000 + os.getpid() % 2000, 20000 + os.getpid() % 2000
    environment = {
        **os.environ,
        "MOURAFAKA_DATA_DIR": str(tmp_path / "data"),
        "MOURAFAKA_SECRET_KEY": "only for this test",
        "MOURAFAKA_SMTP_URL": "smtp://127.0.0.1:9",
        "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_HOME": str(tmp_path / "data" / "prefect"),
    }
    environment.pop("PREFECT_API_URL", None)
    program = "from cli import main; main()"
    ports = ["--port", str(port), "--web-port", str(web_port)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", *ports], env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        served = {"morning", "delivery", "watchdog", "intake", "migrate-definition"}
        assert _wait_for(port, served, process) == served
        denied = httpx.get(f"http://127.0.0.1:{port}/api/admin/version")
        assert denied.status_code == 401
        assert httpx.get(f"http://127.0.0.1:{web_port}/healthz").json() == {"status": "ok", "reasons": 0}
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert _is_gone(port)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{web_port}/healthz")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
