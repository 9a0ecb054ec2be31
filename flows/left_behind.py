"""The file that a newer Prefect left behind: after a way back it is put aside, not stumbled over."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import prefect

log = logging.getLogger("mourafaka.server")
FILE, ASIDE = "prefect.db", "prefect-of-a-newer-release.db"
BESIDE = ("", "-wal", "-shm")
MIGRATIONS = Path("server", "database", "_migrations", "versions", "sqlite")


def put_aside_what_is_newer(home: Path) -> bool:
    """Give Prefect's file another name where this Prefect would not start on it; nothing that we need is in it.

    Tell whether that was so. What was put aside before goes.
    """
    file = home / FILE
    revision = _revision_of(file)
    if revision is None or _is_known(revision):
        return False
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{file}{suffix}").replace(f"{home / ASIDE}{suffix}")
    log.warning("Prefect's database is of a newer Prefect, and was put aside", extra={"facts": {"revision": revision}})
    return True


def _revision_of(file: Path) -> str | None:
    """Return the revision of Prefect's tables; None where there are none, or where it cannot be read."""
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):
        return None
    return str(revision)


def _is_known(revision: str) -> bool:
    """Tell whether this Prefect has a migration of that name; most files have it in their own names."""
    folder = prefect.__module_path__ / MIGRATIONS
    if not folder.is_dir() or any(folder.glob(f"*_{revision}_*.py")):
        return True
    named = re.compile(rf"""^revision\b.*=\s*["']{re.escape(revision)}["']""", re.MULTILINE)
    return any(named.search(one.read_text(encoding="utf-8")) for one in folder.glob("*.py"))
