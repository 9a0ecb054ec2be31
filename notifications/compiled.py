"""Keeps compiled templates in a folder, so that a process need not compile what another one has compiled before.

Compiling all that a morning says takes half a second, which every command and every sender would spend anew. What is
kept is Python's own bytecode: the folder has to be as well guarded as the database beside which it lies. Nothing of
anybody is in it; it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

_folder: Path | None = None
_CODE = "".join(source.read_text("utf-8") for source in sorted(Path(__file__).parent.glob("*.py")))
_OURS = hashlib.sha256(f"{jinja2.__version__}\0{_CODE}".encode()).hexdigest()
"""Jinja works out at once what a filter says of a constant: with another filter, it is compiled anew."""
_END = "."
"""The last line of a list of names: without it, a machine lost its current before all of them were on the disk."""


def keep_in(folder: Path | None) -> None:
    """Keep what is compiled from now on in a folder, and read it there; None keeps nothing."""
    global _folder  # noqa: PLW0603 - the environments of a process are made once, whoever asks first
    _folder = folder
    if folder is not None:
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)


def shelf(language: str, form: str) -> FileSystemBytecodeCache | None:
    """Return where the templates of an environment are kept; None where nothing is."""
    return _Shelf(str(_folder), f"{language}-{form}-%s.compiled") if _folder is not None and _is_ours(_folder) else None


def _is_ours(folder: Path) -> bool:
    """Tell whether nobody else could have put anything into a folder."""
    try:
        found = folder.stat()
    except OSError:
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


class _Shelf(FileSystemBytecodeCache):
    """Jinja's own shelf, for this version of our filters; a disk that takes nothing makes no difference."""

    def get_source_checksum(self, source: str) -> str:
        """Return what changes whenever a template is to be compiled anew."""
        return super().get_source_checksum(f"{_OURS}\0{source}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one compiled template."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def names_in(source: str, find: Callable[[str], Collection[str]]) -> frozenset[str]:
    """Return the names that a template's text asks for: as they were found before, else found now and kept."""
    if _folder is None or not _is_ours(_folder):
        return frozenset(find(source))
    file = _folder / f"{_digest_of(source)}.names"
    with suppress(OSError, UnicodeDecodeError):
        kept = file.read_text("utf-8")
        if kept.endswith(_END):
            return frozenset(kept.split()[:-1])
    found = frozenset(find(source))
    with suppress(OSError):
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text("\n".join([*sorted(found), _END]), "utf-8")
        fresh.replace(file)
    return found


def _digest_of(source: str) -> str:
    return hashlib.sha256(f"{_OURS}\0{source}".encode()).hexdigest()
