"""A mail server on this machine that keeps what it gets: the demo's mailbox, readable by any mail program."""

from __future__ import annotations

import mailbox
import socket
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class _Keeper:
    def __init__(self, folder: Path) -> None:
        mailbox.Maildir(folder, create=True)
        self._new, self._count = folder / "new", 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        # As it came, byte for byte; a Maildir's message is a file whose name is unique.
        self._count += 1
        (self._new / f"{self._count:08d}.mourafaka").write_bytes(envelope.content.replace(b"\r\n", b"\n"))
        return "250 Message accepted"


def _free_port() -> int:
    """Return a port that is free now (the controller cannot be asked to choose one)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class LocalMailbox:
    """An SMTP server on loopback, with a Maildir behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller = Controller(_Keeper(folder), hostname="127.0.0.1", port=_free_port())

    def __enter__(self) -> LocalMailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Return the address to send to."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def count(self) -> int:
        """Return how many messages it has got."""
        return sum(1 for path in (self.folder / "new").iterdir() if path.is_file())
