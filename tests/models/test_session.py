"""How the database is opened, and what a transaction keeps."""

from __future__ import annotations

import re
import threading
import traceback
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import select

from models import HolidayOverride, Passage, Person, engines
from models.session import Database
from programme.database_errors import DatabaseUnknown
from tests.world import NOW, enrolment_row, open_world


def pragma(database: Database, name: str) -> object:
    with database.engine.connect() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar_one()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 30000),
        ("wal_autocheckpoint", 10_000),
        ("cache_size", -16384),
        ("temp_store", 2),
    ],
)
def test_database_is_opened_for_keeps(tmp_path: Path, name: str, value: object) -> None:
    database = Database(f"sqlite:///{tmp_path / 'real.sqlite3'}")
    assert pragma(database, name) == value
    database.close()


@pytest.mark.sqlite
@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("synchronous", 0), ("foreign_keys", 1)])
def test_scratch_database_does_not_wait_for_the_disk(tmp_path: Path, name: str, value: object) -> None:
    database = Database(f"sqlite:///{tmp_path / 'scratch.sqlite3'}", durable=False)
    assert pragma(database, name) == value
    database.close()


@pytest.mark.sqlite
def test_every_connection_is_prepared(database: Database) -> None:
    with database.reading() as one, database.reading() as two:
        found = [session.connection().execute(text("PRAGMA foreign_keys")).scalar_one() for session in (one, two)]
    assert found == [1, 1]


def test_second_writer_waits_for_the_first(database: Database) -> None:
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with database.transaction() as session:
            order.append("second begins")
            session.add(HolidayOverride(on=date(2027, 2, 2), entered_by="k2", entered_at=NOW))

    with database.transaction() as session:
        other = threading.Thread(target=second)
        other.start()
        begun.wait()
        other.join(timeout=0.2)
        session.add(HolidayOverride(on=date(2027, 1, 1), entered_by="k1", entered_at=NOW))
        session.flush()
        order.append("first ends")
    other.join()
    with database.reading() as session:
        rows = session.exec(select(HolidayOverride.entered_by).order_by(HolidayOverride.entered_by)).all()
    assert order == ["first ends", "second begins"]
    assert rows == ["k1", "k2"]


def test_reader_does_not_wait_for_a_writer_and_sees_what_was(database: Database) -> None:
    with database.transaction() as writer:
        writer.add(HolidayOverride(on=date(2027, 1, 1), entered_by="k1", entered_at=NOW))
        writer.flush()
        with database.reading() as reader:
            assert reader.exec(select(HolidayOverride)).all() == []


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_transaction_that_fails_leaves_nothing(database: Database, problem: type[BaseException]) -> None:
    def write() -> None:
        with database.transaction() as session:
            session.add(Person(code="k1", name="Coordination"))
            session.flush()
            raise problem

    with pytest.raises(problem):
        write()
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []


def test_transaction_that_cannot_be_committed_leaves_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add_all([Person(code="k1", name="Coordination"), Person(code="k1", name="Another")])
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []


def test_reading_drops_what_is_changed(database: Database) -> None:
    with database.reading() as session:
        session.add(Person(code="k1", name="Coordination"))
        session.flush()
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []


def test_rows_are_readable_after_their_transaction(database: Database) -> None:
    with database.transaction() as session:
        person = Person(code="k1", name="Coordination")
        session.add(person)
    assert (person.id, person.code) == (1, "k1")


def test_row_of_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError, match=r"FOREIGN KEY|violates foreign key"), database.transaction() as session:
        session.add(Passage(enrolment_id=99, stage="start", opens_on=date(2027, 1, 4), closes_on=date(2027, 2, 1)))


def test_enrolment_read_before_another_change_is_not_written_over_it(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.reading() as session:
        read_early = enrolment_row(session)
    with database.transaction() as session:
        enrolment_row(session).status = "active"
    read_early.status = "excluded"
    with pytest.raises(StaleDataError), database.transaction() as session:
        session.add(read_early)
    with database.reading() as session:
        assert enrolment_row(session).status == "active"


def test_reader_sees_one_moment_from_its_first_question_on(database: Database) -> None:
    with database.reading() as reader:
        assert reader.exec(select(HolidayOverride)).all() == []
        with database.transaction() as writer:
            writer.add(HolidayOverride(on=date(2027, 1, 1), entered_by="k1", entered_at=NOW))
        assert reader.exec(select(HolidayOverride)).all() == []


def test_writer_who_is_not_alone_waits_for_nobody_where_there_is_room(database: Database) -> None:
    if not database.has_room:
        pytest.skip("SQLite lets one write at a time, whoever it is: there is no room beside")
    with database.transaction() as alone, database.transaction(alone=False) as beside:
        for session, day in ((alone, date(2027, 1, 1)), (beside, date(2027, 2, 2))):
            session.add(HolidayOverride(on=day, entered_by="k1", entered_at=NOW))
            session.flush()
    with database.reading() as session:
        assert len(session.exec(select(HolidayOverride)).all()) == 2


def test_writer_who_waits_too_long_gives_up(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LIMITS", "-c lock_timeout=100ms")
    monkeypatch.setattr(engines, "SQLITE_PRAGMAS", ("PRAGMA busy_timeout = 100",))
    database = Database(database_url)
    with (
        database.transaction(),
        pytest.raises(OperationalError, match=r"lock timeout|database is locked"),
        database.transaction(),
    ):
        pass
    database.close()


@pytest.mark.parametrize("row", [Person(code="k1", name="x", email="k9@odco.example"), Person(code="k9", name=None)])
def test_error_repeats_nobody_s_data(database: Database, row: Person) -> None:
    """PostgreSQL's own detail shows the row that was refused: logs and Prefect would keep it."""
    with database.transaction() as session:
        session.add(Person(code="k1", name="Coordination", email="k1@odco.example"))
    with pytest.raises(IntegrityError) as problem, database.transaction() as session:
        session.add(Person(**row.model_dump()))
    said = f"{problem.value} {problem.value.orig} {''.join(traceback.format_exception(problem.value))}"
    assert "person" in said
    assert [word for word in ("'k1'", "(k1)", "k9", "Coordination", "odco.example") if word in said] == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@h/d", r"no address of a database that is known here \(mysql\)"),
        ("postgresql+psycopg2://u:secret@h/d", r"known here \(postgresql\+psycopg2\)"),
        ("secret", r"known here \(\?\)"),
    ],
)
def test_address_of_an_unknown_kind_is_refused_and_not_repeated(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnknown) as refusal:
        Database(url)
    assert re.search(said, str(refusal.value))
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_known_by_the_names_that_hosts_give_it(scheme: str) -> None:
    database = Database(f"{scheme}://somebody@127.0.0.1:1/nowhere?connect_timeout=1")
    assert database.engine.url.drivername == "postgresql+psycopg"
    with pytest.raises(OperationalError), database.reading() as session:
        session.connection()
    database.close()


def test_connection_that_was_lost_meanwhile_is_made_anew(database: Database) -> None:
    if not database.has_room:
        pytest.skip("no server stands between SQLite and its file, so no connection is lost")
    with database.reading() as session:
        session.connection()
    other = Database(database.url)
    with other.engine.connect() as connection:
        killed = connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
        ).scalar_one()
    other.close()
    assert killed > 0
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []
