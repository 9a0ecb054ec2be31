"""Copies of the database: of one moment while others write, whole or not there, and brought back on hold."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from alembic import command
from sqlalchemy import make_url, text
from sqlmodel import col, select

from actions.backup import back_up, store_of
from actions.person_erase import erase_person
from actions.restore import restore
from models import AccessLog, Cooperative, Erasure, Hold, Notice, Person, ServiceCopy, migrate
from models.session import Database
from models.stores import Store
from programme.keeping_errors import (
    CopyDamaged,
    CopyNotThere,
    CopyOfAnotherKind,
    CopyThere,
    CopyTooNew,
    CopyUnwritable,
    DatabaseHasRows,
    DatabaseInUse,
    NoCopy,
    NoDatabase,
    SettleAhead,
    ToolMissing,
)
from programme.wording import Sentence
from tests import databases
from tests.actions.test_person_erase import found, on_disk
from tests.lived import ADDRESS, AFTER, COACH_ADDRESS, COACHS, HERS, live
from tests.notifications.post_office import notice, put, statuses
from tests.world import NOW, everything_in

STAMP = "20261214t100000"


def store(database: Database) -> Store:
    return store_of(database.url, databases.tools())


def save(database: Database, folder: Path, name: str = "monday.copy") -> Path:
    return back_up(store(database), folder / name, now=NOW).path


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def address_of(database: Database, name: str) -> str:
    """Return the address of an old database that was kept beside."""
    if not database.has_room:
        return f"sqlite:///{name}"
    return make_url(database.url).set(database=name).render_as_string(hide_password=False)


def forget(database: Database, name: str | None) -> None:
    if database.has_room and name:
        databases.drop(address_of(database, name))


def test_backup_holds_everything_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    put(database, 3)
    before = everything_in(database)
    copied = back_up(store(database), tmp_path / "monday.copy", now=NOW)
    assert (copied.size, stat.S_IMODE(copied.path.stat().st_mode)) == (copied.path.stat().st_size, 0o600)
    with database.transaction() as session:
        for one in session.exec(select(Notice)):
            one.status = "sent"
    database.close()
    done = restore(store(database), copied.path, by="amal", now=NOW, replace=True)
    with opened(database.url) as now, now.transaction() as session:
        session.delete(session.exec(select(Hold)).one())
    assert everything_in(database) == before
    assert done.waiting == 3
    database.close()
    forget(database, done.kept)


def test_backup_into_a_folder_is_named_after_its_moment(database: Database, tmp_path: Path) -> None:
    (folder := tmp_path / "copies").mkdir()
    one = store(database)
    assert back_up(one, folder, now=NOW).path == folder / f"mourafaka-20261214T100000{one.suffix}"
    with pytest.raises(CopyThere, match="a copy never overwrites a file"):
        back_up(one, folder, now=NOW)
    assert [path.name for path in folder.iterdir()] == [f"mourafaka-20261214T100000{one.suffix}"]


def test_backup_while_others_write_is_of_one_moment(database: Database, tmp_path: Path) -> None:
    """Each transaction adds two people; no copy may have one without the other."""
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            with database.transaction() as session:
                session.add(Person(code=f"left-{number}", name="X"))
                session.flush()
                session.add(Person(code=f"right-{number}", name="X"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    copies = [save(database, tmp_path, f"{number}.copy") for number in range(3)]
    done.set()
    writer.join()
    counts = []
    for copy in copies:
        database.close()
        result = restore(store(database), copy, by="amal", now=NOW + timedelta(seconds=len(counts)), replace=True)
        with opened(database.url) as now, now.reading() as session:
            codes = session.exec(select(Person.code)).all()
        counts.append(len(codes))
        sides = [{code.partition("-")[2] for code in codes if code.startswith(side)} for side in ("left", "right")]
        assert sides[0] == sides[1]
        forget(database, result.kept)
    assert counts == sorted(counts)
    assert counts[-1] > 0


@pytest.mark.sqlite
def test_backup_leaves_nothing_when_the_disk_is_full(database: Database, tmp_path: Path) -> None:
    put(database, 3)
    (folder := tmp_path / "copies").mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(CopyUnwritable, match="nothing half-written was left there"):
            save(database, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(folder.iterdir()) == []
    assert save(database, folder).exists()


def test_backup_into_a_missing_folder_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(CopyUnwritable, match="make room or choose another place"):
        save(database, tmp_path / "nowhere")


@pytest.mark.sqlite
def test_backup_of_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase):
        back_up(store_of(f"sqlite:///{tmp_path / 'gone.sqlite3'}"), tmp_path / "copy", now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite
def test_backup_of_a_damaged_database_is_not_called_a_copy(database: Database, tmp_path: Path) -> None:
    path = save(database, tmp_path)
    damage(path)
    with pytest.raises(CopyDamaged):
        back_up(store_of(f"sqlite:///{path}"), tmp_path / "second.copy", now=NOW)
    assert not (tmp_path / "second.copy").exists()


def damage(path: Path) -> None:
    """Write over the middle of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\xa5" * (size // 3))


