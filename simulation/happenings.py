"""Carries out, with the verbs that real people use, what life brings to a simulated cohort on a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial

from sqlmodel import Session, col, select

from actions.access import holds_role
from actions.coaches import leave
from actions.contacts import change_contact
from actions.ends import end
from actions.pause import resume, suspend
from actions.programmes import calendar_of
from actions.replan import move_step
from models import Cohort, Contact, Enrolment, Person, RoleAssignment
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.errors import Refusal
from simulation import events
from simulation.events import Event
from simulation.people import People
from simulation.staff import DOMAIN

BY = "simulation"
PAUSE = "congé de la présidence (simulation)"
GIVEN_UP = "abandon (simulation)"


def happen(session: Session, cohort: Cohort, people: People, *, now: datetime) -> int:
    """Do what happens on a working day and on the closed ones before it; return how many things that was.

    What a real coordinator would be refused (a pause of an enrolment that has ended) is refused
    here too, and does not happen.
    """
    today = civil_day(now)
    since = calendar_of(session).add_working_days(today, -1) + ONE_DAY
    done = _coaches_leave(session, cohort, people, since, today, now)
    rows = session.exec(
        select(Enrolment)
        .where(
            Enrolment.cohort_id == cohort.id, col(Enrolment.start_on).is_not(None), col(Enrolment.ended_on).is_(None)
        )
        .order_by(col(Enrolment.rank))
    ).all()
    for enrolment in rows:
        for event in _events(people, enrolment.code, enrolment.start_on or cohort.start_on):
            if since <= event.on <= today:
                done += _tried(session, partial(VERBS[event.kind], session, enrolment, now))
    return done


@lru_cache(maxsize=10_000)
def _events(people: People, code: str, start_on: date) -> list[Event]:
    return events.of_cooperative(people, code, start_on)


def _tried(session: Session, work: Callable[[], object]) -> int:
    try:
        with session.begin_nested():
            work()
    except Refusal:
        return 0
    return 1


def _pause(session: Session, enrolment: Enrolment, now: datetime) -> None:
    suspend(session, code=enrolment.code, reason=PAUSE, by=BY, now=now)


def _resume(session: Session, enrolment: Enrolment, now: datetime) -> None:
    resume(session, code=enrolment.code, by=BY, now=now)


def _drop_out(session: Session, enrolment: Enrolment, now: datetime) -> None:
    end(session, code=enrolment.code, how="dropped", reason=GIVEN_UP, by=BY, now=now)


def _new_president(session: Session, enrolment: Enrolment, now: datetime) -> None:
    """Let somebody else answer; a cooperative that had an address gets a new one."""
    known = session.exec(
        select(Contact.email).where(Contact.cooperative_id == enrolment.cooperative_id, col(Contact.ends_on).is_(None))
    ).first()
    name = enrolment.code.lower().replace("/", "-")
    email = f"presidence-2.{name}@{DOMAIN}" if known else None
    change_contact(
        session,
        code=enrolment.code,
        on=civil_day(now),
        by=BY,
        now=now,
        name="Présidence nouvelle (fictif)",
        email=email,
    )


VERBS: Mapping[str, Callable[[Session, Enrolment, datetime], None]] = {
    "pause": _pause,
    "resume": _resume,
    "drop out": _drop_out,
    "president": _new_president,
}


def _coaches_leave(session: Session, cohort: Cohort, people: People, since: date, today: date, now: datetime) -> int:
    """Let the coaches go whose day has come, where somebody is left to follow their cooperatives."""
    done = 0
    for person, delegation in _coaches(session, cohort):
        on = events.coach_leaves_on(people, person.code, cohort.start_on)
        if on is not None and since <= on <= today:
            heirs = _others(session, person, delegation, today)
            if heirs:
                going = partial(leave, coach=person.code, on=today, to=dict.fromkeys(heirs), by=BY, now=now)
                done += _tried(session, partial(going, session))
    return done


def _coaches(session: Session, cohort: Cohort) -> Sequence[tuple[Person, str | None]]:
    places = select(Enrolment.delegation).where(Enrolment.cohort_id == cohort.id)
    rows = session.exec(
        select(Person, RoleAssignment.delegation)
        .join(RoleAssignment)
        .where(RoleAssignment.role == "coach", col(RoleAssignment.delegation).in_(places))
        .order_by(Person.code)
    )
    return rows.all()


def _others(session: Session, person: Person, delegation: str | None, on: date) -> list[str]:
    """Return the coaches of a delegation who stay, also after the day."""
    rows = session.exec(
        select(Person.code)
        .join(RoleAssignment)
        .where(
            RoleAssignment.role == "coach",
            RoleAssignment.delegation == delegation,
            col(RoleAssignment.ends_on).is_(None),
            Person.code != person.code,
        )
        .order_by(Person.code)
    )
    return [code for code in rows if holds_role(session, code, "coach", on)]


def moves_a_visit(session: Session, people: People, code: str, step: str, due_on: date, *, now: datetime) -> int:
    """Move a visit that its coach cannot keep to a later open day; return 1 where it was moved."""
    days = events.moved_by(people, code, step)
    if not days or due_on - civil_day(now) > timedelta(days=events.NOTICE_DAYS):
        return 0
    on = calendar_of(session).on_or_after(due_on + timedelta(days=days))
    return _tried(session, partial(_move, session, code, step, on, now))


def _move(session: Session, code: str, step: str, on: date, now: datetime) -> None:
    shown = move_step(session, code=code, step=step, on=on, by=BY, now=now)
    move_step(session, code=code, step=step, on=on, by=BY, now=now, approve=shown.digest)
