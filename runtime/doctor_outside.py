"""What the doctor says of what stands around: Prefect and its server, who watches from outside, fonts."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from notifications.smtp import LOOPBACK
from programme.system_words import system_words
from programme.wording import sentence
from runtime.doctor_channels import Checked
from runtime.heartbeat import host_of
from runtime.house import House

SECONDS = 5
SHORTEST_TOKEN = 16
WANTED = {"prefect": ("3.8", "3.9"), "sqlalchemy": ("2.0", "2.1"), "fastapi": ("0", "0.151")}
"""The versions that were tried together, from and below (pyproject.toml says why)."""


def prefect(_: House) -> Checked:
    """Check that Prefect is there, in versions that work together."""
    try:
        found = {name: version(name) for name in WANTED}
    except PackageNotFoundError:
        return False, sentence("Prefect is missing."), sentence("install the program again, with its lock file")
    wrong = [
        f"{name} {found[name]}" for name, (first, below) in WANTED.items() if not _is_in(found[name], first, below)
    ]
    if wrong:
        what = sentence("Packages that were not tried together: {names}.", names=", ".join(wrong))
        return False, what, sentence("install the program again, with its lock file")
    return True, sentence("Prefect {version} is installed.", version=found["prefect"]), None


def _is_in(found: str, first: str, below: str) -> bool:
    return _numbers(first) <= _numbers(found) < _numbers(below)


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(".") if one.isdigit()]


def prefect_server(_: House) -> Iterator[Checked]:
    """Ask the Prefect server that the settings name, if they do: whether it lets us in, and its version."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return
    try:
        theirs = _version_at(url)
    except HTTPError as problem:
        what = sentence("Prefect's server at {url} does not let us in ({code}).", url=url, code=problem.code)
        yield False, what, sentence("set PREFECT_API_AUTH_STRING as the server has it")
        return
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", problem)  # of what urllib wraps
        said = system_words(reason) if isinstance(reason, OSError) else sentence("it says no version")
        what = sentence("Prefect's server at {url} does not answer ({problem}).", url=url, problem=said)
        yield False, what, sentence("start it, or unset PREFECT_API_URL: `mourafaka run-day` then brings its own")
        return
    ours = version("prefect")
    facts = {"url": url, "theirs": theirs, "ours": ours}
    if _numbers(theirs)[:2] != _numbers(ours)[:2]:
        what = sentence("Prefect's server at {url} is version {theirs}, we are {ours}.", **facts)
        yield False, what, sentence("install the same version on both machines")
        return
    yield True, sentence("Prefect's server at {url} answers, version {theirs}.", **facts), None


def _version_at(url: str) -> str:
    secret = os.environ.get("PREFECT_API_AUTH_STRING", "").encode()
    headers = {"Authorization": f"Basic {base64.b64encode(secret).decode()}"} if secret else {}
    if host_of(url) is None:
        raise ValueError("http(s)://…/api")
    around = (ProxyHandler({}),) if host_of(url) in LOOPBACK else ()
    request = Request(f"{url.rstrip('/')}/admin/version", headers=headers)  # noqa: S310 - http(s) alone, see above
    with build_opener(*around).open(request, timeout=SECONDS) as answer:
        return str(json.loads(answer.read(1000)))


def heartbeat(house: House) -> Checked:
    """Check the address of who watches from outside; it is not asked for: that would be a sign of life."""
    url = house.settings.heartbeat_url
    if not url:
        what = sentence("Heartbeat: none is set (MOURAFAKA_HEARTBEAT_URL); nobody outside notices when nothing runs.")
        return True, what, None
    host = host_of(url)
    if host is None:
        return False, sentence("Heartbeat: MOURAFAKA_HEARTBEAT_URL is no address."), sentence("write https://…")
    if url.startswith("http://") and host not in LOOPBACK:
        return False, sentence("Heartbeat: {host} is asked in clear.", host=host), sentence("write https://…")
    return True, sentence("Heartbeat: {host} hears of each whole round of mornings.", host=host), None


def figures(house: House) -> Checked:
    """Check who may read /metrics."""
    token = house.settings.metrics_token
    if not token:
        return True, sentence("Figures (/metrics): for this machine alone, as no token is set."), None
    if len(token) < SHORTEST_TOKEN:
        what = sentence("Figures (/metrics): the token is short, whoever guesses it reads them.")
        return False, what, sentence("make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'")
    return True, sentence("Figures (/metrics): for who has the token."), None


def fonts(_: House) -> Checked:
    """Say what documents need."""
    return True, sentence("Fonts: none is needed, as no document is made yet."), None
