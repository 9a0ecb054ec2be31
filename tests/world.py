"""A small invented world for tests: one cohort of Souss-Massa, its staff and a few cooperatives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session, SQLModel, col, select

from actions.assign import assign_cohort
from actions.cohorts import cohort_of, open_cohort
from actions.enrol import enrol_cohort
from actions.measure import record_evaluation
from actions.morning import Done, whole_morning
from actions.people import add_person
from actions.record import complete_step
from models import Cohort, Contact, Cooperative, Enrolment, History, Notice, Passage, Step
from models.session import Database
from programme.civil import instant_of
from programme.scoring import Answer, default_questionnaire
from tests import databases, postgres
from tests.moulds import built_once

DELEGATION = "region-souss-massa"
NOW = datetime(2026, 12, 14, 10, tzinfo=UTC)
START = date(2027, 1, 4)
CODE = "SM-2027"


@built_once
def open_world(
    database: Database, *, cooperatives: int = 3, without_email: tuple[int, ...] = (), coaches: int = 1
) -> None:
    """Open a cohort that starts on Monday 2027-01-04, with staff and selected (not yet enrolled) cooperatives."""
    with database.transaction() as session:
        cohort = open_cohort(
            session, code=CODE, start_on=START, by="test", now=NOW, region="Souss-Massa", title="Souss-Massa 2027"
        )
        add_staff(session, coaches)
        for rank in range(1, cooperatives + 1):
            add_cooperative(session, cohort, rank, email=None if rank in without_email else f"coop{rank}@coop.example")


def add_staff(session: Session, coaches: int) -> None:
    """Add a coordinator k1, a delegate d1 and coaches c1, c2…, all of one delegation."""
    common = {"now": NOW, "delegation": DELEGATION}
    add_person(
        session,
        code="k1",
        name="Coordination",
        role="coordinator",
        email="k1@odco.example",
        phone="+212528000001",
        **common,
    )
    add_person(
        session, code="d1", name="Délégation", role="delegate", email="d1@odco.example", phone="+212528000002", **common
    )
    for number in range(1, coaches + 1):
        add_person(
            session,
            code=f"c{number}",
            name=f"Accompagnement {number}",
            role="coach",
            email=f"c{number}@odco.example",
            phone=f"+21252800001{number}",
            **common,
        )


def add_cooperative(
    session: Session, cohort: Cohort, rank: int, *, email: str | None, language: str = "fr"
) -> Enrolment:
    """Add a selected cooperative, SM-2027/001 and so on."""
    cooperative = Cooperative(
        name=f"Coopérative {rank}",
        name_ar=f"تعاونية {rank}",
        register_court="Agadir",
        register_number=f"{rank}/2025",
        registered_on=date(2025, 6, 1),
        province_code="09.001",
        members=9,
        created_at=NOW,
    )
    session.add(cooperative)
    session.flush()
    assert cooperative.id is not None
    assert cohort.id is not None
    session.add(
        Contact(
            cooperative_id=cooperative.id,
            name=f"Présidence {rank}",
            email=email,
            phone=f"+2125280010{rank:02d}",
            language=language,
            starts_on=NOW.date(),
        )
    )
    enrolment = Enrolment(
        code=f"{CODE}/{rank:03d}",
        cohort_id=cohort.id,
        cooperative_id=cooperative.id,
        programme_version_id=cohort.programme_version_id,
        delegation=DELEGATION,
        rank=rank,
    )
    session.add(enrolment)
    session.flush()
    return enrolment


def at(day: date, hour: int = 8) -> datetime:
    """The instant of a whole hour in Casablanca; mornings are at 8."""
    return instant_of(day, time(hour))


@built_once
def open_enrolled(
    database: Database, *, cooperatives: int = 1, without_email: tuple[int, ...] = (), coaches: int = 1
) -> None:
    """Open the world and enrol everybody, on Monday 2026-12-14; nobody has a coach yet."""
    open_world(database, cooperatives=cooperatives, without_email=without_email, coaches=coaches)
    with database.transaction() as session:
        enrol_cohort(session, code=CODE, by="k1", now=NOW)


@built_once
def open_followed(
    database: Database, *, cooperatives: int = 1, without_email: tuple[int, ...] = (), coaches: int = 1
) -> None:
    """Open the world, enrol everybody and share them out among the coaches, on Monday 2026-12-14."""
    open_enrolled(database, cooperatives=cooperatives, without_email=without_email, coaches=coaches)
    assign_coaches(database)


def assign_coaches(database: Database, on: date = date(2026, 12, 14)) -> None:
    """Share the enrolments out among the coaches."""
    with database.transaction() as session:
        assign_cohort(session, code=CODE, by="k1", now=at(on))


def morning(database: Database, day: date) -> Done:
    """Do the cohort's whole morning of a day."""
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    return whole_morning(database, cohort, at(day))


def tick(database: Database, step: str, on: date, *, rank: int = 1) -> None:
    """Have a step done at 15:00 of a day."""
    with database.transaction() as session:
        complete_step(session, code=f"{CODE}/{rank:03d}", step=step, on=on, by="c1", now=at(on, 15))


def evaluate(database: Database, checkpoint: str, on: date, *, level: int = 3, rank: int = 1) -> None:
    """Record an evaluation in which every answer is the same level, at 15:00 of a day."""
    with database.transaction() as session:
        record_evaluation(
            session,
            code=f"{CODE}/{rank:03d}",
            checkpoint=checkpoint,
            answers=all_answers(level),
            on=on,
            by="c1",
            now=at(on, 15),
            early=True,
        )


def all_answers(level: int) -> dict[str, Answer]:
    """Return the answers of a full questionnaire, all of one level."""
    return {item.key: level for item in default_questionnaire().items}


def step_row(session: Session, key: str, *, rank: int = 1) -> Step:
    """Return a step of an enrolment by its key."""
    return session.exec(
        select(Step).join(Enrolment).where(Enrolment.code == f"{CODE}/{rank:03d}", Step.key == key)
    ).one()


def enrolment_row(session: Session, rank: int = 1) -> Enrolment:
    """Return an enrolment by its rank."""
    return session.exec(select(Enrolment).where(Enrolment.code == f"{CODE}/{rank:03d}")).one()


def passage_row(session: Session, stage: str, *, rank: int = 1) -> Passage:
    """Return an enrolment's passage through a stage."""
    return session.exec(
        select(Passage).join(Enrolment).where(Enrolment.code == f"{CODE}/{rank:03d}", Passage.stage == stage)
    ).one()


def notice_row(session: Session, key: str) -> Notice:
    """Return a notice by its key."""
    return session.exec(select(Notice).where(Notice.key == key)).one()


def told(session: Session, step: str) -> list[tuple[str, str, str]]:
    """Return what was promised about a step: recipient and kind, status, reason; in the order of promising."""
    rows = session.exec(select(Notice).join(Step).where(Step.key == step).order_by(col(Notice.id)))
    return [(f"{row.recipient} {row.kind}", row.status, row.reason) for row in rows]


def story(session: Session, *, rank: int = 1) -> list[tuple[str, str, str]]:
    """Return an enrolment's history: who, what, about what."""
    rows = session.exec(
        select(History).join(Enrolment).where(Enrolment.code == f"{CODE}/{rank:03d}").order_by(col(History.id))
    )
    return [(row.by, row.verb, row.subject) for row in rows]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the SQL statements that are executed meanwhile; a bulk statement counts once."""
    seen: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)


def everything_in(database: Database) -> str:
    """Return all the rows of a database as text."""
    with database.engine.connect() as connection:
        rows = [row for table in SQLModel.metadata.sorted_tables for row in connection.execute(table.select())]
    return "\n".join(str(tuple(row)) for row in rows)


def plan_of(database: Database, *asked: tuple[str, Any] | str) -> str:
    """Return how a database would answer questions, each with its values or without, on tables that have grown large.

    PostgreSQL is asked in one that has no rows and never had: what a test before left, the planner would go by.
    """
    queries = [(one, ()) if isinstance(one, str) else one for one in asked]
    if not database.has_room:
        return _explained(database, "EXPLAIN QUERY PLAN", queries)
    url = postgres.unused()
    with closing(Database(url)) as grown:
        plan = _explained(grown, "EXPLAIN", queries)
    databases.drop(url)
    return plan


def _explained(database: Database, explain: str, queries: list[tuple[str, Any]]) -> str:
    with database.engine.connect() as connection:
        if database.has_room:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = [row for query, values in queries for row in connection.exec_driver_sql(f"{explain} {query}", values)]
    return "\n".join(str(row[-1]) for row in rows)


REFUSE = "SELECT RAISE(ABORT, 'poison')"


def poison(database: Database, table: str, condition: str) -> None:
    """Have a database refuse new rows of a table for which ``condition`` holds."""
    check = f"ALTER TABLE {table} ADD CONSTRAINT poison CHECK (NOT ({condition.replace('NEW.', '')})) NOT VALID"
    trigger = f"CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN {condition} BEGIN {REFUSE}; END"
    with database.transaction() as session:
        session.connection().execute(text(check if database.has_room else trigger))


def heal(database: Database, table: str) -> None:
    """Take a poison away again."""
    drop = f"ALTER TABLE {table} DROP CONSTRAINT poison" if database.has_room else "DROP TRIGGER poison"
    with database.transaction() as session:
        session.connection().execute(text(drop))
