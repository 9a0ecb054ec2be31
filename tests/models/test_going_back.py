"""A database of a newer release: the one before leaves it alone, and gets it back from the newer one or from a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import make_url, text

from actions.backup import back_up, store_of
from actions.restore import restore
from actions.state import business_state
from models import migrate
from models.going_back import Gone, go_back
from models.session import Database
from notifications import holds, ledger
from programme.errors import DatabaseTooNew
from programme.keeping_errors import NoWayBack
from tests import databases
from tests.linking import send
from tests.models.releases import kept, rows
from tests.world import at, everything_in, morning, open_followed

DAYS = (date(2027, 1, 4), date(2027, 1, 12), date(2027, 1, 15))
NEXT = date(2027, 1, 18)
OURS = str(migrate.head())
NEWER = '''"""What only the next release keeps"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = '9999', '{ours}', None, None


def upgrade() -> None:
    op.create_table('novelty', sa.Column('id', sa.Integer(), primary_key=True))
    op.execute('INSERT INTO novelty (id) VALUES (1), (2)')
    with op.batch_alter_table('step') as batch_op:
        batch_op.add_column(sa.Column('novel', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    with op.batch_alter_table('step') as batch_op:
        batch_op.drop_column('novel')
    op.drop_table('novelty')
'''
REFUSAL = (
    f"The database was made by a newer release (9999) and was left as it is: install that release again, have it run "
    f"`mourafaka init --back-to {OURS}`, or restore with this one the copy from before the update."
)
Newer = Callable[[], None]


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newer:
    """Give a function that puts the next release in the place of this one; undoing it goes back."""

    def install() -> None:
        folder = tmp_path / "next"
        if not folder.exists():
            copytree(migrate.FOLDER, folder)
            (folder / "versions" / "9999_next.py").write_text(NEWER.format(ours=OURS), encoding="utf-8")
        monkeypatch.setattr(migrate, "FOLDER", folder)

    return install


@pytest.fixture
def old(database: Database) -> Database:
    """Two cooperatives in the middle of their first weeks."""
    open_followed(database, cooperatives=2)
    for day in DAYS:
        assert morning(database, day).failures == []
        send(database, day)
    return database


@contextmanager
def upgraded(database: Database, newer: Newer) -> Iterator[None]:
    """Be the next release, which has brought the database forward; the one before again afterwards."""
    before = migrate.FOLDER
    newer()
    migrate.upgrade(database.engine)
    yield
    migrate.FOLDER = before


def test_release_before_leaves_a_newer_database_alone_and_says_how_to_go_back(old: Database, newer: Newer) -> None:
    with upgraded(old, newer):
        before = everything_in(old)
    with pytest.raises(DatabaseTooNew) as refused:
        migrate.upgrade(old.engine)
    assert str(refused.value) == REFUSAL
    with pytest.raises(DatabaseTooNew):
        go_back(old.engine, "0001")
    assert everything_in(old) == before


def test_look_says_what_goes_and_changes_nothing(old: Database, newer: Newer) -> None:
    with upgraded(old, newer):
        before, steps = everything_in(old), len(rows(old)["step"])
        gone = go_back(old.engine, OURS, only_look=True)
        assert gone == [Gone("novelty", 2), Gone("step.novel", steps)]
        assert everything_in(old) == before
        assert migrate.revision_of(old.engine) == "9999"


def test_tables_taken_back_are_the_old_ones_and_nothing_is_told_again(old: Database, newer: Newer) -> None:
    before = rows(old)
    with old.reading() as session:
        state, told = business_state(session), {one.key for one in ledger.entries(session) if one.status == "sent"}
    with upgraded(old, newer):
        assert [one.name for one in go_back(old.engine, OURS)] == ["novelty", "step.novel"]
    migrate.upgrade(old.engine)
    assert (migrate.revision_of(old.engine), kept(before, rows(old))) == (OURS, before)
    with old.reading() as session:
        assert business_state(session) == state
    assert morning(old, NEXT).failures == []
    send(old, NEXT)
    with old.reading() as session:
        again = {one.key: one for one in ledger.entries(session)}
    assert len(told) > 3
    assert {sent.date() for key in told if (sent := again[key].sent_at)} <= set(DAYS)
    assert [key for key in told if again[key].sent_at is None] == []


@pytest.mark.parametrize("wanted", ["0099", "9999", ""])
def test_no_way_to_what_is_no_earlier_release(old: Database, newer: Newer, wanted: str) -> None:
    with upgraded(old, newer):
        before = everything_in(old)
        with pytest.raises(NoWayBack, match=f"those of 9999; name one of {OURS}, "):
            go_back(old.engine, wanted)
        assert everything_in(old) == before


def test_copy_from_before_the_update_takes_the_place_of_the_newer_database(
    old: Database, newer: Newer, tmp_path: Path
) -> None:
    here = store_of(old.url, databases.tools())
    copy = back_up(here, tmp_path / "before.copy", now=at(NEXT, 7)).path
    with old.reading() as session:
        state = business_state(session)
    with upgraded(old, newer):
        newest = everything_in(old)
    old.close()
    done = restore(here, copy, by="amal", now=at(NEXT, 12), replace=True, settle_until=at(NEXT, 11))
    assert (done.revision, migrate.revision_of(old.engine)) == (OURS, OURS)
    with old.reading() as session:
        assert business_state(session) == state
        assert [one.cause for one in holds.open_holds(session)] == ["restore"]
    assert done.kept is not None
    beside = (
        make_url(old.url).set(database=done.kept).render_as_string(hide_password=False)
        if old.has_room
        else f"sqlite:///{done.kept}"
    )
    kept_beside = Database(beside)
    with kept_beside.engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM novelty")).scalar_one() == 2
    assert everything_in(kept_beside) == newest
    kept_beside.close()
    databases.drop(beside)
