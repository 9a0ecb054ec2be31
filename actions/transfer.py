"""Moves an enrolment to another delegation: the new one edits the future, the old one reads the past."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.access import holds_role, refuse_outsider
from actions.coaches import coach_on, follow
from actions.handing_over import desks, pass_on, refresh, waiting
from actions.lookup import enrolment_named
from actions.people import checked_delegation
from actions.tell import tell
from models import Cohort, Enrolment, Person, Territory
from notifications.promises import Desk, Word
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.people_errors import TransferAhead, TransferredAlready, TransferTooEarly

STAFF = ("coordinator", "delegate")


def transfer(
    session: Session, *, code: str, delegation: str, on: date, by: str, now: datetime, reason: str = ""
) -> Enrolment:
    """Have another delegation follow an enrolment from a day on: today, or an earlier one that is told late.

    Its coach stays when they work there too; else the new coordinator is told to assign one.
    What the old coordinator and delegate were still to hear goes to the new ones.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    old = enrolment.delegation
    _refuse(session, enrolment, checked_delegation(delegation), on, civil_day(now))
    recipients = _staff_of(session, enrolment, on, now)
    _move(session, enrolment, delegation, on)
    detail = {"before": old, "after": delegation, "on": on.isoformat()}
    history.record(session, enrolment, "transferred", by=by, now=now, subject=delegation, why=reason.strip(), **detail)
    gone = _let_go(session, enrolment, on=max(on, civil_day(now)), by=by, now=now)
    session.flush()
    why = f"transferred to {delegation} on {on}"
    for desk, cohort, some in desks(session, [enrolment], on, now):
        notices = waiting(desk, some, recipients + ([f"coach:{gone.code}"] if gone else []), since=on)
        pass_on(desk, cohort, notices, on=on, reason=why)
        refresh(desk, some, since=on)
        _tell_coordinator(desk, cohort, enrolment, old, on, by=by)
    return enrolment


def _refuse(session: Session, enrolment: Enrolment, delegation: str, on: date, today: date) -> None:
    if delegation == enrolment.delegation:
        raise TransferredAlready(code=enrolment.code, delegation=delegation)
    if on > today:
        raise TransferAhead(on=on, today=today)
    present = _present(session, enrolment)
    since = present.starts_on if present is not None else enrolment.start_on
    if since is not None and present is not None and on <= since:
        raise TransferTooEarly(code=enrolment.code, delegation=enrolment.delegation, since=since, on=on)


def _present(session: Session, enrolment: Enrolment) -> Territory | None:
    return session.exec(
        select(Territory).where(Territory.enrolment_id == enrolment.id, col(Territory.ends_on).is_(None))
    ).first()


def _staff_of(session: Session, enrolment: Enrolment, on: date, now: datetime) -> list[str]:
    """Return who heard of the enrolment as coordinator and as delegate until now."""
    [(desk, _, _)] = desks(session, [enrolment], on, now)
    found = [desk.people.find(role, enrolment) for role in STAFF]
    return [one.code for one in found if one is not None]


def _move(session: Session, enrolment: Enrolment, delegation: str, on: date) -> None:
    """Write the new delegation down; the first transfer also writes down where the enrolment was from its start."""
    assert enrolment.id is not None
    present = _present(session, enrolment)
    if present is None:
        begun = min(enrolment.start_on or on, on - ONE_DAY)
        present = Territory(enrolment_id=enrolment.id, delegation=enrolment.delegation, starts_on=begun)
    present.ends_on = on - ONE_DAY
    session.add(present)
    session.add(Territory(enrolment_id=enrolment.id, delegation=delegation, starts_on=on))
    enrolment.delegation = delegation


def _let_go(session: Session, enrolment: Enrolment, *, on: date, by: str, now: datetime) -> Person | None:
    """End what a coach follows who does not work in the new delegation; return them."""
    coach = coach_on(session, enrolment, on)
    if coach is None or holds_role(session, coach.code, "coach", on, delegation=enrolment.delegation):
        return None
    why = f"{coach.code} does not work in {enrolment.delegation}"
    follow(session, enrolment, None, on=on, by=by, now=now, why=why)
    return coach


def _tell_coordinator(desk: Desk, cohort: Cohort, enrolment: Enrolment, old: str, on: date, *, by: str) -> None:
    """Tell the new coordinator, who is to assign a coach where nobody follows; not of their own transfer otherwise."""
    to, coach = desk.people.find("coordinator", enrolment), desk.people.find("coach", enrolment)
    has_coach = coach is not None and coach.role == "coach"
    if to is None or (has_coach and to.code == f"coordinator:{by}"):
        return
    contact = desk.people.find("cooperative", enrolment)
    facts = {
        "title": _title(old, has_coach=has_coach),
        "due_on": on.isoformat(),
        "days": None,
        "cooperative_phone": contact.phone if contact else None,
    }
    tell(desk, [Word("handover", enrolment, to, desk.today, facts, mark=f"@{on.isoformat()}")], cohort)


def _title(old: str, *, has_coach: bool) -> dict[str, str]:
    if has_coach:
        return {"fr": f"Coopérative transférée depuis {old}", "ar": f"تعاونية محولة من {old}"}
    return {
        "fr": f"Coopérative transférée depuis {old} : désigner un accompagnateur",
        "ar": f"تعاونية محولة من {old}: المطلوب تعيين مواكب",
    }