def test_restore_refuses_a_database_with_rows_and_leaves_it(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy, before = save(database, tmp_path), everything_in(database)
    database.close()
    with pytest.raises(DatabaseHasRows, match="repeat with --replace; the old one is kept beside it"):
        restore(store(database), copy, by="amal", now=NOW)
    assert everything_in(database) == before


def test_restore_into_an_empty_database_keeps_no_old_one(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy = save(database, tmp_path)
    empty = databases.empty(tmp_path / "new.sqlite3")
    done = restore(store_of(empty, databases.tools()), copy, by="amal", now=NOW)
    with opened(empty) as new:
        assert (done.kept, statuses(new)) == (None, [("pending", "")] * 2)
    if not database.has_room:
        assert stat.S_IMODE((tmp_path / "new.sqlite3").stat().st_mode) == 0o600
        assert sorted(path.name for path in tmp_path.iterdir() if "new" in path.name) == ["new.sqlite3"]
    databases.drop(empty)


def test_restore_keeps_the_old_one_beside(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy = save(database, tmp_path)
    with database.transaction() as session:
        session.add(Person(code="new", name="New"))
    before = everything_in(database)
    database.close()
    done = restore(store(database), copy, by="amal", now=NOW, replace=True)
    assert done.kept is not None
    assert STAMP.removesuffix("t100000") in done.kept
    with opened(address_of(database, done.kept)) as old:
        assert everything_in(old) == before
    with opened(database.url) as new, new.reading() as session:
        assert session.exec(select(Person)).all() == []
    forget(database, done.kept)


def test_restore_starts_with_the_mail_on_hold(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy = save(database, tmp_path)
    empty = databases.empty(tmp_path / "new.sqlite3")
    restore(store_of(empty, databases.tools()), copy, by="amal", now=NOW)
    with opened(empty) as new, new.reading() as session:
        [one] = session.exec(select(Hold).where(col(Hold.released_at).is_(None))).all()
        assert (one.cause, one.reason, one.by, one.began_at) == ("restore", "monday.copy", "amal", NOW)
    databases.drop(empty)


def test_restore_has_what_may_have_left_since_leave_no_more(database: Database, tmp_path: Path) -> None:
    due = date(2027, 1, 4)
    early, late = put(database, 2, due_on=due)
    [told] = put(database, kind="meeting", due_on=due)
    moment = NOW + timedelta(days=30)
    with database.transaction() as session:
        for one in session.exec(select(Notice)):
            one.send_at = moment + timedelta(hours=1) if one.key == late else moment
            one.channel = "call" if one.key == told else one.channel
            if one.key == early:
                session.add(ServiceCopy(notice_id=one.id, service="s", title="t", body="b", send_at=moment))
    copy = save(database, tmp_path)
    empty = databases.empty(tmp_path / "new.sqlite3")
    done = restore(
        store_of(empty, databases.tools()), copy, by="amal", now=moment + timedelta(hours=2), settle_until=moment
    )
    assert (done.waiting, done.in_doubt) == (1, 1)
    with opened(empty) as new:
        assert [notice(new, key).status for key in (early, late, told)] == ["in_doubt", "pending", "pending"]
        assert notice(new, early).reason == "may have left after this copy was made"
        with new.reading() as session:
            assert session.exec(select(ServiceCopy.status, ServiceCopy.body)).all() == [("skipped", "")]
    databases.drop(empty)


def test_restore_settles_nothing_that_is_still_to_come(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SettleAhead):
        restore(store(database), tmp_path / "x", by="amal", now=NOW, settle_until=NOW + timedelta(minutes=1))


def test_restore_brings_an_older_copy_forward(database: Database, tmp_path: Path) -> None:
    command.downgrade(migrate.config_for(database.engine), "0004")
    with database.engine.begin() as connection:
        add = (
            "INSERT INTO cooperative (name, province_code, fiscal_year_end, created_at) "
            "VALUES ('Une', '09', '12-31', :at)"
        )
        connection.execute(text(add), {"at": "2026-12-14 10:00:00"})
    copy = save(database, tmp_path)
    empty = databases.empty(tmp_path / "new.sqlite3")
    assert restore(store_of(empty, databases.tools()), copy, by="amal", now=NOW).revision == "0004"
    with opened(empty) as new:
        assert migrate.revision_of(new.engine) == migrate.head()
        with new.reading() as session:
            assert session.exec(select(Cooperative.name)).all() == ["Une"]
    databases.drop(empty)


def test_restore_refuses_what_a_newer_release_made_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    put(database, 1)
    before = everything_in(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    copy = save(database, tmp_path)
    with pytest.raises(CopyTooNew, match="made by a newer release \\(9999\\)"):
        restore(store(database), copy, by="amal", now=NOW, replace=True)
    assert everything_in(database) == before
    assert not list(tmp_path.glob(".*"))


def test_restore_refuses_a_damaged_copy_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    put(database, 3)
    copy, before = save(database, tmp_path), everything_in(database)
    damage(copy)
    with pytest.raises(CopyDamaged, match=r"take another copy; nothing was changed") as refused:
        restore(store(database), copy, by="amal", now=NOW, replace=True)
    assert isinstance(refused.value.facts["problem"], Sentence) or databases.IS_POSTGRESQL
    assert everything_in(database) == before
    assert not list(tmp_path.glob(".*"))


def test_restore_refuses_half_a_copy(database: Database, tmp_path: Path) -> None:
    put(database, 3)
    copy = save(database, tmp_path)
    os.truncate(copy, copy.stat().st_size // 2)
    with pytest.raises(CopyDamaged):
        restore(store(database), copy, by="amal", now=NOW, replace=True)


def test_restore_refuses_what_is_no_copy(database: Database, tmp_path: Path) -> None:
    (notes := tmp_path / "notes.txt").write_text("hello")
    for path in (notes, tmp_path):
        with pytest.raises(NoCopy, match="name a file that `mourafaka backup` made"):
            restore(store(database), path, by="amal", now=NOW, replace=True)


@pytest.mark.parametrize("replace", [False, True])
def test_restore_says_of_a_file_that_is_not_there_that_it_is_not(
    database: Database, tmp_path: Path, replace: bool
) -> None:
    put(database, 1)
    with pytest.raises(CopyNotThere, match=r"There is no file .*missing: correct the name"):
        restore(store(database), tmp_path / "missing", by="amal", now=NOW, replace=replace)


def test_restore_refuses_a_copy_of_another_kind(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(b"SQLite format 3\0" if database.has_room else b"PGDMP\1\2")
    with pytest.raises(CopyOfAnotherKind):
        restore(store(database), path, by="amal", now=NOW, replace=True)


def test_restore_refuses_while_somebody_uses_the_database(database: Database, tmp_path: Path) -> None:
    put(database, 1)
    copy, before = save(database, tmp_path), everything_in(database)
    database.close()
    with opened(database.url) as other, other.reading() as session:
        session.exec(select(Notice)).all()
        with pytest.raises(DatabaseInUse, match="stop `mourafaka serve`"):
            restore(store(database), copy, by="amal", now=NOW, replace=True)
    assert everything_in(database) == before


@pytest.mark.sqlite
def test_restore_replaces_a_database_that_cannot_be_read_and_keeps_it(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy, file = save(database, tmp_path), tmp_path / "mourafaka.sqlite3"
    database.close()
    file.write_bytes(b"not a database at all" * 500)
    with pytest.raises(DatabaseHasRows):
        restore(store(database), copy, by="amal", now=NOW)
    done = restore(store(database), copy, by="amal", now=NOW, replace=True)
    assert Path(str(done.kept)).read_bytes().startswith(b"not a database")
    assert statuses(database) == [("pending", "")] * 2


@pytest.mark.sqlite
def test_restore_does_not_take_a_lost_database_s_log_for_the_copy_s(database: Database, tmp_path: Path) -> None:
    put(database, 2)
    copy, home = save(database, tmp_path), tmp_path / "home"
    home.mkdir()
    copyfile(copy, home / "live.sqlite3")
    with sqlite3.connect(home / "live.sqlite3") as lost:
        lost.execute("PRAGMA journal_mode = WAL")
        lost.execute("DELETE FROM notice")
        lost.commit()
        copyfile(home / "live.sqlite3-wal", home / "log")
    lost.close()
    (home / "live.sqlite3").unlink()
    (home / "log").rename(home / "live.sqlite3-wal")
    restore(store_of(f"sqlite:///{home / 'live.sqlite3'}"), copy, by="amal", now=NOW)
    with opened(f"sqlite:///{home / 'live.sqlite3'}") as new:
        assert statuses(new) == [("pending", "")] * 2


def test_missing_programs_of_postgresql_are_named(database: Database, tmp_path: Path) -> None:
    if not database.has_room:
        pytest.skip("SQLite is copied by its library: no program of it can be missing")
    with pytest.raises(ToolMissing, match="pg_dump is missing: install PostgreSQL's client programs"):
        back_up(store_of(database.url, tmp_path), tmp_path / "copy", now=NOW)
    assert list(tmp_path.iterdir()) == []


def erase(database: Database, email: str) -> None:
    with database.transaction() as session:
        shown = erase_person(session, email=email, by="k1", now=AFTER)
        erase_person(session, email=email, by="k1", now=AFTER, approve=shown.digest)


def test_restore_brings_nobody_back_who_was_erased_since(database: Database, tmp_path: Path) -> None:
    live(database)
    copy = save(database, tmp_path)
    erase(database, ADDRESS)
    erase(database, COACH_ADDRESS)
    database.close()
    done = restore(store(database), copy, by="amal", now=AFTER, replace=True)
    assert done.erased_again == 2
    assert found((*HERS, *COACHS), everything_in(database)) == []
    with database.reading() as session:
        gone = session.exec(select(Erasure.subject, Erasure.pseudonym, Erasure.by).order_by(col(Erasure.id))).all()
        log = session.exec(select(AccessLog.action, AccessLog.by)).all()
    assert gone == [("contact", "X-C1", "k1"), ("person", "X-P4", "k1")]
    assert log == [("restore", "amal")] * 2
    if not database.has_room:
        assert found((*HERS, *COACHS), on_disk(database)) == []
    database.close()
    forget(database, done.kept)


def test_restore_erases_nobody_in_a_copy_of_another_database(database: Database, tmp_path: Path) -> None:
    live(database)
    with database.transaction() as session:
        session.connection().execute(text("UPDATE programme_version SET content_hash = 'another'"))
    copy = save(database, tmp_path)
    with database.transaction() as session:
        session.connection().execute(text("UPDATE programme_version SET content_hash = 'this one'"))
    erase(database, ADDRESS)
    database.close()
    done = restore(store(database), copy, by="amal", now=AFTER, replace=True)
    assert (done.erased_again, found(HERS, everything_in(database))) == (0, list(HERS))
    database.close()
    forget(database, done.kept)


def test_restore_without_the_old_database_says_that_it_cannot_know(database: Database, tmp_path: Path) -> None:
    live(database)
    copy = save(database, tmp_path)
    with databases.another(tmp_path / "new.sqlite3") as empty:
        url = empty.url
        empty.close()
        assert restore(store_of(url, databases.tools()), copy, by="amal", now=AFTER).erased_again is None
