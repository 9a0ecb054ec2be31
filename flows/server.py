"""Prefect's server on this machine: loopback, with a password of its own, its log in a file."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import prefect
from prefect.client.orchestration import get_client
from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_API_URL,
    PREFECT_CLIENT_CSRF_SUPPORT_ENABLED,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

from flows.left_behind import put_aside_what_is_newer
from flows.results import forget_results
from flows.trust import one_certificate
from programme.errors import PrefectAway
from runtime.garbage import settle
from runtime.language import _

START_SECONDS = 90
STOP_SECONDS = 15
DRAIN_SECONDS = 15
ANSWER_SECONDS = 10
ITS_OWN = ("PREFECT_SERVER_DATABASE_", "PREFECT_API_DATABASE_", "PREFECT_SERVER_DOCKET_", "PREFECT_MESSAGING_")
"""What the settings of a server on several machines begin with that another one must not share."""
log = logging.getLogger("mourafaka.server")
SERVER = """
import gc, os, sys, threading, time
parent = os.getppid()

def follow():
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)

threading.Thread(target=follow, daemon=True).start()
gc.disable()
import prefect.server.api.server
gc.enable()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
sys.setswitchinterval(0.0005)
from uvicorn.main import main
main()
"""
"""Uvicorn, which ends with the process that started it (even one that is killed), and rarely looks for garbage.

What it imports is none, and is never looked through: that took a fifth of its start.

Its threads (the event loop and the database's) wait for one another at every statement: the interpreter hands over
between them ten times sooner than it would by itself.
"""
ONE_SHOT = {
    # A one-shot run needs no schedules: these only cost start-up time.
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_UI_ENABLED": "0",
    # Nor does anybody cancel, pause or lease anything in it, and no worker comes: looking for that every five to twenty
    # seconds is a third of what a server costs that has nothing to do.
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED": "false",
}

LOG = "server.log"
SERVED = {"PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true"}
"""A server that people's browsers can reach asks for a token as well."""


@contextmanager
def prefect_server(home: Path, *, stand_in: bool = False) -> Iterator[str]:
    """Give the URL of the API: the one that PREFECT_API_URL names, else a server of our own while we need it.

    Within it every flow of this process talks to that server; sync flows do not wait for a heartbeat.
    With ``stand_in`` ours takes the place of one that is away: work is due whether it can be shown there or not.
    """
    settle("Prefect")
    given = PREFECT_API_URL.value()
    is_away = stand_in and given is not None and not _takes_us()
    if is_away:
        text = _("Prefect's server at PREFECT_API_URL does not answer: the day is done without it.")
        print(text, file=sys.stderr)  # noqa: T201 - whoever reads what the command says is to know
    if given and not is_away:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), SyncClientContext.get_or_create():
            yield given
        return
    password = password_of_ours()
    with _running(home, _free_port(), password, _surroundings(home, is_away=is_away)) as url:
        settings = {
            PREFECT_API_URL: url,
            PREFECT_API_AUTH_STRING: password,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
            PREFECT_API_SSL_CERT_FILE: str(one_certificate(home)),
            # The server has a password; it asks for no token, and asking whether it does costs a request a sub-flow.
            PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
        }
        # One client for all flow runs: making one costs a third of an empty one.
        with temporary_settings(settings), SyncClientContext.get_or_create():
            try:
                yield url
            finally:
                _hand_over_the_rest()


def password_of_ours() -> str:
    """Return the server's password: the one that is set, else one that nobody knows."""
    return os.environ.get("PREFECT_SERVER_API_AUTH_STRING") or f"mourafaka:{secrets.token_urlsafe(24)}"


def _hand_over_the_rest() -> None:
    """Wait until events and logs of this process have reached the server, which is about to stop."""
    EventsWorker.drain_all(timeout=DRAIN_SECONDS, at_exit=False)
    APILogWorker.drain_all(timeout=DRAIN_SECONDS, at_exit=False)


def _takes_us() -> bool:
    """Tell whether the server that PREFECT_API_URL names answers, and takes our password."""
    try:
        with get_client(httpx_settings={"timeout": ANSWER_SECONDS}, sync_client=True) as client:
            client.api_version()
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with it, the work goes on without it
        log.info("Prefect's server is away", extra={"facts": {"problem": type(problem).__name__}})
        return False
    return True


def _surroundings(home: Path, *, is_away: bool) -> dict[str, str]:
    """Return our server's environment; in place of another one it shares neither database nor broker with it."""
    if not is_away:
        return {**os.environ, **ONE_SHOT}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ITS_OWN)}
    return {
        **kept,
        **ONE_SHOT,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home.resolve()}/prefect.db",
    }


def url_at(port: int) -> str:
    """Return the URL of the API of a server of ours."""
    return f"http://127.0.0.1:{port}/api"


def environment_at(port: int, password: str) -> dict[str, str]:
    """Return what a server of ours, and whoever talks to it, is told by the environment."""
    return {
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_API_AUTH_STRING": password,
        "PREFECT_API_URL": url_at(port),
    }


def command_at(port: int) -> tuple[str, ...]:
    """Return what starts a server of ours, on loopback."""
    app = ("--app-dir", str(prefect.__module_path__.parent), "--factory", "prefect.server.api.server:create_app")
    where = ("--host", "127.0.0.1", "--port", str(port))
    return (sys.executable, "-c", SERVER, *app, *where, "--log-level", "error", "--lifespan", "on")


def make_ready(home: Path) -> None:
    """Make the folder of a server of ours, without what another release left there that would harm."""
    home.mkdir(parents=True, exist_ok=True)
    put_aside_what_is_newer(home)
    forget_results(home)


@contextmanager
def _running(home: Path, port: int, password: str, surroundings: dict[str, str]) -> Iterator[str]:
    make_ready(home)
    environment = {**surroundings, **environment_at(port, password)}
    with (home / LOG).open("ab") as log:
        server = subprocess.Popen(command_at(port), env=environment, stdout=log, stderr=log)  # noqa: S603 - our own
        try:
            _wait(server, url_at(port), home / LOG)
            yield url_at(port)
        finally:
            _stop(server)


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if answers(url):
            return
        time.sleep(0.1)
    raise PrefectAway(log=log)


def answers(url: str) -> bool:
    """Tell whether a server answers at the URL of its API, if only that it wants a password."""
    try:
        # Plain HTTP on loopback: nothing to verify, and reading the certificates of the world costs more than asking.
        return httpx.get(f"{url}/health", timeout=2, verify=False).status_code in {200, 401}  # noqa: S501 - see above
    except httpx.HTTPError:
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
