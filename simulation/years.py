"""Lives the days of a cohort one after the other: morning, sending, people; nothing is started where nothing is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.morning import next_morning, next_sending, open_cohorts, whole_morning
from actions.programmes import calendar_of, definition_of
from models import Enrolment, Notice
from models.session import Database
from notifications.answers import SilentMailer
from notifications.delivery import deliver
from notifications.ledger import ledger_hash
from notifications.messages import rehearsed
from programme.civil import instant_of
from programme.planning import end_of
from runtime.house import House
from simulation.life import live_day
from simulation.people import People
from simulation.staff import stand_in

MORNING, SENDING, PEOPLE = time(8), time(9), time(15)
AFTERMATH = timedelta(weeks=16)
"""How long after the two years late decisions and their notices are still followed."""


@dataclass
class Years:
    """What was lived: mornings run, things people did, and the ledger's identity at the end."""

    first: date
    last: date
    mornings: int = 0
    deeds: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    hash: str = ""


Work = Callable[[House, datetime], None]
"""A morning or a delivery: by flows in the demo, by plain calls in a simulation."""


def last_day(database: Database, code: str) -> date:
    """Return the day up to which a cohort is lived when none is given."""
    with database.reading() as session:
        cohort = cohort_of(session, code)
        definition = definition_of(session, cohort)
        return end_of(definition, cohort.start_on, calendar_of(session, definition)) + AFTERMATH


def live(
    house: House,
    code: str,
    people: People,
    *,
    until: date | None = None,
    morning: Work,
    delivery: Work,
    progress: Callable[[date], None] = lambda _: None,
) -> Years:
    """Live a cohort from the house's virtual now to ``until``; the clock is moved, nothing is waited for."""
    last = until or last_day(house.database, code)
    years = Years(first=house.clock.today(), last=last)
    day = years.first
    while day <= last:
        _one_day(house, code, people, day, years, morning, delivery)
        progress(day)
        day += timedelta(days=1)
    years.hash = _hash(house)
    return years


def _one_day(house: House, code: str, people: People, day: date, years: Years, morning: Work, delivery: Work) -> None:
    if _is_due(house, day, next_morning):
        years.mornings += 1
        house.clock.move_to(instant_of(day, MORNING))
        morning(house, house.clock.now())
    if _is_due(house, day, next_sending):
        house.clock.move_to(instant_of(day, SENDING))
        delivery(house, house.clock.now())
    house.clock.move_to(instant_of(day, PEOPLE))
    with house.database.transaction() as session:
        years.deeds += live_day(session, cohort_of(session, code), people, now=house.clock.now())


def _is_due(house: House, day: date, following: Callable[[Session], date | None]) -> bool:
    with house.database.reading() as session:
        on = following(session)
    return on is not None and on <= day


def plain_morning(house: House, now: datetime) -> None:
    """Do the morning of every open cohort without Prefect."""
    with house.database.reading() as session:
        cohorts = open_cohorts(session)
    for cohort in cohorts:
        whole_morning(house.database, cohort, now)


def plain_delivery(house: House, now: datetime) -> None:
    """Empty the outbox without Prefect."""
    del now
    deliver(house.post())


def people_the_cohort(house: House, code: str, *, by: str) -> None:
    """Give a simulated cohort the staff it lacks, and enrol its cooperatives that are only selected so far."""
    with house.database.transaction() as session:
        stand_in(session, code, now=house.clock.now())
        cohort = cohort_of(session, code)
        waiting = session.exec(
            select(Enrolment.id).where(Enrolment.cohort_id == cohort.id, Enrolment.status == "selected").limit(1)
        ).first()
        if waiting is not None:
            enrol_cohort(session, code=code, by=by, now=house.clock.now())


def _hash(house: House) -> str:
    with house.database.reading() as session:
        return ledger_hash(session.exec(select(Notice)))


def without_mail(house: House) -> House:
    """Return the house with a mailer that only counts; nothing is held, for nobody would let it go."""
    return replace(house, mailer=SilentMailer(), compose=rehearsed, breaker=False)
