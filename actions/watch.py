"""Sets the day on which a morning looks again whether somebody should be alerted about an enrolment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from actions.lookup import suspension_of
from actions.programmes import definition_of
from models import Alert, Enrolment, History, Step, Suspension
from programme.alerts import Finding, Known, Missed, Proposal, findings, next_look
from programme.civil import civil_day
from programme.definition import MEETINGS, Definition

CONTACTS = MEETINGS | {"call"}
"""Kinds of step that, done, are a contact with the cooperative."""
ADMISSIONS = ("enrolled", "reinstated")
"""Verbs of the history after which silence is counted anew: one may be enrolled long after its cohort's start."""
WATCHED = CONTACTS | {"evaluation"}
"""Kinds of step whose closing changes what alerts look at."""


def watch(session: Session, enrolment: Enrolment) -> None:
    """Look at what is recorded, and set the next day on which something may be amiss; none once it has ended."""
    session.flush()
    look_on = None
    if enrolment.status in {"active", "suspended"}:
        look_on = next_look(found(session, enrolment), told(session, enrolment))
    if look_on != enrolment.watch_on:
        # Only a hint for mornings: two people who record facts at once do not exclude each other by it.
        session.execute(update(Enrolment).where(col(Enrolment.id) == enrolment.id).values(watch_on=look_on))


def found(session: Session, enrolment: Enrolment) -> list[Finding]:
    """Return what is amiss with an enrolment, or will be."""
    definition = definition_of(session, enrolment)
    return findings(_known(session, enrolment, definition), definition.alerts)


def told(session: Session, enrolment: Enrolment) -> set[tuple[str, str]]:
    """Return what somebody was told of."""
    return set(session.exec(select(Alert.kind, Alert.about).where(Alert.enrolment_id == enrolment.id)).all())


def _known(session: Session, enrolment: Enrolment, definition: Definition) -> Known:
    pause = suspension_of(session, enrolment)
    steps = session.exec(
        select(Step).where(
            Step.enrolment_id == enrolment.id,
            col(Step.kind).in_(WATCHED),
            col(Step.status).in_(("open", "done", "missed")),
        )
    ).all()
    return Known(
        in_touch_on=max(_contacts(session, enrolment, steps)),
        suspended_on=pause.from_on if pause else None,
        sessions=tuple(
            Missed(step.key, step.done_on, step.status == "done")
            for step in steps
            if step.kind == "session" and step.done_on is not None
        ),
        windows=windows(definition, steps),
    )


def _contacts(session: Session, enrolment: Enrolment, steps: Iterable[Step]) -> list[date]:
    """Return the days from which silence is counted: contacts, the start, a (re)admission, a resumption, an answer."""
    days: list[date | None] = [enrolment.start_on or date.min]
    days += [step.done_on for step in steps if step.status == "done" and step.kind in CONTACTS]
    admitted = session.exec(
        select(History.at).where(History.enrolment_id == enrolment.id, col(History.verb).in_(ADMISSIONS))
    )
    days += [civil_day(at) for at in admitted]
    pauses = session.exec(select(Suspension).where(Suspension.enrolment_id == enrolment.id))
    days += [pause.until_on for pause in pauses]
    dismissed = session.exec(
        select(Alert).where(Alert.enrolment_id == enrolment.id, Alert.kind == "no_contact", Alert.status == "dismissed")
    )
    days += [alert.closed_on for alert in dismissed]
    return [day for day in days if day is not None]


def windows(definition: Definition, steps: Iterable[Step]) -> tuple[tuple[str, date], ...]:
    """Return the last day of the window of each checkpoint that is not evaluated yet."""
    opened = {step.rule: step.due_on for step in steps if step.kind == "evaluation" and step.status == "open"}
    return tuple(
        (rule.key, opened[key] + timedelta(weeks=rule.weeks_after))
        for rule in definition.checkpoints
        if (key := f"{rule.stage}.{rule.key}-evaluation") in opened
    )


def first_watch(definition: Definition, since: date, steps: Iterable[Step]) -> date | None:
    """Return the first day on which something may be amiss with a plan on which nothing is recorded yet."""
    known = Known(in_touch_on=since, windows=windows(definition, steps))
    return next_look(findings(known, definition.alerts), ())


def settle_alerts(
    session: Session, enrolment: Enrolment, proposal: Proposal | None, *, by: str, why: str, now: datetime
) -> None:
    """Close the open alerts of an enrolment: accepted when they proposed what has come, else they are past."""
    rows = session.exec(select(Alert).where(Alert.enrolment_id == enrolment.id, Alert.status == "open")).all()
    for alert in rows:
        alert.status = "accepted" if proposal is not None and alert.proposal == proposal else "dismissed"
        alert.closed_on, alert.closed_by, alert.reason = civil_day(now), by, why
        session.add(alert)
