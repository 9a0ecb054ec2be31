"""Erases a person's data at their word: shown first, refused while the programme still needs them to reach somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from actions import access_log, history
from actions.ends import LIVING
from actions.pseudonymise import pseudonymise
from actions.stored_words import OF_ENROLMENTS, word_of
from actions.subjects import Subject, subjects_at
from actions.traces import Trace, traces_of
from models import CoachAssignment, Cohort, Contact, Enrolment, Person, RoleAssignment
from programme.civil import civil_day
from programme.counts import cooperatives
from programme.intake_text import fold
from programme.personal import Erasing, Gone
from programme.personal_errors import (
    ErasureChanged,
    MessageLeaving,
    NamedInText,
    NobodyHasAddress,
    StillContact,
    StillFollows,
    StillOnStaff,
)


def erase_person(
    session: Session, *, email: str, by: str, now: datetime, name: str | None = None, approve: str | None = None
) -> Erasing:
    """Return what erasing the people with an address does; it is done when that very thing is approved.

    ``name`` chooses one of several who had the address.
    """
    subjects = _chosen(session, email, name)
    access_log.refuse_others(session, by, subjects, now)
    gone = []
    for subject in subjects:
        traces = traces_of(session, subject)
        _refuse_needed(session, subject, traces, civil_day(now))
        gone.append(_shown(subject, traces))
    erasing = Erasing(tuple(gone))
    if approve is None:
        return erasing
    if approve != erasing.digest:
        raise ErasureChanged(approved=approve, digest=erasing.digest)
    for subject in subjects:
        erase(session, subject, cause="asked", by=by, now=now)
    return erasing


def erase(session: Session, subject: Subject, *, cause: str, by: str, now: datetime) -> None:
    """Have a person's data go; the history of their cooperative says that it happened, and the log who asked for it."""
    rows = pseudonymise(session, subject, cause=cause, by=by, now=now)
    access_log.log(session, "erase", subject, by=by, now=now, rows=rows)
    for enrolment in session.exec(select(Enrolment).where(col(Enrolment.id).in_(subject.enrolments))):
        history.record(session, enrolment, "data erased", by=by, now=now, subject=subject.pseudonym, why=cause)


def _chosen(session: Session, email: str, name: str | None) -> list[Subject]:
    found = subjects_at(session, email)
    if name is not None:
        found = [one for one in found if fold(name) in {fold(known) for known in one.traces.names}]
    if not found:
        raise NobodyHasAddress(email=f"{email} ({name})")
    return found


def _shown(subject: Subject, traces: Sequence[Trace]) -> Gone:
    own = [one for one in traces if one.table == "notice" and one.is_own and one.values["status"] == "pending"]
    rows = Counter(one.table for one in traces if one.columns)
    return Gone(
        subject.kind, subject.pseudonym, tuple(subject.enrolments.values()), dict(sorted(rows.items())), len(own)
    )


def _refuse_needed(session: Session, subject: Subject, traces: Sequence[Trace], today: date) -> None:
    if subject.kind == "contact":
        _refuse_contact(session, subject, today)
    else:
        _refuse_staff(session, session.get_one(Person, subject.ids[0]), today)
    for trace in traces:
        _refuse_leaving(trace)
        if trace.table == "cohort_text" and trace.values["replaced_at"] is None:
            cohort = session.get_one(Cohort, trace.values["cohort_id"])
            raise NamedInText(cohort=cohort.code, kind=trace.values["kind"])


def _refuse_contact(session: Session, subject: Subject, today: date) -> None:
    answers = select(Contact.id).where(col(Contact.id).in_(subject.ids), _lasts(Contact, today))
    living = col(Enrolment.id).in_(subject.enrolments), col(Enrolment.status).in_(LIVING)
    enrolment = session.exec(select(Enrolment).where(*living).order_by(Enrolment.code)).first()
    if enrolment is not None and session.exec(answers).first() is not None:
        raise StillContact(code=enrolment.code, status=word_of(OF_ENROLMENTS, enrolment.status))


def _refuse_staff(session: Session, person: Person, today: date) -> None:
    follows = select(CoachAssignment).where(CoachAssignment.person_id == person.id, _lasts(CoachAssignment, today))
    count = len(session.exec(follows).all())
    if count:
        raise StillFollows(code=person.code, cooperatives=cooperatives(count))
    roles = select(RoleAssignment).where(RoleAssignment.person_id == person.id, _lasts(RoleAssignment, today))
    role = session.exec(roles.order_by(col(RoleAssignment.id))).first()
    if role is not None:
        raise StillOnStaff(code=person.code, role=role.role)


def _lasts(table: type[Contact | CoachAssignment | RoleAssignment], today: date) -> ColumnElement[bool]:
    """Tell, in the database, what lasts today or begins later."""
    return or_(col(table.ends_on).is_(None), col(table.ends_on) >= today)


def _refuse_leaving(trace: Trace) -> None:
    """Refuse while a message that may be at the mail server speaks of them: it is repeated byte for byte, or told."""
    values = trace.values
    if trace.table == "notice" and (
        values["status"] == "sending" or (values["status"] == "pending" and values["doubts"])
    ):
        raise MessageLeaving(key=values["key"])
