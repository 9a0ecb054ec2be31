"""Tells an outside service that a morning's round has ended: when it hears nothing any more, it raises the alarm."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from notifications.smtp import LOOPBACK
from runtime.house import House

log = logging.getLogger("mourafaka.heartbeat")
SECONDS = 10
"""How long its answer is waited for: the morning is done, and nobody waits for this."""


def beat(house: House) -> bool:
    """Ask for MOURAFAKA_HEARTBEAT_URL once; return whether it answered. No failure of it is anybody's trouble.

    Its address is a secret and is not logged. Under a virtual clock only this machine is asked: a rehearsal
    is no sign of life.
    """
    url = house.settings.heartbeat_url
    if not url:
        return False
    host = host_of(url)
    if host is None:
        log.warning("heartbeat is no address", extra={"facts": {}})
        return False
    if host not in LOOPBACK and house.clock.is_virtual and not house.allow_real_mail:
        return False
    return _ask(url, is_here=host in LOOPBACK)


def host_of(url: str) -> str | None:
    """Return the host that an address of the web names; None when it is no such address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


class _Nowhere(HTTPRedirectHandler):
    """Goes nowhere else: who answers "ask there" has not heard us, and there may be anywhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _ask(url: str, *, is_here: bool) -> bool:
    around = (ProxyHandler({}),) if is_here else ()  # a proxy is another machine
    request = Request(url, headers={"User-Agent": "mourafaka"})  # noqa: S310 - http(s) alone, see host_of
    try:
        with build_opener(_Nowhere, *around).open(request, timeout=SECONDS):
            pass
    except Exception as problem:  # noqa: BLE001 - whatever it is: the morning has happened
        log.warning("heartbeat failed", extra={"facts": {"problem": type(problem).__name__}})
        return False
    log.debug("heartbeat")
    return True
