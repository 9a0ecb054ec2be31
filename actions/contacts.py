"""Who answers for a cooperative, from a day to a day: mail goes to the role, and an old address gets nothing more."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from actions import history
from actions.access import refuse_outsider
from actions.handing_over import desks, pass_on, waiting
from actions.lookup import enrolment_named
from actions.people import checked_email, checked_phone, checked_reading
from models import Contact, Enrolment, Erasure
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.people_errors import ContactStartsLater, NoContactThen, NothingSaidOfContact

Said = str | None
"""What is said of a contact: None leaves it as it was, an empty word takes it away."""


def change_contact(
    session: Session,
    *,
    code: str,
    on: date,
    by: str,
    now: datetime,
    name: Said = None,
    email: Said = None,
    phone: Said = None,
    language: Said = None,
    reason: str = "",
) -> Contact:
    """Have somebody (or another address) answer for a cooperative from a day on; who did, does so until the day before.

    What has not left and would leave from that day on goes to the new contact, and as a call
    when there is no address any more.
    """
    enrolment = _enrolment(session, code, by, now)
    said = _checked(code, name=name, email=email, phone=phone, language=language)
    old = _contact_on(session, enrolment, on) or _last_before(session, enrolment, on)
    if old is None:
        _refuse_earlier(session, enrolment, on)
    values = {**_values(None if _is_erased(session, old) else old), **said}
    for row in _not_over(session, enrolment, on):
        row.ends_on = on - ONE_DAY
    new = Contact(cooperative_id=enrolment.cooperative_id, starts_on=on, **values)
    new.bad_address_at = old.bad_address_at if old is not None and new.email == old.email else None
    session.add(new)
    session.flush()
    _write_down(session, enrolment, "contact changed", old, new, on=on, by=by, now=now, why=reason)
    _renew(session, enrolment, on=on, now=now, reason=f"the contact changes on {on}")
    return new


def end_contact(session: Session, *, code: str, on: date, by: str, now: datetime, reason: str = "") -> Contact:
    """Have a contact answer for a cooperative up to a day, and nobody after it: the coach calls instead."""
    enrolment = _enrolment(session, code, by, now)
    old = _contact_on(session, enrolment, on)
    if old is None:
        raise NoContactThen(code=code, on=on)
    for row in _not_over(session, enrolment, on + ONE_DAY):
        row.ends_on = min(on, row.ends_on or on)
    session.flush()
    _write_down(session, enrolment, "contact ended", old, None, on=on, by=by, now=now, why=reason)
    _renew(session, enrolment, on=on + ONE_DAY, now=now, reason=f"the contact ended on {on}")
    return old


def correct_contact(
    session: Session,
    *,
    code: str,
    by: str,
    now: datetime,
    name: Said = None,
    email: Said = None,
    phone: Said = None,
    language: Said = None,
    reason: str = "",
) -> Contact:
    """Set today's contact right where it was written wrongly; a corrected address is written to again."""
    enrolment = _enrolment(session, code, by, now)
    said = _checked(code, name=name, email=email, phone=phone, language=language)
    today = civil_day(now)
    row = _contact_on(session, enrolment, today)
    if row is None:
        raise NoContactThen(code=code, on=today)
    before = Contact(cooperative_id=row.cooperative_id, starts_on=row.starts_on, **_values(row))
    for field, value in said.items():
        setattr(row, field, value)
    if "email" in said:
        row.bad_address_at = None
    session.flush()
    _write_down(session, enrolment, "contact corrected", before, row, on=today, by=by, now=now, why=reason)
    _renew(session, enrolment, on=today, now=now, reason="the contact was corrected")
    return row


def _enrolment(session: Session, code: str, by: str, now: datetime) -> Enrolment:
    enrolment = enrolment_named(session, code)
    refuse_outsider(session, by, enrolment, civil_day(now))
    return enrolment


def _checked(code: str, *, name: Said, email: Said, phone: Said, language: Said) -> dict[str, Any]:
    """Return what was said, written as the programme writes it; what was not said is left out."""
    if name is None and email is None and phone is None and language is None:
        raise NothingSaidOfContact(code=code)
    said: dict[str, Any] = {}
    if name is not None:
        said["name"] = name.strip() or None
    if email is not None:
        said["email"] = checked_email(email)
    if phone is not None:
        said["phone"] = checked_phone(phone)
    if language is not None:
        said["language"] = checked_reading(language)
    return said


def _is_erased(session: Session, contact: Contact | None) -> bool:
    """Tell whether a contact's data have gone: a pseudonym is nobody's name."""
    gone = select(Erasure.id).where(Erasure.subject == "contact", Erasure.subject_id == (contact and contact.id))
    return session.exec(gone).first() is not None


def _values(contact: Contact | None) -> dict[str, Any]:
    fields = ("name", "email", "phone", "language")
    return {} if contact is None else {field: getattr(contact, field) for field in fields}


def _contact_on(session: Session, enrolment: Enrolment, on: date) -> Contact | None:
    return session.exec(
        select(Contact)
        .where(
            Contact.cooperative_id == enrolment.cooperative_id,
            Contact.starts_on <= on,
            or_(col(Contact.ends_on).is_(None), col(Contact.ends_on) >= on),
        )
        .order_by(col(Contact.starts_on).desc(), col(Contact.id).desc())
    ).first()


def _last_before(session: Session, enrolment: Enrolment, on: date) -> Contact | None:
    """Return the last contact that ended before a day: where nobody answers now, the rest is still known of them."""
    return session.exec(
        select(Contact)
        .where(
            Contact.cooperative_id == enrolment.cooperative_id,
            col(Contact.ends_on) < on,
            col(Contact.ends_on) >= Contact.starts_on,
        )
        .order_by(col(Contact.ends_on).desc(), col(Contact.id).desc())
    ).first()


def _refuse_earlier(session: Session, enrolment: Enrolment, on: date) -> None:
    first = session.exec(
        select(Contact).where(Contact.cooperative_id == enrolment.cooperative_id).order_by(col(Contact.starts_on))
    ).first()
    if first is not None and first.starts_on > on:
        raise ContactStartsLater(code=enrolment.code, starts_on=first.starts_on, on=on)


def _not_over(session: Session, enrolment: Enrolment, on: date) -> list[Contact]:
    """Return the contacts that answer on a day or from a later one on."""
    ends_on = col(Contact.ends_on)
    rows = session.exec(
        select(Contact).where(
            Contact.cooperative_id == enrolment.cooperative_id,
            or_(ends_on.is_(None), and_(ends_on >= on, ends_on >= Contact.starts_on)),
        )
    )
    return list(rows)


def _write_down(
    session: Session,
    enrolment: Enrolment,
    verb: str,
    old: Contact | None,
    new: Contact | None,
    *,
    on: date,
    by: str,
    now: datetime,
    why: str,
) -> None:
    detail: dict[str, Any] = {"before": _values(old), "after": _values(new), "on": on.isoformat()}
    history.record(session, enrolment, verb, by=by, now=now, why=why.strip(), **detail)


def _renew(session: Session, enrolment: Enrolment, *, on: date, now: datetime, reason: str) -> None:
    """Promise anew, in the same rows, what the cooperative is still to hear from that day on, in every cohort."""
    enrolments = session.exec(select(Enrolment).where(Enrolment.cooperative_id == enrolment.cooperative_id)).all()
    for desk, cohort, some in desks(session, enrolments, on, now):
        promised = waiting(desk, some, [f"cooperative:{one.code}" for one in some], since=on)
        pass_on(desk, cohort, promised, on=on, reason=reason)
