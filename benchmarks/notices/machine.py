"""What the figures were measured on: the machine, its disk and its sink, and the versions of what counts."""

from __future__ import annotations

import os
import platform
import socket
import sqlite3
import statistics
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.notices.sink import open_sink

PACKAGES = ("sqlalchemy", "sqlmodel", "jinja2", "emails")
WRITES, MESSAGES = 200, 2_000
MESSAGE = b"Message-ID: <speed@sink>\r\n\r\n" + b"x" * 76 * 160 + b"\r\n.\r\n"
"""As long as our own messages are, on the average."""


def facts(folder: Path) -> dict[str, object]:
    """Return what a reader needs to compare these figures with others, the speed of the sink among it."""
    return {**basics(folder), "sink_a_second": round(_sink_speed(folder))}


def basics(folder: Path) -> dict[str, object]:
    """Return the machine, its disk and the versions: all that counts where no mail leaves."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{package: version(package) for package in PACKAGES},
        "fsync_ms": round(_fsync_seconds(folder) * 1000, 3),
    }


def caption(when: str, machine: dict[str, object]) -> str:
    """Return in one line what figures in a SQLite file were measured on."""
    return (
        f"{when} · {machine['processor']}, {machine['cores']} cores · Python {machine['python']}, "
        f"SQLite {machine['sqlite']} (synchronous=FULL), SQLAlchemy {machine['sqlalchemy']} · "
        f"fsync {machine['fsync_ms']} ms"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _fsync_seconds(folder: Path) -> float:
    """Return what it costs to have one page safely on this disk: the median of some hundred."""
    spent = []
    with (folder / "page").open("wb", buffering=0) as page:
        for _ in range(WRITES):
            page.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(page.fileno())
            spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def _sink_speed(folder: Path) -> float:
    """Return how many messages a second the sink takes from a client that does nothing else."""
    with open_sink(folder) as sink, socket.create_connection(("127.0.0.1", sink.port)) as client:
        client.recv(1000)
        begun = time.perf_counter()
        for _ in range(MESSAGES):
            client.sendall(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
            client.recv(1000)
            client.sendall(MESSAGE)
            client.recv(1000)
        return MESSAGES / (time.perf_counter() - begun)
