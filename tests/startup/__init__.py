"""Makes the start of a process cheaper, for every one that the tests start: they inherit this environment."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import certifi

TRUSTED = "SSL_CERT_FILE"
"""Names the file of certificates that each new client of Prefect's reads: the world's take it 20 ms."""
END = "-----END CERTIFICATE-----\n"

_folder = TemporaryDirectory(prefix="mourafaka-test-", ignore_cleanup_errors=True)


def spare() -> None:
    """Have processes look for garbage rarely while they import (`sitecustomize.py`), and read one certificate only.

    No test speaks to anybody but this machine, so whom the world trusts is of no account.
    """
    here, known = str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")
    if here not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, known)))
    if TRUSTED not in os.environ:
        whole, one = Path(certifi.where()), Path(_folder.name) / "one.pem"
        one.write_text(whole.read_text("utf-8").partition(END)[0] + END, "utf-8")
        os.environ |= {TRUSTED: str(one), "SSL_CERT_DIR": _folder.name}
