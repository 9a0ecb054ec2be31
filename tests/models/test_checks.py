"""What the tables themselves refuse, whoever writes: unknown words, negative numbers, the same thing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from models import (
    AccessLog,
    Alert,
    Appeal,
    Attendance,
    CalendarFeed,
    ChannelState,
    ClosedWindow,
    Cohort,
    CohortText,
    Contact,
    Cooperative,
    Decision,
    Enrolment,
    Erasure,
    Evaluation,
    Hold,
    HolidayOverride,
    Lease,
    Link,
    MorningRun,
    Notice,
    Passage,
    Person,
    PlanAction,
    ProgrammeVersion,
    RoleAssignment,
    ServiceCopy,
    SessionReport,
    Step,
    Unwanted,
)
from models.session import Database
from tests.world import NOW, open_world

DAY = date(2027, 1, 4)
Make = Callable[..., SQLModel]


def maker(table: type[SQLModel], **valid: Any) -> Make:
    """Return what makes a valid row of a table, except for what it is told."""
    return lambda **other: table(**{**valid, **other})


MAKERS: dict[str, Make] = {
    "programme_version": maker(
        ProgrammeVersion, programme="p", version=1, content_hash="h", body="-", published_at=NOW, published_by="k1"
    ),
    "cohort": maker(Cohort, code="X", title="X", start_on=DAY, called_on=DAY, programme_version_id=1),
    "cooperative": maker(Cooperative, name="X", province_code="09.001", created_at=NOW),
    "contact": maker(Contact, cooperative_id=1, starts_on=DAY),
    "enrolment": maker(
        Enrolment, code="X/1", cohort_id=1, cooperative_id=3, programme_version_id=1, delegation="d", rank=9
    ),
    "passage": maker(Passage, enrolment_id=1, stage="start", opens_on=DAY, closes_on=DAY),
    "step": maker(
        Step,
        enrolment_id=1,
        key="start.x",
        rule="start.x",
        stage="start",
        kind="step",
        owner="coach",
        nominal_on=DAY,
        due_on=DAY,
    ),
    "attendance": maker(
        Attendance,
        enrolment_id=1,
        step_id=1,
        module="m",
        attendee="a",
        on=DAY,
        present=True,
        recorded_by="c1",
        recorded_at=NOW,
    ),
    "session_report": maker(
        SessionReport, enrolment_id=1, step_id=1, on=DAY, held=True, recorded_by="c1", recorded_at=NOW
    ),
    "evaluation": maker(
        Evaluation, enrolment_id=1, checkpoint="M6", on=DAY, form="full", recorded_by="c1", recorded_at=NOW
    ),
    "plan_action": maker(PlanAction, enrolment_id=1, axis="finance", title_fr="x", title_ar="x"),
    "decision": maker(
        Decision, enrolment_id=1, checkpoint="M6", evaluation_id=1, rule_version=1, proposal="continue", proposed_on=DAY
    ),
    "notice": maker(
        Notice,
        key="k",
        kind="welcome",
        recipient="coach:c1",
        language="fr",
        channel="email",
        due_on=DAY,
        promised_at=NOW,
        send_at=NOW,
    ),
    "person": maker(Person, code="x1", name="X"),
    "role_assignment": maker(RoleAssignment, person_id=1, role="coach", starts_on=DAY),
    "lease": maker(Lease, name="morning:X", holder="here", until=NOW),
    "channel_state": maker(ChannelState, channel="email"),
    "access_log": maker(AccessLog, at=NOW, by="k1", action="export", subject="contact", subject_id=1),
    "erasure": maker(Erasure, subject="person", subject_id=1, pseudonym="x", cause="asked", by="k1", at=NOW),
    "morning_run": maker(MorningRun, name="mornings", day=DAY, began_at=NOW, ended_at=NOW),
    "holiday_override": maker(HolidayOverride, on=DAY, entered_by="k1", entered_at=NOW),
    "alert": maker(Alert, enrolment_id=1, kind="late checkpoint", about="M6", raised_on=DAY),
    "appeal": maker(
        Appeal, enrolment_id=1, against="exit", decided_on=DAY, filed_on=DAY, filed_by="k1", grounds="new minutes"
    ),
    "calendar_feed": maker(CalendarFeed, person_id=1, hash="h", made_at=NOW, made_by="k1", expires_on=DAY),
    "hold": maker(Hold, channel="email", cause="person", reason="a move", began_at=NOW, by="k1"),
    "link": maker(
        Link, hash="h", purpose="step", notice_id=1, enrolment_id=1, person="coach:c1", made_at=NOW, expires_at=NOW
    ),
    "service_copy": maker(ServiceCopy, notice_id=1, service="team", title="x", body="x", send_at=NOW),
    "unwanted": maker(
        Unwanted, contact_id=1, topic="early_reminders", how="link", said_by="cooperative:X", refused_at=NOW
    ),
    "cohort_text": maker(
        CohortText, cohort_id=1, kind="welcome", language="fr", subject="x", body="x", version="v", by="k1", at=NOW
    ),
    "closed_window": maker(
        ClosedWindow,
        scope="sector",
        target="olive",
        first_on=DAY,
        last_on=DAY,
        reason="harvest",
        entered_by="k1",
        entered_at=NOW,
    ),
}

REFUSED = [
    ("cohort", "status_known", {"status": "opened"}),
    ("cooperative", "members_not_negative", {"members": -1}),
    ("contact", "language_known", {"language": "en"}),
    ("enrolment", "status_known", {"status": "ended"}),
    ("step", "status_known", {"status": "late"}),
    ("step", "origin_known", {"origin": "invented"}),
    ("decision", "status_known", {"status": "signed"}),
    ("notice", "status_known", {"status": "lost"}),
    ("notice", "channel_known", {"channel": "pigeon"}),
    ("person", "language_known", {"language": "en"}),
    ("role_assignment", "role_known", {"role": "minister"}),
    ("alert", "status_known", {"status": "ignored"}),
    ("appeal", "status_known", {"status": "lost"}),
    ("closed_window", "scope_known", {"scope": "country"}),
    ("link", "purpose_known", {"purpose": "everything"}),
    ("service_copy", "status_known", {"status": "delivered"}),
    ("unwanted", "how_known", {"how": "guessed"}),
    ("hold", "cause_known", {"cause": "mood"}),
    ("access_log", "action_known", {"action": "glance"}),
    ("access_log", "subject_known", {"subject": "cooperative"}),
    ("erasure", "subject_known", {"subject": "cooperative"}),
    ("erasure", "cause_known", {"cause": "mood"}),
    ("morning_run", "outcome_known", {"outcome": "fair"}),
    ("cohort_text", "language_known", {"language": "both"}),
    ("cohort_text", "replaced_by_somebody", {"replaced_at": NOW}),
]

SAME = [
    ("programme_version", {"content_hash": "other"}),
    ("programme_version", {"version": 2}),
    ("cohort", {}),
    ("cooperative", {"register_court": "Agadir", "register_number": "7/2025"}),
    ("enrolment", {"cooperative_id": 4}),
    ("enrolment", {"code": "X/2"}),
    ("passage", {}),
    ("step", {}),
    ("attendance", {"present": False}),
    ("session_report", {"held": False}),
    ("evaluation", {"on": date(2027, 1, 5)}),
    ("plan_action", {}),
    ("decision", {}),
    ("notice", {"kind": "certificate"}),
    ("person", {"email": None}),
    ("person", {"code": "x2", "email": "x@odco.example"}),
    ("lease", {}),
    ("channel_state", {}),
    ("erasure", {"cause": "retention"}),
    ("morning_run", {"outcome": "failed"}),
    ("holiday_override", {"name": "Aïd"}),
    ("alert", {"about": "M6"}),
    ("hold", {"reason": "another"}),
    ("link", {"purpose": "unwanted"}),
    ("service_copy", {"title": "y"}),
    ("unwanted", {"how": "coordinator"}),
    ("calendar_feed", {"hash": "other"}),
    ("calendar_feed", {"person_id": 2}),
    ("cohort_text", {"subject": "y"}),
]


def furnish(database: Database, *others: str) -> None:
    """Open the world with cooperatives 3 and 4 that are in no cohort, and one row of each of ``others``."""
    open_world(database, cooperatives=2)
    with database.transaction() as session:
        session.add_all([MAKERS["cooperative"](), MAKERS["cooperative"]()])
        session.flush()
        for other in others:
            session.add(MAKERS[other]())
            session.flush()


def needed_by(table: str) -> tuple[str, ...]:
    needs = {
        "attendance": ("step",),
        "session_report": ("step",),
        "decision": ("evaluation",),
        "link": ("notice",),
        "service_copy": ("notice",),
    }
    return needs.get(table, ())


def write(session: Session, row: SQLModel) -> None:
    session.add(row)
    session.flush()


@pytest.mark.parametrize(("table", "check", "values"), REFUSED)
def test_check_refuses(database: Database, table: str, check: str, values: dict[str, Any]) -> None:
    furnish(database, *needed_by(table))
    said = f'CHECK constraint failed: {check}|violates check constraint "{check}"'
    with pytest.raises(IntegrityError, match=said), database.transaction() as session:
        write(session, MAKERS[table](**values))


@pytest.mark.parametrize("table", sorted({table for table, _, _ in REFUSED}))
def test_check_lets_a_right_row_in(database: Database, table: str) -> None:
    furnish(database, *needed_by(table))
    with database.transaction() as session:
        write(session, MAKERS[table]())


def test_every_check_is_tried() -> None:
    known = {
        (table.name, str(constraint.name))
        for table in SQLModel.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert {(table, check) for table, check, _ in REFUSED} == known


@pytest.mark.parametrize(("table", "values"), SAME)
def test_same_thing_twice_is_refused(database: Database, table: str, values: dict[str, Any]) -> None:
    furnish(database, *needed_by(table))
    first = {"register_court": "Agadir", "register_number": "7/2025"} if table == "cooperative" else {}
    first = {"email": "x@odco.example"} if table == "person" else first
    with database.transaction() as session:
        write(session, MAKERS[table](**first))
    with (
        pytest.raises(IntegrityError, match=r"UNIQUE constraint failed|violates unique constraint"),
        database.transaction() as session,
    ):
        write(session, MAKERS[table](**values))


def test_every_unique_key_is_tried() -> None:
    counts = {table.name: keys for table in SQLModel.metadata.tables.values() if (keys := unique_keys(table))}
    tried = {table: sum(name == table for name, _ in SAME) for table, _ in SAME}
    assert tried == counts


def unique_keys(table: Table) -> int:
    """Count a table's unique keys, and a primary key that is not a number of ours."""
    unique = sum(isinstance(constraint, UniqueConstraint) for constraint in table.constraints)
    indexes = sum(bool(index.unique) for index in table.indexes)
    own = table.name != "notice_body" and "id" not in table.primary_key.columns
    return unique + indexes + own


def test_cooperatives_without_a_register_number_are_not_the_same(database: Database) -> None:
    furnish(database)
    with database.transaction() as session:
        write(session, MAKERS["cooperative"](register_court="Agadir"))
        write(session, MAKERS["cooperative"](register_court="Agadir"))


def test_evaluation_of_another_campaign_is_another_one(database: Database) -> None:
    furnish(database, "evaluation")
    with database.transaction() as session:
        write(session, MAKERS["evaluation"](campaign=2))
