"""Tells an outside service that a morning's round has ended: when it hears nothing any more, it raises the alarm."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

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
    if not url or not _may_be_asked(house, url):
        return False
    try:
        with build_opener().open(Request(url, headers={"User-Agent": "mourafaka"}), timeout=SECONDS) as answer:  # noqa: S310 - http(s) alone, see below
            answer.read(1024)
    except Exception as problem:  # noqa: BLE001 - whatever it is: the morning has happened
        log.warning("heartbeat failed", extra={"facts": {"problem": type(problem).__name__}})
        return False
    log.debug("heartbeat")
    return True


def _may_be_asked(house: House, url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"}:
        log.warning("heartbeat is no address", extra={"facts": {}})
        return False
    return not house.clock.is_virtual or house.allow_real_mail or host in LOOPBACK
