"""Finds what a person names (an enrolment, a step, somebody's code), or refuses in one sentence."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from actions.stored_words import OF_ENROLMENTS, OF_STEPS, word_of
from models import Cohort, Enrolment, EnrolmentLine, Person, Step, Suspension
from programme.errors import DateInFuture, EnrolmentNotActive, EnrolmentUnknown, PersonUnknown, StepClosed, StepUnknown
from programme.pausing_errors import EnrolmentSuspended


def enrolment_named(session: Session, code: str, *, to_change: bool = False) -> Enrolment:
    """Return an enrolment by its code; refused when it is not active and about to be changed.

    Of a suspended one the refusal says so: it is resumed first.
    """
    enrolment = session.exec(select(Enrolment).where(Enrolment.code == code)).first()
    if enrolment is None:
        raise EnrolmentUnknown(code=code)
    pause = suspension_of(session, enrolment) if to_change else None
    if pause is not None:
        raise EnrolmentSuspended(code=code, on=pause.from_on)
    if to_change and enrolment.status != "active":
        raise EnrolmentNotActive(code=code, status=word_of(OF_ENROLMENTS, enrolment.status))
    return enrolment


def suspension_of(session: Session, enrolment: Enrolment | EnrolmentLine) -> Suspension | None:
    """Return the pause that an enrolment is in now."""
    if enrolment.status != "suspended":
        return None
    return session.exec(
        select(Suspension).where(Suspension.enrolment_id == enrolment.id, col(Suspension.until_on).is_(None))
    ).first()


def cohort_of_enrolment(session: Session, enrolment: Enrolment) -> Cohort:
    """Return the cohort of an enrolment."""
    return session.get_one(Cohort, enrolment.cohort_id)


def open_step(session: Session, enrolment: Enrolment, key: str) -> Step:
    """Return an open step by its key, such as diagnosis.visit."""
    step = session.exec(select(Step).where(Step.enrolment_id == enrolment.id, Step.key == key)).first()
    if step is None:
        raise StepUnknown(code=enrolment.code, step=key, example=_example(session, enrolment))
    if step.status != "open":
        raise StepClosed(code=enrolment.code, step=key, status=word_of(OF_STEPS, step.status), on=step.done_on)
    return step


def _example(session: Session, enrolment: Enrolment) -> str:
    row = session.exec(
        select(Step.key)
        .where(Step.enrolment_id == enrolment.id, Step.status == "open")
        .order_by(col(Step.due_on), col(Step.id))
    ).first()
    return row or "-"


def person_named(session: Session, code: str) -> Person:
    """Return one of the staff by their code."""
    person = session.exec(select(Person).where(Person.code == code)).first()
    if person is None:
        raise PersonUnknown(code=code)
    return person


def refuse_future(on: date, today: date) -> None:
    """Refuse a fact that is dated after today."""
    if on > today:
        raise DateInFuture(on=on)
