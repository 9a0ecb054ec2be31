"""What holds for every answer: headers that keep a browser strict, and no word of what went wrong inside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.logs import place_of
from web.pages import problem

log = logging.getLogger("mourafaka.web")

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # with no-referrer a browser says "Origin: null" when it posts a form
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
"""What an answer says where its route has not said something else."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Adds the headers, refuses what another site's page posts, and answers for what breaks.

    A request's own Host is never asked: ours is the configured base URL. What breaks is logged by
    its place in the sources, without the address, the values or the words of the failure: they may
    hold a secret or a name.
    """

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self.app = app
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self.headers = dict(HEADERS)
        if parts.scheme == "https":
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._complete(MutableHeaders(scope=message))
            await send(message)

        if self._is_foreign(scope):
            await problem(403)(scope, receive, guarded)
            return
        try:
            await self.app(scope, receive, guarded)
        except Exception as failure:  # noqa: BLE001 - whatever it is, a reader gets a page and the log gets its place
            log.error("A page failed: %s", place_of(failure))  # noqa: TRY400 - the failure's words stay out of the log
            if begun:
                raise ConnectionAbortedError("the answer broke off") from None
            await problem(500)(scope, receive, guarded)

    def _complete(self, headers: MutableHeaders) -> None:
        for name, value in self.headers.items():
            headers.setdefault(name, value)

    def _is_foreign(self, scope: Scope) -> bool:
        """Tell whether the page of another site posts this; programs that are no browser name no origin."""
        headers = Headers(scope=scope)
        if scope["method"] in SAFE or headers.get("sec-fetch-site") == "same-origin":
            return False
        origin = headers.get("origin")
        return origin is not None and origin.lower() != self.origin
