"""Asks a Prefect server over HTTP, as a page or an automation does: nothing of our own stands in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import httpx

CLIENT = "5f0e5c52-0000-4000-8000-000000000000"
"""Who asks: a server that browsers can reach gives its token to a name."""
WRITES_AFTER_SECONDS = 30
"""The server writes events and task runs in batches, five seconds after the fact; a busy machine adds its own."""

BUSY_TRIES = 20
ANSWERS_WITHIN_SECONDS = 90
"""Longer than the server itself waits for its SQLite file before it says that it is busy, which is a minute."""
LOOK_SECONDS = 0.5
"""How often is looked: a look costs the server some 50 ms."""

T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """A server's address and password."""

    url: str
    password: str

    def ask(self, path: str, question: object = None) -> Any:
        """Return the answer to a POST, or to a GET when there is no question; anything but a success is raised."""
        answer = self._request("GET" if question is None else "POST", path, question)
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Delete what a path names; anything but a success is raised."""
        self._request("DELETE", path)

    def _request(self, method: str, path: str, question: object = None) -> httpx.Response:
        """Ask, and again while the server's SQLite file is busy: it says so (503) on a machine with much to do."""
        for again in range(BUSY_TRIES):
            answer = self._client.request(method, f"{self.url}/{path}", json=question, headers=self._token)
            if answer.status_code != 503 or again == BUSY_TRIES - 1:
                break
            time.sleep(1)
        answer.raise_for_status()
        return answer

    @cached_property
    def _client(self) -> httpx.Client:
        """One for all questions: making one reads the certificates of the world, which took half of a test's time.

        Each question has a connection of its own all the same, as from people who come and go.
        """
        user, _, secret = self.password.partition(":")
        alone = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(auth=(user, secret), timeout=ANSWERS_WITHIN_SECONDS, limits=alone, verify=False)

    @cached_property
    def _token(self) -> dict[str, str]:
        """Ask for the token once: it is good for an hour."""
        answer = self._client.get(f"{self.url}/csrf-token", params={"client": CLIENT})
        token = answer.json().get("token", "") if answer.status_code == 200 else ""
        return {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": CLIENT}

    def of_run(self, what: str, run: str) -> list[Any]:
        """Return the task runs, logs or artifacts of a flow run."""
        found: list[Any] = self.ask(f"{what}/filter", {what: {"flow_run_id": {"any_": [run]}}})
        return found


def eventually(look: Callable[[], T], expected: T, seconds: float = WRITES_AFTER_SECONDS) -> T:
    """Return what is seen when it is what was expected, else what was seen last: the caller compares once more."""
    deadline = time.monotonic() + seconds
    seen = look()
    while seen != expected and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        seen = look()
    return seen
