"""Serves the pages on this machine."""

from __future__ import annotations

import signal
import socket
import sys

import uvicorn

from programme.system_words import system_words
from runtime.house import House
from web.app import app_for
from web.errors import PortTaken

GRACE_SECONDS = 5
"""How long a request that is being answered may still take when we are told to stop."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, at port 0 to any free one; refused when somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as problem:
        bound.close()
        raise PortTaken(host=host, port=port, problem=system_words(problem)) from problem
    return bound


def server_for(house: House) -> uvicorn.Server:
    """Return a server that writes no addresses down (they hold secrets) and does not say what it is."""
    config = uvicorn.Config(
        app_for(house),
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # nobody is told by a header who asks, or how we are called
        lifespan="off",
        ws="none",
        limit_concurrency=200,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def serve(house: House, bound: socket.socket) -> None:
    """Serve until the process is told to stop; what is being answered is answered."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the server passes it on when it has ended
    server_for(house).run(sockets=[bound])
