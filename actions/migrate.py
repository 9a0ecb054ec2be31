"""Takes the enrolments of a cohort to another version: each in a transaction of its own, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from actions import history
from actions.held_back import named, reason_of
from actions.migration_plan import MOVABLE, VERB, CohortPlan, Plan, plan_cohort, plan_of
from actions.migration_turn import Turning
from models import Cohort, Enrolment, ProgrammeVersion
from models.session import Database
from models.trouble import is_trouble
from programme.dates_errors import PlanChanged
from programme.migration import Choice
from programme.migration_errors import ChoiceMissing


@dataclass
class Turned:
    """Whose enrolments were taken to the version, in order, and which (by their row) could not be and why."""

    codes: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


def migrate_cohort(
    database: Database,
    *,
    cohort: str,
    approve: str,
    by: str,
    now: datetime,
    to: int | None = None,
    choices: Mapping[str, Choice] | None = None,
) -> Turned:
    """Carry out the plan that was approved, one enrolment after the other; its cohort follows when nobody is left.

    Refused when the plan is another one by now. After a crash the same call takes up what is left:
    those that are on the version already are passed over. One that fails holds back nobody.
    """
    with database.reading() as session:
        plan = plan_cohort(session, cohort=cohort, now=now, to=to, choices=choices)
    refuse_unapproved(plan, approve)
    ids = [one.enrolment.id for one in plan.plans if one.enrolment.id is not None]
    turned = migrate_some(database, ids, version_id=plan.version_id, choices=plan.choices, by=by, now=now)
    if not turned.failures:
        with database.transaction() as session:
            follow(session, cohort=cohort, version_id=plan.version_id)
    return turned


def refuse_unapproved(plan: CohortPlan, approve: str) -> None:
    """Refuse a plan with open questions, and one that is not the one that was looked at."""
    if plan.undecided:
        raise ChoiceMissing(what=", ".join(plan.undecided))
    if approve != plan.digest:
        raise PlanChanged(approved=approve, digest=plan.digest)


def migrate_some(
    database: Database,
    ids: Iterable[int],
    *,
    version_id: int,
    choices: Mapping[str, Choice],
    by: str,
    now: datetime,
) -> Turned:
    """Take these enrolments to a version one by one; a database that is away or busy is nobody's fault, and raised."""
    turned = Turned()
    for one in ids:
        try:
            with database.transaction() as session:
                done = migrate_enrolment(
                    session, enrolment_id=one, version_id=version_id, choices=choices, by=by, now=now
                )
        except Exception as problem:
            if is_trouble(problem):
                raise
            # The reason is kept and shown, and the others get their turn.
            with database.reading() as session:
                turned.failures.append((named(session, Enrolment, one), reason_of(problem)))
        else:
            turned.codes += [done.enrolment.code] if done else []
    return turned


def migrate_enrolment(
    session: Session,
    *,
    enrolment_id: int,
    version_id: int,
    choices: Mapping[str, Choice] | None = None,
    by: str,
    now: datetime,
) -> Plan | None:
    """Take one enrolment to a version; None when it is on it already, or has ended and stays as it is."""
    enrolment = session.get_one(Enrolment, enrolment_id)
    if enrolment.status not in MOVABLE or enrolment.programme_version_id == version_id:
        return None
    plan = plan_of(session, enrolment, session.get_one(ProgrammeVersion, version_id), choices or {}, now=now)
    if plan.change.undecided:
        raise ChoiceMissing(what=", ".join(plan.change.undecided))
    digest = plan.digest
    Turning(session, plan, by, now).carry_out(version_id)
    history.record(
        session,
        enrolment,
        VERB,
        by=by,
        now=now,
        subject=str(plan.turn.after.version),
        why=f"version {plan.turn.before.version} → {plan.turn.after.version} of {plan.turn.after.programme}",
        before=plan.turn.before.version,
        after=plan.turn.after.version,
        digest=digest,
    )
    return plan


def follow(session: Session, *, cohort: str, version_id: int) -> None:
    """Have a cohort's next enrolments, and those that are only selected, begin on the version."""
    row = session.exec(select(Cohort).where(Cohort.code == cohort)).one()
    row.programme_version_id = version_id
    session.execute(
        update(Enrolment)
        .where(col(Enrolment.cohort_id) == row.id, col(Enrolment.status) == "selected")
        .values(programme_version_id=version_id)
    )
