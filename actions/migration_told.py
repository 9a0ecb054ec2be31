"""What people would be told by a migration: found by doing it, enrolment by enrolment, and dropping what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from actions.meetings import invitations
from actions.migrate import migrate_enrolment
from actions.migration_plan import CohortPlan, Plan
from models import Enrolment, Notice, Step
from models.session import Database


@dataclass(frozen=True)
class Told:
    """One message that a migration sends: to whom, of which kind, about which step, and the day that it speaks of."""

    enrolment: str
    recipient: str
    kind: str
    channel: str
    step: str
    on: date

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "enrolment": self.enrolment,
            "recipient": self.recipient,
            "kind": self.kind,
            "channel": self.channel,
            "step": self.step,
            "on": self.on.isoformat(),
        }


def told_by(database: Database, plan: CohortPlan, *, by: str, now: datetime) -> list[Told]:
    """Return what would be sent if a plan were carried out now, by enrolment; nothing is changed.

    Only who was invited to a meeting can be told anything: the others are not rehearsed. What is still
    to be chosen (``--skip``, ``--schedule``) tells nobody, and one that could not be turned tells nothing.
    """
    found: list[Told] = []
    for one in plan.plans:
        if not one.change.undecided and _touches_invited(database, one, now):
            found += _rehearse(database, plan, one, by, now)
    return sorted(found, key=lambda told: (told.enrolment, told.on, told.step, told.recipient))


def _touches_invited(database: Database, plan: Plan, now: datetime) -> bool:
    keys = plan.change.touched | {held.key for held in plan.change.removed}
    with database.reading() as session:
        steps = session.exec(
            select(Step).where(Step.enrolment_id == plan.enrolment.id, Step.status == "open", col(Step.key).in_(keys))
        ).all()
        return bool(invitations(session, plan.enrolment, steps, now=now))


def _rehearse(database: Database, plan: CohortPlan, one: Plan, by: str, now: datetime) -> list[Told]:
    assert one.enrolment.id is not None
    with database.transaction() as session:
        last = session.exec(select(func.max(Notice.id))).one() or 0
        migrate_enrolment(
            session,
            enrolment_id=one.enrolment.id,
            version_id=plan.version_id,
            choices=plan.choices,
            by=by,
            now=now,
        )
        session.flush()
        found = list(_new(session, one.enrolment, last))
        session.rollback()  # it was only to be seen
    return found


def _new(session: Session, enrolment: Enrolment, last: int) -> Iterator[Told]:
    """Yield what was promised to be sent since; the call that a coach makes stands for its notice."""
    rows = session.exec(
        select(Notice, Step.key)
        .join(Step, col(Notice.step_id) == Step.id)
        .where(
            Step.enrolment_id == enrolment.id,
            col(Notice.id) > last,
            Notice.status == "pending",
            Notice.kind != "call",
        )
    )
    for notice, step in rows:
        on = notice.facts.get("on") or notice.facts.get("due_on") or notice.due_on.isoformat()
        yield Told(enrolment.code, notice.recipient, notice.kind, notice.channel, step, date.fromisoformat(on))
