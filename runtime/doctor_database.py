"""What the doctor says of the database: whether it answers, its revision, its safety, its room and its copies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from actions.programmes import definitions, unreadable
from models import migrate
from models.trouble import trouble_words
from programme.errors import DatabaseTooNew
from programme.wording import counted, sentence
from runtime.clock import Clock
from runtime.doctor_channels import Checked
from runtime.house import House

LEAST_ROOM = 500_000_000
"""Bytes free beside the database, below which a morning's write-ahead log or a copy may not fit."""
OLDEST_COPY = timedelta(hours=48)
"""A nightly copy that was missed once is seen on the second day."""
SKEW = timedelta(seconds=60)
OLDEST_POSTGRESQL = 140_000


def database(house: House) -> Checked:
    """Check that the database answers, and that its tables are this release's."""
    url = house.database.engine.url.render_as_string()
    file = _file(house)
    if file is not None and not file.exists():
        return True, sentence("Database: none yet at {url}; the first command makes it.", url=url), None
    try:
        revision = migrate.revision_of(house.database.engine)
    except SQLAlchemyError as problem:
        what = sentence("Database: {url} cannot be used ({problem}).", url=url, problem=trouble_words(problem))
        return False, what, sentence("check its address, that its server runs, its disk and its rights")
    if migrate.is_ahead(revision):
        refusal = DatabaseTooNew(revision=revision, ours=migrate.head())
        what = sentence("Database: {url} is ahead of this release.", url=url)
        return False, what, sentence(refusal.template(), **refusal.facts)
    if revision != migrate.head():
        what = sentence(
            "Database: {url}, schema {revision}, is not of this release.", url=url, revision=revision or "–"
        )
        return False, what, sentence("make a copy with `mourafaka backup`, then run `mourafaka init`")
    return True, sentence("Database: {url}, schema {revision}.", url=url, revision=revision), None


def is_usable(house: House) -> bool:
    """Tell whether the tables can be asked."""
    file = _file(house)
    return database(house)[0] and (file is None or file.exists())


def safety(house: House) -> Checked:
    """Check that what is committed survives a power cut, and that the server is one that we know."""
    with house.database.engine.connect() as connection:
        if house.database.has_room:
            number, name, commit = connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
                    "current_setting('synchronous_commit')"
                )
            ).one()
            is_good = number >= OLDEST_POSTGRESQL and commit != "off"
            what = sentence(
                "PostgreSQL {version}, with synchronous_commit {commit}.",
                version=name,
                commit=commit,
            )
            mend = sentence("use PostgreSQL 14 or later, with synchronous_commit on")
        else:
            mode, level = (
                connection.exec_driver_sql(f"PRAGMA {one}").scalar_one() for one in ("journal_mode", "synchronous")
            )
            is_good = (mode, level) == ("wal", 2)
            what = sentence("SQLite: journal mode {mode}, synchronous {level}.", mode=mode, level=level)
            mend = sentence("put the file on a disk of this machine, not on a network folder")
    return is_good, what, None if is_good else mend


def room(house: House) -> Checked:
    """Check the room on the disk: of a SQLite file, else of the data folder."""
    folder = (_file(house) or house.settings.data_dir / "x").absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    what = sentence("Disk: {free} MB free at {folder}.", free=free // 1_000_000, folder=folder)
    return free >= LEAST_ROOM, what, None if free >= LEAST_ROOM else sentence("make room, or move the data folder")


def clock(house: House) -> Iterator[Checked]:
    """Compare our clock with the database server's, where there is one; a virtual clock is not to be compared."""
    if not house.database.has_room or house.clock.is_virtual:
        return
    with house.database.engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    seconds = round(abs(house.clock.now() - theirs).total_seconds())
    if seconds <= SKEW.total_seconds():
        yield True, sentence("Clock: as the database server's."), None
        return
    what = counted(
        "Clock: {count} s apart from the database server's.",
        "Clock: {count} s apart from the database server's.",
        seconds,
    )
    yield False, what, sentence("have both machines set their clocks by the network (NTP)")


def versions(house: House) -> Checked:
    """Check that every published version of the programme can be read."""
    with house.database.reading() as session:
        count, lost = len(definitions(session)), [*unreadable(session).values()]
    if lost:
        what = sentence(
            "Published versions of the programme that cannot be read: {count}; their cohorts stand still.",
            count=len(lost),
        )
        return False, what, sentence(lost[0].template(), **lost[0].facts)
    return True, sentence("Published versions of the programme that can be read: {count}.", count=count), None


def copies(house: House) -> Checked:
    """Check the age of the newest copy, where a folder of copies is set."""
    folder = house.settings.backup_dir
    if folder is None:
        what = sentence(
            "Copies of the database: no folder is set (MOURAFAKA_BACKUP_DIR), so their age is not looked at."
        )
        return True, what, None
    newest = max((one.stat().st_mtime for one in _copies_in(folder)), default=None)
    mend = sentence("run `mourafaka backup {folder}` every night", folder=folder)
    if newest is None:
        return False, sentence("Copies of the database: none in {folder}.", folder=folder), mend
    age = Clock().now() - datetime.fromtimestamp(newest, UTC)  # the files' time is the real one
    hours = int(age.total_seconds() // 3600)
    what = counted(
        "Copies of the database: the newest in {folder} is {count} hour old.",
        "Copies of the database: the newest in {folder} is {count} hours old.",
        hours,
        folder=folder,
    )
    return age <= OLDEST_COPY, what, None if age <= OLDEST_COPY else mend


def _copies_in(folder: Path) -> list[Path]:
    return [*folder.glob("mourafaka-*.sqlite3"), *folder.glob("mourafaka-*.dump")]


def _file(house: House) -> Path | None:
    """Return the file of a SQLite database."""
    name = house.database.engine.url.database
    return Path(name) if not house.database.has_room and name and name != ":memory:" else None
