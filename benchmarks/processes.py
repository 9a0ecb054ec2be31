"""Work in a process of its own, so that its processor time and its memory are nobody else's."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def spoken(module: str, *words: object) -> Any:
    """Run a module of ours in a fresh process and return the document on its last line."""
    command = [sys.executable, "-m", module, *(str(word) for word in words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)  # noqa: S603 - our own words
    return json.loads(done.stdout.splitlines()[-1])


def speak(document: object) -> None:
    """Hand a document to the process that asked for it."""
    sys.stdout.write(json.dumps(document) + "\n")


def cpu_seconds() -> float:
    """Return this process's own processor time so far, in user and system mode."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """Return the most memory that this process ever held.

    Linux tells it in /proc; getrusage's answer there begins with what the parent held when it started the child.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii", "replace").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def kept_bytes(folder: Path) -> int:
    """Return how long the SQLite files in a folder are, with their logs."""
    return sum(path.stat().st_size for path in folder.glob("*.sqlite3*"))


def exists(module: str) -> bool:
    """Say whether there is such a module, without importing it."""
    return find_spec(module) is not None
