"""Puts a pseudonym in a person's place wherever they left traces; rows stay, and so do the numbers made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from actions.handing_over import desks, refresh
from actions.programmes import definition_of
from actions.subjects import Subject
from actions.traces import Trace, key_of, table_of, traces_of
from models import CalendarFeed, Cohort, Enrolment, Erasure, Link, Notice, NoticeBody
from models.notice import UNSETTLED
from models.personal import PERSONAL
from notifications.fenced import forget_left
from programme.civil import civil_day

ERASED = "the addressee's data were erased"
"""Why a promise to somebody whose data have gone does not leave."""
TO_CALL = ("contact_name", "contact_phone", "owner_name")
"""Facts that say whom to call: nobody rather than a pseudonym."""


def pseudonymise(session: Session, subject: Subject, *, cause: str, by: str, now: datetime) -> int:
    """Replace a person's traces, take back what was still promised to them, and keep an account that names nobody.

    Returns in how many rows.
    """
    forget_left(session.connection())  # a sender drops them a moment later, one that was killed never
    _settle(session, subject, traces_of(session, subject), now)
    traces = traces_of(session, subject)
    for trace in traces:
        _replace(session, subject, trace)
    _revoke(session, subject, traces, now)
    session.add_all(
        Erasure(subject=subject.kind, subject_id=one, pseudonym=subject.pseudonym, cause=cause, by=by, at=now)
        for one in subject.ids
    )
    session.flush()
    session.expire_all()  # what was read before would bring the old values back
    return len(traces)


def _replace(session: Session, subject: Subject, trace: Trace) -> None:
    values = {name: _value(subject, trace, name) for name in trace.columns}
    if trace.table == subject.kind:
        values["bad_address_at"] = None
    if values:
        session.execute(update(table_of(trace.table)).where(key_of(trace)).values(values))


def _value(subject: Subject, trace: Trace, column: str) -> Any:
    """Return what a column holds from now on."""
    held, value = PERSONAL[trace.table][column], trace.values[column]
    if held in {"name", "code"}:
        return subject.pseudonym
    return None if held in {"email", "phone"} else subject.traces.replace_in(value)


def _settle(session: Session, subject: Subject, traces: Sequence[Trace], now: datetime) -> None:
    """Take back what was promised to them; what others are still to hear names the people of the day instead."""
    waiting = [one for one in traces if one.table == "notice" and one.values["status"] in UNSETTLED]
    _thaw(session, waiting)
    mine = [one.values["id"] for one in waiting if one.is_own]
    taken = {"status": "cancelled", "reason": ERASED, "settled_at": now, "digest_id": None}
    session.execute(update(Notice).where(col(Notice.id).in_(mine)).values(**taken))
    others = [one.values for one in waiting if not one.is_own]
    about = select(Enrolment).where(col(Enrolment.id).in_({one["enrolment_id"] for one in others}))
    for desk, _, some in desks(session, session.exec(about).all(), civil_day(now), now):
        refresh(desk, some, since=desk.today)
    for notice in session.exec(select(Notice).where(col(Notice.id).in_([one["id"] for one in others]))):
        _name_nobody(session, subject, notice)
    session.flush()


def _thaw(session: Session, waiting: Sequence[Trace]) -> None:
    """Forget frozen bytes that have certainly not left; they are made anew."""
    ids = {one.values["id"] for one in waiting} | {one.values["digest_id"] for one in waiting}
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids)))
    session.execute(
        update(Notice).where(col(Notice.id).in_(ids), col(Notice.status) == "pending").values(body_digest=None)
    )


def _name_nobody(session: Session, subject: Subject, notice: Notice) -> None:
    """Have a message to somebody else name nobody where it would have named who has gone."""
    for name in TO_CALL:
        if subject.traces.is_in(notice.facts.get(name)):
            notice.facts[name] = None
    if subject.traces.is_in(notice.facts.get("privacy_contact")):
        cohort = session.get_one(Cohort, notice.cohort_id)
        notice.facts["privacy_contact"] = definition_of(session, cohort).privacy_contact


def _revoke(session: Session, subject: Subject, traces: Sequence[Trace], now: datetime) -> None:
    """End the links and the calendar that were theirs alone."""
    for table in (Link, CalendarFeed):
        name = str(table.__tablename__)
        ids = [one.values["id"] for one in traces if one.table == name and one.is_own]
        living = col(table.id).in_(ids), col(table.revoked_at).is_(None)
        session.execute(update(table).where(*living).values(revoked_at=now, revoked_by=subject.pseudonym))
