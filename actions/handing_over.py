"""What was promised to somebody and has not left goes to who holds their role now: taken back, and promised anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from itertools import groupby
from typing import TypeVar

from sqlalchemy import and_, delete, or_
from sqlmodel import Session, col, select

from actions.desk import open_desk
from actions.programmes import unreadable
from actions.tell import call_key, close, tell
from actions.withdrawal import take_back
from models import Cohort, Enrolment, Notice, NoticeBody, Step
from models.belonging import of_enrolments
from notifications.promises import Desk, Word
from notifications.recipients import Recipient, directory
from programme.civil import civil_day, instant_of

COMMON = frozenset(
    {"recipient", "cooperative", "cooperative_in", "cohort", "contact_name", "contact_phone", "privacy_contact"}
)
"""The facts that every promise takes anew from the people of its day."""


def desks(
    session: Session, enrolments: Iterable[Enrolment], on: date, now: datetime
) -> Iterator[tuple[Desk, Cohort, list[Enrolment]]]:
    """Yield a desk for each cohort and version of the programme, with the people as they are on a day to come."""

    def home(enrolment: Enrolment) -> tuple[int, int]:
        return enrolment.cohort_id, enrolment.programme_version_id

    for (cohort_id, _), group in groupby(sorted(enrolments, key=home), home):
        some = sorted(group, key=lambda one: one.rank)
        cohort = session.get_one(Cohort, cohort_id)
        desk = open_desk(session, cohort, some, now=now)
        day = max(on, desk.today)
        yield replace(desk, people=directory(session, some, day)), cohort, some


def waiting(desk: Desk, enrolments: Sequence[Enrolment], recipients: Sequence[str], *, since: date) -> list[Notice]:
    """Return what was promised to these recipients and would leave on or after a day (all of it, from a day past on).

    A message of the day that the server put off has not left either: what it tells is still to be passed on.
    """
    put_off = select(Notice.id).where(Notice.channel == "email", Notice.status == "pending", Notice.doubts == 0)
    held = and_(col(Notice.status) == "sending", col(Notice.digest_id).in_(put_off))
    query = select(Notice).where(
        of_enrolments([one.id for one in enrolments]),
        col(Notice.recipient).in_(recipients),
        or_(and_(col(Notice.status) == "pending", col(Notice.doubts) == 0), held),
    )
    if since > desk.today:
        query = query.where(col(Notice.send_at) >= instant_of(since, time(0)))
    return list(desk.session.exec(query.order_by(Notice.key).with_for_update()))


def pass_on(
    desk: Desk, cohort: Cohort, notices: Sequence[Notice], *, on: date, reason: str, role: str | None = None
) -> list[Notice]:
    """Take these promises back with the reason, and make them anew to who holds the role on the desk's day.

    The same recipient (a cooperative whose contact has changed) is promised in the same row; what
    nobody can hear any more stays taken back. Nothing of it leaves before ``on``. ``role`` is whose
    they are where somebody of another role stood in.
    """
    words = _words_again(desk, notices, on, role)
    _take_back(desk, notices, reason)
    return tell(desk, words, cohort)


def _words_again(desk: Desk, notices: Sequence[Notice], on: date, role: str | None) -> list[Word]:
    enrolments = _by_id(desk.session, Enrolment, [one.enrolment_id for one in notices])
    steps = _by_id(desk.session, Step, [one.step_id for one in notices])
    found = [
        _again(desk, one, enrolments[one.enrolment_id or 0], steps.get(one.step_id or 0), on, role)
        for one in notices
        if one.kind != "handover"  # it welcomed somebody who will not come; the next one gets their own
    ]
    return [word for word in found if word is not None]


Row = TypeVar("Row", Enrolment, Step)


def _by_id(session: Session, table: type[Row], ids: Sequence[int | None]) -> dict[int, Row]:
    rows = session.exec(select(table).where(col(table.id).in_(set(ids))))
    return {row.id: row for row in rows if row.id is not None}


def _again(
    desk: Desk, notice: Notice, enrolment: Enrolment, step: Step | None, on: date, role: str | None
) -> Word | None:
    to = desk.people.find(role or notice.recipient.partition(":")[0], enrolment)
    if to is None:
        return None
    if notice.kind == "call" and step is not None:
        step.owner = to.role
    known = COMMON if notice.kind == "call" else COMMON | {"script"}
    facts = {name: value for name, value in notice.facts.items() if name not in known}
    if step is not None and facts.get("owner_name"):
        owner = desk.people.find(step.owner, enrolment)
        facts["owner_name"] = owner.name if owner else None
    due_on = max(notice.due_on, on, desk.today)
    return Word(notice.kind, enrolment, to, due_on, facts, step=step, mark=_mark(notice))


def _mark(notice: Notice) -> str:
    """Return what tells a promise apart from others of its kind, as its key has it."""
    said = notice.key.removesuffix(f"/{notice.recipient}").rpartition("/")[2]
    return said.removeprefix(notice.kind)


def _take_back(desk: Desk, notices: Sequence[Notice], reason: str) -> None:
    """Settle what has not left; the message of the day that was to tell it is made anew without it."""
    _thaw(desk.session, [one.digest_id for one in notices if one.status == "sending"])
    for notice in notices:
        if notice.status == "sent":
            continue
        if notice.channel == "call":
            _close_call(desk, notice, reason)
        notice.status, notice.reason, notice.settled_at, notice.digest_id = "cancelled", reason, desk.now, None
        notice.attempts, notice.code, notice.error, notice.lease_until = 0, None, "", None
    _thaw(desk.session, [one.id for one in notices if one.channel == "email"])
    desk.session.flush()


def _thaw(session: Session, ids: Sequence[int | None]) -> None:
    """Forget frozen bytes that have certainly not left."""
    if not any(ids):
        return
    session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id).in_(ids)))
    for notice in session.exec(select(Notice).where(col(Notice.id).in_(ids))):
        notice.body_digest = None


def _close_call(desk: Desk, notice: Notice, reason: str) -> None:
    """Close the call that was to be made in a notice's place, and take back what tells somebody to make it."""
    enrolment = desk.session.get_one(Enrolment, notice.enrolment_id)
    step = desk.session.exec(
        select(Step).where(
            Step.enrolment_id == enrolment.id, Step.key == call_key(enrolment, notice.key), Step.status == "open"
        )
    ).first()
    if step is not None:
        close(step, "not_required", on=desk.today, by="engine")
        take_back(desk.session, [step.id], reason=reason, now=desk.now)


