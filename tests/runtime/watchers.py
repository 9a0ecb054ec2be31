"""A watcher on loopback that counts who calls, and answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Watcher:
    """Where it listens, what it answers, and the paths that it was asked for."""

    port: int = 0
    status: int = 200
    location: str | None = None
    body: bytes = b""
    heard: list[str] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", path: str = "/ping/a-secret") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def watcher() -> Iterator[Watcher]:
    """Give a watcher that listens meanwhile."""
    here = Watcher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.heard.append(self.path)
            self.send_response(here.status)
            if here.location is not None:
                self.send_header("Location", here.location)
            self.send_header("Content-Length", str(len(here.body)))
            self.end_headers()
            self.wfile.write(here.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
