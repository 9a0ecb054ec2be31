"""Who may change an enrolment on a day, and who may still read its past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from models import Enrolment, EnrolmentLine, Person, RoleAssignment, Territory
from programme.people_errors import OutsideTerritory


def held_on(on: date) -> ColumnElement[bool]:
    """Tell, in the database, which roles are held on a day; the last day counts."""
    return and_(
        col(RoleAssignment.starts_on) <= on,
        or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) >= on),
    )


def roles_of(session: Session, person: str, on: date) -> Sequence[RoleAssignment]:
    """Return the roles that somebody (by code) holds on a day."""
    return session.exec(select(RoleAssignment).join(Person).where(Person.code == person, held_on(on))).all()


def holds_role(session: Session, person: str, role: str, on: date, *, delegation: str | None = None) -> bool:
    """Tell whether somebody holds a role on a day; with a delegation, whether it reaches there."""
    roles = [one for one in roles_of(session, person, on) if one.role == role]
    return any(delegation is None or one.delegation in {None, delegation} for one in roles)


def may_change(session: Session, person: str, enrolment: Enrolment | EnrolmentLine, on: date) -> bool:
    """Tell whether somebody may change an enrolment on a day: a role in its delegation, or in the whole country."""
    return any(one.delegation in {None, enrolment.delegation} for one in roles_of(session, person, on))


def may_read(session: Session, person: str, enrolment: Enrolment, on: date, *, about: date | None = None) -> bool:
    """Tell whether somebody may read what happened on the day ``about`` (anything, when not given).

    An earlier delegation reads on, but only up to its last day.
    """
    if may_change(session, person, enrolment, on):
        return True
    past = session.exec(
        select(col(Territory.delegation), col(Territory.ends_on)).where(
            Territory.enrolment_id == enrolment.id, col(Territory.ends_on).is_not(None)
        )
    ).all()
    readable = {delegation for delegation, last in past if last is not None and (about is None or about <= last)}
    return any(one.delegation in readable for one in roles_of(session, person, on))


def refuse_outsider(session: Session, by: str, enrolment: Enrolment | EnrolmentLine, on: date) -> None:
    """Refuse a member of the staff without a role where the enrolment is.

    A name that is nobody's code (the command line, a committee) is taken at its word.
    """
    known = session.exec(select(Person.id).where(Person.code == by)).first()
    if known is not None and not may_change(session, by, enrolment, on):
        raise OutsideTerritory(by=by, delegation=enrolment.delegation, on=on, code=enrolment.code)
