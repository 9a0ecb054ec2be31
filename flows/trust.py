"""What Prefect's clients are told to trust when the server is ours, on this machine: next to nothing, soon read."""

from __future__ import annotations

from pathlib import Path

import certifi

_END = "-----END CERTIFICATE-----\n"


def one_certificate(home: Path) -> Path:
    """Return a file with one certificate, in the folder of our server; made when it is not there.

    The line to it is plain HTTP on loopback, so none is ever looked at; but each new client of Prefect's reads
    all that it may trust, also where it is told to verify nothing: the world's take it 20 ms, and a task run has
    a client of its own. This concerns Prefect's client alone, not who verifies a mail server.
    """
    file = home / "one.pem"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".fresh")
        fresh.write_text(Path(certifi.where()).read_text("utf-8").partition(_END)[0] + _END, "utf-8")
        fresh.replace(file)
    return file.resolve()
