"""How the house stands in figures, for those who watch it from outside: counts and instants, and nothing of anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from actions.health import COPIES_REMEMBERED, ailments
from actions.morning import open_cohorts
from actions.mornings import ROUND, last_of_each, last_round, missed
from models import ChannelState, Cohort, Enrolment, MorningRun, Notice, Passage, ServiceCopy, Step
from models.notice import IN_OUTBOX, TROUBLED
from models.service import COPY_FAILED
from notifications import holds
from programme.civil import civil_day

MOST = 10_000
"""No question reads more rows than this: figures that would be higher stop there."""


@dataclass(frozen=True)
class Outbox:
    """Messages that may leave, that wait for their hour, that are under way; and since when the oldest may leave."""

    ready: int
    later: int
    sending: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class Measures:
    """The figures of one moment. ``due`` waits for a morning, ``late`` is what of it has waited since before today."""

    due: Mapping[str, int]
    late: Mapping[str, int]
    outbox: Outbox
    troubled: Mapping[str, int]
    copies_failed: int
    holds: Mapping[str, int]
    is_paused: bool
    round: MorningRun | None
    finished_at: datetime | None
    cohorts: Mapping[str, MorningRun]
    is_missed: bool
    ailments: int


def measure(session: Session, now: datetime) -> Measures:
    """Return how the house stands; every question is answered by an index, or reads few rows."""
    today = civil_day(now)
    due, late = _work(session, today)
    cohorts = open_cohorts(session)
    state = session.get(ChannelState, holds.MAIL)
    troubled = select(Notice.status, func.count()).where(text(TROUBLED)).group_by(Notice.status)
    return Measures(
        due={one.code: due[one.code] for one in cohorts},
        late={one.code: late[one.code] for one in cohorts},
        outbox=_outbox(session, now),
        troubled=dict(session.exec(troubled).all()),
        copies_failed=_copies_failed(session, now),
        holds=Counter(one.cause for one in holds.open_holds(session)),
        is_paused=state is not None and state.paused_until is not None and state.paused_until > now,
        round=last_round(session, today),
        finished_at=_last_finished(session, today),
        cohorts=last_of_each(session, cohorts, today),
        is_missed=missed(session, now) is not None,
        ailments=len(ailments(session, now)),
    )


def _work(session: Session, today: date) -> tuple[Counter[str], Counter[str]]:
    """Count what waits for a morning in each cohort, and what of it should have been done before today."""
    lives = Enrolment.status == "active"
    watched = col(Enrolment.status).in_(("active", "suspended"))
    due, late = Counter[str](), Counter[str]()
    for query in (
        _waiting(today, Step.remind_on, Step, lives, Step.status == "open"),
        _waiting(today, Passage.wake_on, Passage, lives),
        _waiting(today, Enrolment.watch_on, Enrolment, watched),
    ):
        for code, day in session.exec(query):
            due[code] += 1
            late[code] += day < today
    return due, late


def _waiting(today: date, day: Any, table: Any, *held: Any) -> Any:
    """Ask for the cohort and the day of each row of a table whose day has come."""
    query: Any = select(Cohort.code, day).select_from(table)
    homes = query if table is Enrolment else query.join(Enrolment)
    followed = homes.join(Cohort, col(Enrolment.cohort_id) == Cohort.id)
    return followed.where(day <= today, Cohort.status == "open", *held).limit(MOST)


def _outbox(session: Session, now: datetime) -> Outbox:
    on_the_way = select(Notice.status).where(text(IN_OUTBOX))
    ready = Counter(session.exec(on_the_way.where(Notice.send_at <= now).limit(MOST)))
    later = on_the_way.where(Notice.send_at > now).limit(MOST).subquery()
    oldest = select(Notice.send_at).where(text(IN_OUTBOX), Notice.status == "pending", Notice.send_at <= now)
    return Outbox(
        ready=ready["pending"],
        later=session.exec(select(func.count()).select_from(later)).one(),
        sending=ready["sending"],
        oldest_at=session.exec(oldest.order_by(col(Notice.send_at)).limit(1)).first(),
    )


def _copies_failed(session: Session, now: datetime) -> int:
    lately = col(ServiceCopy.settled_at) >= now - COPIES_REMEMBERED
    return session.exec(select(func.count()).select_from(ServiceCopy).where(COPY_FAILED, lately)).one()


def _last_finished(session: Session, today: date) -> datetime | None:
    """Return when the last whole round ended; of a day with several, the first of them."""
    rounds = select(MorningRun.finished_at).where(MorningRun.name == ROUND, MorningRun.day <= today)
    whole = rounds.where(col(MorningRun.finished_at).is_not(None)).order_by(col(MorningRun.day).desc())
    return session.exec(whole.limit(1)).first()


def sent_between(session: Session, after: datetime | None, until: datetime | None) -> int:
    """Count the notices that were told in ``(after, until]``, from the first on or up to the last when not given."""
    told = select(func.count()).select_from(Notice).where(col(Notice.sent_at).is_not(None))
    if after is not None:
        told = told.where(col(Notice.sent_at) > after)
    if until is not None:
        told = told.where(col(Notice.sent_at) <= until)
    return session.exec(told).one()
