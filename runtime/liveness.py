"""Names this process in leases and claims, and tells whether another one on this machine is dead."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process() -> str:
    """Return the name of this process: machine, number and (where the system tells) moment of birth."""
    return f"{socket.gethostname()}:{os.getpid()}:{_born(os.getpid())}"


def is_dead(holder: str) -> bool:
    """Tell whether the process that a lease or claim names is surely gone; False for another machine's."""
    host, _, rest = holder.partition(":")
    number, _, born = rest.partition(":")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's: it is there
    # The number may have been given to another process since.
    return bool(born) and _born(int(number)) != born


def _born(number: int) -> str:
    """Return when a process was started, in the system's own ticks; nothing where it does not tell."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
