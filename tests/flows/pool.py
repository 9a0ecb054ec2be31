"""Prefect as on several machines: a server, a pool and workers, each a process that can be killed with all it runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests import prefects
from tests.flows.server_api import Server, eventually

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "mourafaka:only-for-this-test"
START_SECONDS = 120
STOP_SECONDS = 20


@dataclass
class Pool:
    """A Prefect server with our deployments, and the workers that were started for it."""

    folder: Path
    server: Server
    environment: Mapping[str, str]
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def prefect(self, *words: str) -> str:
        """Run a command of Prefect's from the clone, as an operator does; return what it says."""
        return self._run("-m", "prefect", *words)

    def mourafaka(self, *words: str) -> str:
        """Run one of our commands; return what it says."""
        return self._run("-c", "from cli import main; main()", *words)

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_worker(self, name: str, where: Sequence[str] = ()) -> None:
        """Start a worker of the pool in a folder of its own: it needs the package and the settings, no clone.

        ``where`` are the first words of a command on another machine.
        """
        home = self.folder / name
        home.mkdir()
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "mourafaka", "--name", name]
        with (home / "worker.log").open("wb") as log:
            self.workers[name] = subprocess.Popen(
                [*where, *command],
                cwd=home, env=dict(self.environment), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def worker_of(self, process: int) -> str | None:
        """Return the name of the worker whose tree a process belongs to."""
        line = {process, *ancestors(process)}
        return next((name for name, worker in self.workers.items() if worker.pid in line), None)

    def kill_worker(self, name: str) -> None:
        """Kill -9 a worker and every run that it does, at once: as a machine that loses its current."""
        worker = self.workers.pop(name)
        tree = [worker.pid, *descendants(worker.pid)]
        for number in tree:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        worker.wait()

    def start(self, deployment: str, parameters: Mapping[str, object]) -> str:
        """Start a run of a deployment, as a schedule or a person does; return its id."""
        rows = self.server.ask("deployments/filter", {"deployments": {"name": {"any_": [deployment]}}})
        asked = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}}
        return str(self.server.ask(f"deployments/{rows[0]['id']}/create_flow_run", asked)["id"])

    def state(self, run: str) -> str:
        """Return the name of a run's state."""
        return str(self.server.ask(f"flow_runs/{run}")["state_name"])

    def runs(self, flow: str, *states: str) -> list[dict[str, Any]]:
        """Return a flow's runs that are in one of these states (all when none is named)."""
        question: dict[str, Any] = {"flows": {"name": {"any_": [flow]}}}
        if states:
            question["flow_runs"] = {"state": {"name": {"any_": list(states)}}}
        found: list[dict[str, Any]] = self.server.ask("flow_runs/filter", question)
        return found


@dataclass(frozen=True)
class Place:
    """Where Prefect's server runs: its address, the first words of a command there, and settings that it alone has."""

    host: str = "127.0.0.1"
    command: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


HERE = Place()


@contextmanager
def pool(folder: Path, database: str, lease_seconds: float, place: Place = HERE) -> Iterator[Pool]:
    """Start a server, make the pool and deploy; end everything that was started."""
    port = _free_port()
    api = f"http://{place.host}:{port}/api"
    environment = _environment(folder, database, api, lease_seconds)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", place.host, "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*place.command, *command],
            env={**environment, **place.settings}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    made = Pool(folder, Server(api, PASSWORD), environment)
    try:
        assert eventually(lambda: _answers(made.server), expected=True, seconds=START_SECONDS)
        made.prefect("work-pool", "create", "mourafaka", "--type", "process")
        made.prefect("--no-prompt", "deploy", "--all")
        yield made
    finally:
        for name in list(made.workers):
            made.kill_worker(name)
        if place.command:  # what stands between does not pass a wish to stop on
            process.kill()
            process.wait()
        else:
            _end(process)


def _environment(folder: Path, database: str, api: str, lease_seconds: float) -> dict[str, str]:
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MOURAFAKA_"))}
    from flows.environment import DEFAULTS

    return (
        here
        | DEFAULTS
        | {
            "PYTHONTZPATH": "",
            "PREFECT_HOME": str(prefects.home(folder / "prefect")),
            "PREFECT_API_URL": api,
            "PREFECT_API_AUTH_STRING": PASSWORD,
            "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
            "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            # Tests begin what they look at: the hour at which they are run begins nothing beside it.
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
            "MOURAFAKA_DATABASE_URL": database,
            "MOURAFAKA_DATA_DIR": str(folder / "data"),
            "MOURAFAKA_LANGUAGE": "en",
            "MOURAFAKA_SECRET_KEY": "only for this test, and long enough",
            "MOURAFAKA_LEASE_SECONDS": str(lease_seconds),
        }
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(server: Server) -> bool:
    try:
        return bool(server.ask("health"))
    except httpx.HTTPError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for number in (*descendants(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait()


def _parents() -> dict[int, int]:
    """Return each process's parent."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def ancestors(process: int) -> list[int]:
    """Return a process's parent, its parent, and so on."""
    parents, line = _parents(), []
    while process in parents:
        process = parents[process]
        line.append(process)
    return line


def descendants(process: int) -> list[int]:
    """Return a process's children and theirs, whatever session they have gone to."""
    parents = _parents()
    found, fresh = [], {process}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found += sorted(fresh)
    return found


def until(deadline: float) -> bool:
    """Tell whether there is still time, and let a little of it pass."""
    time.sleep(0.3)
    return time.monotonic() < deadline
