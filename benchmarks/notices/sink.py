"""A mail server that accepts everything and notes whose message it was, as fast as Python can: it is not measured."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

END = b"\r\n.\r\n"
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(<[^>]+>)")
_REPLIES = {b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n", b"RSET": b"250 OK\r\n", b"NOOP": b"250 OK\r\n"}
_GREETING = b"220 sink ESMTP\r\n"
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


class Conversation(asyncio.Protocol):
    """One client's connection: commands one by one or several at once (RFC 2920), messages noted by Message-ID.

    A message comes after DATA, up to its dot, or as one chunk of so many bytes (RFC 3030).
    """

    def __init__(self, noted: list[bytes], away: float) -> None:
        self._away = away
        self._noted, self._buffer, self._in_message = noted, b"", False
        self._chunk = 0
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say(_GREETING)

    def data_received(self, data: bytes) -> None:
        """Answer all that has come whole, in one write."""
        self._buffer += data
        replies = b"".join(iter(self._next, b""))
        if replies:
            self._say(replies)

    def _say(self, replies: bytes) -> None:
        """Answer, as late as a server so far away would."""
        if self._away:
            asyncio.get_running_loop().call_later(self._away, self._write, replies)
        else:
            self._write(replies)

    def _write(self, replies: bytes) -> None:
        self._transport.write(replies)
        if self._leaving:
            self._transport.close()

    def _next(self) -> bytes:
        """Return the answer to the next command or message; nothing while it has not come whole."""
        if self._chunk:
            return self._next_chunk()
        end = END if self._in_message else b"\r\n"
        found = self._buffer.find(end)
        if found < 0:
            return b""
        said, self._buffer = self._buffer[:found], self._buffer[found + len(end) :]
        return self._keep(said) if self._in_message else self._answer(said)

    def _next_chunk(self) -> bytes:
        if len(self._buffer) < self._chunk:
            return b""
        message, self._buffer, self._chunk = self._buffer[: self._chunk], self._buffer[self._chunk :], 0
        return self._keep(message)

    def _keep(self, message: bytes) -> bytes:
        found = _MESSAGE_ID.search(message)
        self._noted.append(found[1] if found else b"-")
        self._in_message = False
        return b"250 kept\r\n"

    def _answer(self, said: bytes) -> bytes:
        verb = said[:4].upper()
        if verb == b"BDAT":
            self._chunk = int(said.split()[1])
            return self._next_chunk()
        if verb in {b"EHLO", b"HELO"}:
            return _EHLO
        if verb == b"DATA":
            self._in_message = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self._leaving = True
            return b"221 bye\r\n"
        return _REPLIES.get(verb, b"500 what?\r\n")


async def _serve(record: Path, away: float) -> None:
    """Listen until standard input ends; then write down the Message-IDs that came, one a line."""
    noted: list[bytes] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(noted, away), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    await loop.run_in_executor(None, record.write_bytes, b"\n".join(noted))


@dataclass
class Sink:
    """A sink in a process of its own; ``kept`` is known when it has been closed."""

    port: int
    pid: int
    kept: list[str]

    @property
    def url(self) -> str:
        """Return the address to send to, as MOURAFAKA_SMTP_URL names it."""
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def open_sink(folder: Path, away: float = 0) -> Iterator[Sink]:
    """Give a sink that listens, so many seconds ``away``; afterwards it holds the Message-IDs that came, in order."""
    record = folder / "sink.txt"
    command = [sys.executable, "-m", "benchmarks.notices.sink", str(record), str(away)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()), process.pid, [])
        try:
            yield sink
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
    sink.kept = record.read_text("ascii").split()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2])))
