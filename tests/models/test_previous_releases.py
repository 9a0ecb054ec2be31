"""A database of an earlier release is brought to this one with nothing lost, and goes on where it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlmodel import select

from actions.state import business_state
from models import Notice, migrate
from models.placed import place_of
from models.session import Database
from notifications import ledger
from tests import databases
from tests.linking import send
from tests.models.releases import RELEASES, go_to, kept, lay, rows, said
from tests.world import morning

ROOT = Path(__file__).parents[2]
REVISIONS = [script.revision for script in ScriptDirectory(str(migrate.FOLDER)).walk_revisions()]
WAYS = [(release, revision) for release in RELEASES for revision in REVISIONS[1:] if revision >= release]
"""From a release's database back to each release on which there was such a one: the earlier never had these rows."""
KILLED = """
import os, signal, sys
from sqlalchemy import event
from models import migrate
from models.session import Database
database, left = Database(sys.argv[1]), int(sys.argv[2])
@event.listens_for(database.engine, "after_cursor_execute")
def count(_connection, _cursor, statement, *_rest):
    global left
    left -= statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE"))
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
migrate.upgrade(database.engine)
"""
UPGRADE = "import sys; from models import migrate; from models.session import Database;"
UPGRADE += "migrate.upgrade(Database(sys.argv[1]).engine)"


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """The revision of an earlier release's tables."""
    return str(request.param)


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Give a function that returns the address of a release's database, which was made once and is only copied."""
    made: dict[str, str] = {}

    def lay_once(release: str) -> str:
        if release not in made:
            url = databases.bare(tmp_path_factory.mktemp("laid") / "laid.sqlite3")
            opened = Database(url, durable=False)
            lay(opened, release)
            opened.close()
            made[release] = url
        return made[release]

    yield lay_once
    for url in made.values():
        databases.drop(url)


@pytest.fixture
def old(tmp_path: Path, laid: Callable[[str], str], release: str) -> Iterator[Database]:
    """That release's database, as it left it on 25 January 2027."""
    url = databases.copy(laid(release), tmp_path / "old.sqlite3")
    opened = Database(url, durable=False)
    yield opened
    opened.close()
    databases.drop(url)


def part(of: Any, whole: Any) -> Any:
    """Return of a later document what an earlier one had too: a release may say more, never less."""
    if isinstance(of, dict):
        return {name: part(value, whole[name]) for name, value in of.items()}
    if isinstance(of, list):
        return [part(*pair) for pair in zip(of, whole, strict=True)]
    return whole


def run(program: str, *words: str) -> int:
    return subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, check=False).returncode


@pytest.mark.database
def test_upgrade_loses_nothing(old: Database) -> None:
    before = rows(old)
    migrate.upgrade(old.engine)
    assert migrate.revision_of(old.engine) == migrate.head()
    assert kept(before, rows(old)) == before
    assert sum(map(len, before.values())) > 180


@pytest.mark.database
def test_keys_stand_where_they_are_looked_up(old: Database) -> None:
    migrate.upgrade(old.engine)
    with old.reading() as session:
        stand = session.exec(select(Notice.key, Notice.place)).all()
    assert dict(stand) == {key: place_of(key) for key, _ in stand}
    assert len(stand) > 10


@pytest.mark.database
def test_state_is_what_that_release_said(old: Database, release: str) -> None:
    migrate.upgrade(old.engine)
    with old.reading() as session:
        assert part(said(release), business_state(session)) == said(release)


@pytest.mark.database
@pytest.mark.slow
def test_mornings_go_on_and_nothing_that_was_told_is_told_again(old: Database) -> None:
    migrate.upgrade(old.engine)
    with old.reading() as session:
        told = {one.key: (one.status, one.sent_at) for one in ledger.entries(session)}
    letters = []
    for day in (date(2027, 1, 26), date(2027, 2, 1), date(2027, 2, 8)):
        done = morning(old, day)
        assert done.failures == []
        letters += send(old, day)
    with old.reading() as session:
        after = {one.key: (one.status, one.sent_at) for one in session.exec(select(Notice))}
    assert {key: after[key] for key in told if told[key][0] == "sent"} == {
        key: value for key, value in told.items() if value[0] == "sent"
    }
    assert len(letters) > 2
    assert len(after) > len(told) + 10
    assert {status for status, _ in after.values()} <= {"sent", "skipped", "pending", "cancelled"}


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.parametrize(("release", "revision"), WAYS, indirect=["release"])
def test_way_back_and_forth_again_keeps_the_rows(old: Database, revision: str) -> None:
    """To any release from this one on which the database was made, and to this one again."""
    before = rows(old)
    migrate.upgrade(old.engine)
    go_to(old, revision)
    assert kept(before, rows(old)) == before
    migrate.upgrade(old.engine)
    assert kept(before, rows(old)) == before


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.parametrize("statements", [0, 1, 4, 8])
def test_upgrade_that_is_killed_leaves_the_old_database(old: Database, release: str, statements: int) -> None:
    before = rows(old)
    old.engine.dispose()
    assert run(KILLED, old.url, str(statements)) == -9
    assert (migrate.revision_of(old.engine), rows(old)) == (release, before)
    migrate.upgrade(old.engine)
    assert kept(before, rows(old)) == before


@pytest.mark.database
@pytest.mark.slow
def test_two_processes_that_start_at_once_upgrade_once(old: Database) -> None:
    before = rows(old)
    old.engine.dispose()
    both = [subprocess.Popen([sys.executable, "-c", UPGRADE, old.url], cwd=ROOT) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert migrate.revision_of(old.engine) == migrate.head()
    assert kept(before, rows(old)) == before
