"""A SQLite file as a whole: copied while others write to it, checked, and put in another one's place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from models.engines import BUSY_SECONDS
from models.placing import part_of, put_in_place, sync
from models.session import Database
from models.stores import Staged, has_any_row
from models.trouble import SQLITE_SAID, trouble_words
from programme.keeping_errors import CopyDamaged, CopyOfAnotherKind, CopyUnwritable, DatabaseInUse, NoCopy, NoDatabase
from programme.wording import sentence

MAGIC, DUMP = b"SQLite format 3\0", b"PGDMP"
BESIDE = ("", "-wal", "-shm")
ALONE_SECONDS = 2
"""How long a restore waits for others to close the file."""
FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


@dataclass(frozen=True)
class SqliteStore:
    """A database in a SQLite file."""

    url: str
    kind: str = "SQLite"
    suffix: str = ".sqlite3"

    @property
    def file(self) -> Path:
        """Return the file."""
        return Path(make_url(self.url).database or "").absolute()

    @property
    def path(self) -> str:
        """Return the file's name."""
        return str(self.file)

    def save(self, part: Path) -> None:
        """Copy the file in one read, which keeps no writer waiting, and read the copy through."""
        if not self.file.exists():
            raise NoDatabase(path=self.file)
        copy_file(self.file, part)
        check(part, told_as=self.file)

    def has_rows(self) -> bool:
        """Tell whether anything is in it; a file that cannot be read is not thrown away as an empty one."""
        if not self.file.exists():
            return False
        database = Database(self.url)
        try:
            with database.engine.connect() as connection:
                return has_any_row(connection)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not empty for sure
            return True
        finally:
            database.close()

    @contextmanager
    def staged(self, source: Path, stamp: str) -> Iterator[Staged]:  # noqa: ARG002 - PostgreSQL's needs it
        """Lay the copy beside the file, and read it through; the source itself is never opened for writing."""
        _refuse_other_files(source)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with part_of(self.file) as part:
            copy_file(source, part)
            check(part, told_as=source)
            yield Staged(f"sqlite:///{part}", str(part))

    def take_over(self, staged: Staged, stamp: str, *, keep: bool) -> str | None:
        """Give the copy the file's name; the old file keeps existing under another one, if it is wanted."""
        part, target = Path(staged.name), self.file
        beside = target.with_name(f"{target.stem}.before-{stamp}{target.suffix}")
        _close_wal(part)
        with _alone(target):
            for suffix in BESIDE if keep else ():
                with suppress(FileNotFoundError):
                    os.link(f"{target}{suffix}", f"{beside}{suffix}")
            for suffix in BESIDE[1:]:  # of a database that is gone: they would be taken for the new one's
                Path(f"{target}{suffix}").unlink(missing_ok=True)
            put_in_place(part, target)
        if not keep:
            return None
        beside.chmod(0o600)
        return str(beside)


def copy_file(source: Path, part: Path) -> None:
    """Copy a database with what is still in its write-ahead log; the copy is one file, as of one moment."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as old,
            closing(sqlite3.connect(part)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
        sync(part)
    except (sqlite3.OperationalError, OSError) as problem:
        raise CopyUnwritable(path=part.parent, problem=trouble_words(problem)) from problem
    except sqlite3.DatabaseError as problem:
        raise CopyDamaged(path=source, problem=trouble_words(problem)) from problem


def check(part: Path, *, told_as: Path) -> None:
    """Read a whole copy; refused when a page, an index or a key in it is broken, or when it is not one of ours."""
    try:
        with closing(sqlite3.connect(part)) as copy:
            [(said,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            orphan = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as problem:
        raise CopyDamaged(path=told_as, problem=trouble_words(problem)) from problem
    if said != "ok":
        raise CopyDamaged(path=told_as, problem=SQLITE_SAID[sqlite3.SQLITE_CORRUPT])
    if orphan is not None:
        lacking = sentence("a row of {table} lacks what it belongs to", table=orphan[0])
        raise CopyDamaged(path=told_as, problem=lacking)
    if not {"alembic_version", "programme_version"} <= tables:
        raise NoCopy(path=told_as)


def _refuse_other_files(source: Path) -> None:
    try:
        with source.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as problem:
        raise NoCopy(path=source) from problem
    if start.startswith(DUMP):
        raise CopyOfAnotherKind(path=source, made_on="PostgreSQL", here="SQLite")
    if start != MAGIC:
        raise NoCopy(path=source)


def _close_wal(file: Path) -> None:
    """Take what is still in the write-ahead log into the file itself."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep everybody else out of a file; refused when somebody has it open. What is broken has nobody to wait for."""
    if not target.exists():
        yield
        return
    with closing(sqlite3.connect(target, timeout=ALONE_SECONDS, isolation_level=None)) as connection:
        try:
            # Only its one user can take a file out of the mode in which many read and one writes.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            raise DatabaseInUse(path=target) from problem
        except sqlite3.DatabaseError:
            pass
        yield
