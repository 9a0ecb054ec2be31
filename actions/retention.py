"""Ends the retention of people's data: who took part in what closed years ago becomes a pseudonym (law 09-08).

A cooperative goes whole, in a transaction of its own: its contacts, whoever was at its modules, and what was
written freely about it. Facts, decisions and the ledger stay. Done again, it does nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial

from sqlalchemy import text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, func, or_, select

from actions import history
from actions.lookup import person_named
from actions.person_erase import erase
from actions.pseudonymise import pseudonymise
from actions.subjects import Subject, contact_subject, groups_of, of_cooperative, staff_subject
from actions.traces import table_of
from models import Attendance, CoachAssignment, Decision, Enrolment, Erasure, Person, RoleAssignment
from models.enrolment import KEPT
from models.personal import PERSONAL, holding
from models.session import Database
from models.trouble import is_trouble
from programme.civil import civil_day
from programme.personal import Traces
from programme.retention import is_over, last_kept_no_longer

log = logging.getLogger("mourafaka.retention")

BY = "engine"
CAUSE = "retention"
AT_ONCE = 200
"""Cooperatives of a round: the morning's work is not kept waiting for long."""
STAFF_AT_ONCE = 5
"""Each of the staff is looked for in every row."""
_PSEUDONYM = re.compile(r"X-[ACP]\d+")


@dataclass(frozen=True)
class Due:
    """Whose retention is over: cooperatives with the codes of their enrolments, and members of the staff."""

    cooperatives: dict[int, tuple[str, ...]] = field(default_factory=dict)
    staff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """What a round did: cooperatives and members of the staff, and how many could not be done."""

    cooperatives: int
    staff: int
    failures: int


def due(session: Session, *, today: date, years: int, limit: int = AT_ONCE) -> Due:
    """Return whose retention is over, the longest ago first; nobody of a cooperative that takes part in anything."""
    last = last_kept_no_longer(today, years)
    other = aliased(Enrolment)
    lasting = select(other.id).where(
        other.cooperative_id == Enrolment.cooperative_id, or_(col(other.ended_on).is_(None), col(other.ended_on) > last)
    )
    rows = session.exec(
        select(Enrolment.cooperative_id)
        .where(text(KEPT), col(Enrolment.ended_on) <= last, ~lasting.exists())
        .order_by(col(Enrolment.ended_on), col(Enrolment.id))
        .limit(limit)
    ).all()
    found = {one: _stays(session, one) for one in dict.fromkeys(rows)}
    over = {one: tuple(stays) for one, stays in found.items() if is_over(stays.values(), today, years)}
    return Due(over, tuple(_staff(session, today, years))[:STAFF_AT_ONCE])


def _stays(session: Session, cooperative_id: int) -> dict[str, date | None]:
    rows = select(Enrolment.code, col(Enrolment.ended_on)).where(Enrolment.cooperative_id == cooperative_id)
    return dict(session.exec(rows.order_by(Enrolment.code)).all())


def _staff(session: Session, today: date, years: int) -> Iterator[str]:
    """Yield the codes of those whose roles ended long ago, and who signed nothing that is still kept."""
    gone = select(Erasure.subject_id).where(Erasure.subject == "person")
    ends = col(RoleAssignment.ends_on)
    rows = session.exec(
        select(Person)
        .join(RoleAssignment)
        .where(col(Person.id).not_in(gone))
        .group_by(col(Person.id))
        .having(and_(func.count() == func.count(ends), func.max(ends) <= last_kept_no_longer(today, years)))
        .order_by(col(Person.id))
    )
    for person in rows:
        roles = session.exec(select(ends).where(RoleAssignment.person_id == person.id)).all()
        if is_over(roles, today, years) and not _signed(session, person):
            yield person.code


def _signed(session: Session, person: Person) -> bool:
    """Tell whether somebody followed, or decided on, an enrolment whose people are still known by name."""
    followed = select(CoachAssignment.enrolment_id).where(CoachAssignment.person_id == person.id)
    decided = select(Decision.enrolment_id).where(
        or_(Decision.decided_by == person.code, Decision.second_by == person.code)
    )
    mine = or_(col(Enrolment.id).in_(followed), col(Enrolment.id).in_(decided))
    kept = select(Enrolment.id).where(col(Enrolment.pseudonymised_on).is_(None), mine)
    return session.exec(kept.limit(1)).first() is not None


def end_retention(database: Database, *, now: datetime, years: int, limit: int = AT_ONCE) -> Ended:
    """Pseudonymise those whose retention is over; one who cannot be holds back nobody, and is tried again next time."""
    with database.reading() as session:
        found = due(session, today=civil_day(now), years=years, limit=limit)
    cooperatives = [partial(_end_cooperative, one, years=years, now=now) for one in found.cooperatives]
    staff = [partial(_end_staff, one, now=now) for one in found.staff]
    done = [_is_done(database, work) for work in (*cooperatives, *staff)]
    count = len(cooperatives)
    ended = Ended(sum(done[:count]), sum(done[count:]), done.count(False))
    if done:
        log.info("retention ended", extra={"facts": asdict(ended)})
    return ended


def _is_done(database: Database, work: Callable[[Session], None]) -> bool:
    try:
        with database.transaction() as session:
            work(session)
    except Exception as problem:
        if is_trouble(problem):
            raise
        log.error("retention cannot end", extra={"facts": {"problem": type(problem).__name__}})  # noqa: TRY400 - its words may hold names
        return False
    return True


def _end_cooperative(cooperative_id: int, session: Session, *, years: int, now: datetime) -> None:
    """Have nobody be known in a cooperative's enrolments; not when it was enrolled anew since it was looked at."""
    if not is_over(_stays(session, cooperative_id).values(), civil_day(now), years):
        return
    for rows in groups_of(session, of_cooperative(session, cooperative_id)):
        erase(session, contact_subject(session, rows), cause=CAUSE, by=BY, now=now)
    enrolments = session.exec(select(Enrolment).where(Enrolment.cooperative_id == cooperative_id)).all()
    codes = {one.id: one.code for one in enrolments if one.id is not None}
    for attendee in _attendees(session, cooperative_id, codes):
        pseudonymise(session, attendee, cause=CAUSE, by=BY, now=now)
    _empty(session, [*codes])
    for enrolment in enrolments:
        session.refresh(enrolment)
        enrolment.pseudonymised_on = civil_day(now)
        history.record(session, enrolment, "retention ended", by=BY, now=now)


def _attendees(session: Session, cooperative_id: int, codes: Mapping[int, str]) -> list[Subject]:
    """Return those who were at a module and were no contact: they have a name, and no row of their own."""
    rows = select(Attendance.attendee, func.min(Attendance.id)).where(col(Attendance.enrolment_id).in_(codes))
    names = session.exec(rows.group_by(col(Attendance.attendee)).order_by(func.min(Attendance.id))).all()
    return [
        Subject("contact", (), cooperative_id, codes, Traces(f"X-A{first}", names=frozenset({name})))
        for name, first in names
        if not _PSEUDONYM.fullmatch(name)
    ]


def _empty(session: Session, enrolments: Sequence[int]) -> None:
    """Forget what was written freely: nobody can say whom it names."""
    for name in PERSONAL:
        table, columns = table_of(name), holding(name, "free")
        if columns:
            emptied = update(table).where(table.c.enrolment_id.in_(enrolments))
            session.execute(emptied.values(dict.fromkeys(columns, "")))
    session.flush()


def _end_staff(code: str, session: Session, *, now: datetime) -> None:
    erase(session, staff_subject(session, person_named(session, code)), cause=CAUSE, by=BY, now=now)
