"""Files that appear under their name only when they are whole and on the disk."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from programme.errors import Refusal
from programme.personal_errors import ExportThere


def vacant(path: Path, endings: Collection[str], unknown: type[Refusal]) -> Path:
    """Return where a file may be made; refused when something is there, or, as ``unknown``, for another ending."""
    if path.suffix.lower() not in endings:
        raise unknown(path=path)
    if path.exists():
        raise ExportThere(path=path)
    return path.absolute()


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """Give an empty file beside ``path``, for its owner alone, to write to; it is gone at the end unless it was moved.

    What a killed run left under the same name goes first.
    """
    part = path.with_name(f".{path.name}.part")
    _forget(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
    finally:
        _forget(part)


def _forget(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a whole file its name, on the disk: whoever looks sees what was there before, or all of it."""
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
