"""`python -m benchmarks.workload.receipts FILE`: a mail server with a line for each message, before it accepts it."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from benchmarks.notices.sink import Conversation

AWAY = 0.002
"""Seconds until its answers come: long enough that a sender dies while it waits for one."""


class Receiving(Conversation):
    """A client's connection, each of whose messages is written down: its Message-ID, and the digest of its bytes."""

    def __init__(self, out: BinaryIO) -> None:
        self._last: list[bytes] = []
        super().__init__(self._last, AWAY)
        self._out = out

    def _keep(self, message: bytes) -> bytes:
        said = super()._keep(message)
        self._out.write(self._last.pop() + b" " + hashlib.sha256(message).hexdigest().encode("ascii") + b"\n")
        return said


async def _serve(file: Path) -> None:
    """Listen until standard input ends."""
    loop = asyncio.get_running_loop()
    with file.open("ab", buffering=0) as out:
        server = await loop.create_server(lambda: Receiving(out), "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await loop.run_in_executor(None, sys.stdin.read)
        server.close()


@contextmanager
def open_server(file: Path) -> Iterator[str]:
    """Give the address of a server in a process of its own, which nobody kills."""
    command = [sys.executable, "-m", "benchmarks.workload.receipts", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"smtp://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