def refresh(desk: Desk, enrolments: Sequence[Enrolment], *, since: date) -> None:
    """Have what the cooperatives are still to read name the people of the day: whom to call, whom to ask."""
    recipients = [f"cooperative:{one.code}" for one in enrolments]
    by_id = {one.id: one for one in enrolments}
    fresh = [one for one in waiting(desk, enrolments, recipients, since=since) if one.channel == "email"]
    _thaw(desk.session, [one.id for one in fresh if one.body_digest])
    for notice in fresh:
        enrolment = by_id[notice.enrolment_id]
        coach, coordinator = desk.people.find("coach", enrolment), desk.people.find("coordinator", enrolment)
        notice.facts.update(_to_call(coach), privacy_contact=_to_ask(desk, coordinator))


def _to_call(coach: Recipient | None) -> dict[str, str | None]:
    return {"contact_name": coach.name if coach else None, "contact_phone": coach.phone if coach else None}


def _to_ask(desk: Desk, coordinator: Recipient | None) -> str:
    return (coordinator.email if coordinator else None) or desk.definition.privacy_contact


def redirect(session: Session, notice: Notice, reason: str, now: datetime) -> bool:
    """Pass a message on whose address is nobody's any more, at the moment of sending; False when there is no way.

    A cooperative without an address is called; what a message of the day tells goes to who holds the role.
    """
    told = [notice] if notice.enrolment_id is not None else _children(session, notice)
    ids = {one.enrolment_id for one in told}
    enrolments = session.exec(
        select(Enrolment).where(
            col(Enrolment.id).in_(ids), col(Enrolment.programme_version_id).not_in(unreadable(session))
        )
    ).all()
    today = civil_day(now)
    for desk, cohort, some in desks(session, enrolments, today, now):
        mine = {one.id for one in some}
        pass_on(desk, cohort, [one for one in told if one.enrolment_id in mine], on=today, reason=reason)
    return bool(enrolments)


def _children(session: Session, digest: Notice) -> list[Notice]:
    rows = session.exec(
        select(Notice).where(Notice.digest_id == digest.id, col(Notice.status).in_(("pending", "sending")))
    )
    return list(rows)
