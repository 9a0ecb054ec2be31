"""Keeps what became of each morning, and tells coordinators once when one did not happen: a dead-man's switch.

Who is dead cannot speak: the next round tells, and so does every sending, and `mourafaka health` says it. For
the case that nothing runs at all there is the heartbeat, which an outside service misses (runtime/heartbeat.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from actions.desk import open_desk
from actions.morning import next_morning, open_cohorts
from actions.programmes import calendar_of, unreadable
from models import Cohort, Enrolment, MorningRun, Notice, Person, RoleAssignment
from models.placed import keyed
from models.session import Database
from notifications.digests import gather
from notifications.promises import Desk, send_instant
from notifications.recipients import Recipient, of_person
from notifications.telephone import as_dialled
from programme.calendar import ONE_DAY
from programme.civil import civil_day, wall
from programme.wording import Bilingual

log = logging.getLogger("mourafaka.mornings")

ROUND = "mornings"
"""The name of the round of all cohorts; a cohort's own is its lease's, `morning:SM-2027`."""
BY = time(10)
"""The wall time by which a day's morning is to be done: an hour after messages may leave."""
RECENT = timedelta(days=7)
NOT_DONE = Bilingual(
    fr="Le travail du matin du {first} n’est pas fait à {by} : {tell}",
    ar="عمل صباح {first} لم ينجز إلى حدود الساعة {by}: {tell}",
)
LATE = Bilingual(
    fr="Aucun travail du matin du {first} au {last} : les rappels de ces jours sont en retard",
    ar="لم ينجز أي عمل صباحي من {first} إلى {last}: تذكيرات هذه الأيام متأخرة",
)
BROKEN = Bilingual(
    fr="Le travail du matin du {first} s’est arrêté en route ({cohorts}) : {tell}",
    ar="عمل صباح {first} توقف قبل نهايته ({cohorts}): {tell}",
)
"""What the coordinator reads in the message of the day."""
SOMEBODY = Bilingual(fr="prévenir la personne qui exploite le système", ar="يرجى إخبار المسؤول عن تشغيل النظام")
TO_TELL = Bilingual(fr="prévenir {who}", ar="يرجى إخبار {who}")
TO_CALL = Bilingual(fr="appeler {who}", ar="يرجى الاتصال بـ {who}")


@dataclass(frozen=True)
class Support:
    """Who keeps the system running, as the settings name them: a name, a telephone (E.164), both or neither."""

    name: str | None = None
    phone: str | None = None

    def to_tell(self) -> Bilingual:
        """Return what a coordinator is to do when nothing ran."""
        if not (self.name or self.phone):
            return SOMEBODY
        asked, number = (TO_CALL if self.phone else TO_TELL), as_dialled(self.phone or "")
        known = {
            "fr": [self.name, number],
            "ar": [self.name, number.replace("\u00a0", "")],  # read from the right, the pairs would be turned round
        }
        said = {language: " ".join(filter(None, words)) for language, words in known.items()}
        return Bilingual(fr=asked.fr.format(who=said["fr"]), ar=asked.ar.format(who=said["ar"]))


NOBODY_NAMED = Support()


@dataclass(frozen=True)
class Missed:
    """The days whose morning did not happen, the first and the last; or the cohorts whose own broke off on a day.

    ``since`` is the last day that had one: what a gap is known by, however long it grows.
    """

    first: date
    last: date
    since: date
    cohorts: tuple[str, ...] = ()


def own(cohort: str) -> str:
    """Return the name of a cohort's own morning."""
    return f"morning:{cohort}"


def keep(
    database: Database, name: str, *, began_at: datetime, now: datetime, failures: int, broke: bool = False
) -> None:
    """Write down that a morning has ended; ``broke`` when it did not come to everybody."""
    outcome = "failed" if failures or broke else "done"
    day = civil_day(began_at)
    with database.transaction() as session:
        row = session.get(MorningRun, (name, day)) or MorningRun(
            name=name, day=day, began_at=began_at, ended_at=now, runs=0
        )
        row.began_at, row.ended_at, row.outcome, row.failures = began_at, now, outcome, failures
        row.finished_at = row.finished_at or (None if broke else now)
        row.runs += 1
        session.add(row)
    facts = {"name": name, "day": str(day), "outcome": outcome, "failures": failures, "broke": broke}
    log.log(logging.WARNING if outcome == "failed" else logging.INFO, "morning ended", extra={"facts": facts})


def last_round(session: Session, today: date) -> MorningRun | None:
    """Return the round of the last day that had one; one of a day to come was a rehearsal's, or a wrong clock's."""
    rounds = select(MorningRun).where(MorningRun.name == ROUND, MorningRun.day <= today)
    return session.exec(rounds.order_by(col(MorningRun.day).desc()).limit(1)).first()


def last_of_each(session: Session, cohorts: Sequence[Cohort], today: date) -> Mapping[str, MorningRun]:
    """Return the last morning of each cohort that had one in the last seven days, by its code."""
    names = {own(cohort.code): cohort.code for cohort in cohorts}
    rows = session.exec(
        select(MorningRun)
        .where(col(MorningRun.name).in_(names), MorningRun.day >= today - RECENT, MorningRun.day <= today)
        .order_by(col(MorningRun.day))
    )
    return {names[row.name]: row for row in rows}


def missed(session: Session, now: datetime, *, in_round: bool = False) -> Missed | None:
    """Return what did not happen though something was due; None when all did, or nothing has ever run here.

    A day counts from ten o'clock on, and only where notices may leave on it: a quiet Sunday is no outage. A
    round that begins (``in_round``) asks about the days before: its own is happening.
    """
    today = civil_day(now)
    is_time = wall(now).time() >= BY and not in_round
    last = last_round(session, today)
    if last is None:
        return None
    gap = _gap(session, last.day, today if is_time else today - ONE_DAY)
    if gap or not is_time:
        return Missed(gap[0], gap[-1], last.day) if gap else None
    codes = broken(session, today)
    return Missed(today, today, today, codes) if codes else None


def _gap(session: Session, last: date, until: date) -> list[date]:
    """Return the days after ``last`` on which something waited for a morning, and could have been told."""
    due = next_morning(session) if last < until else None
    if due is None:
        return []
    first, calendar = max(last + ONE_DAY, due), calendar_of(session)
    days = [first + timedelta(days=number) for number in range((until - first).days + 1)]
    return [day for day in days if calendar.is_sending_day(day)]


def broken(session: Session, today: date) -> tuple[str, ...]:
    """Return the cohorts whose morning began today and never came to everybody."""
    runs = last_of_each(session, open_cohorts(session), today)
    return tuple(code for code, row in runs.items() if row.day == today and row.finished_at is None)


def alert_missed(database: Database, now: datetime, *, in_round: bool = False, support: Support = NOBODY_NAMED) -> int:
    """Tell the coordinators, in their message of the day, that a morning did not happen: once for each gap.

    ``support`` is whom they read to call. Returns how many are told now.
    """
    with database.reading() as session:
        if missed(session, now, in_round=in_round) is None:
            return 0
    with database.transaction() as session:
        found = missed(session, now, in_round=in_round)
        return _tell(session, found, now, support) if found is not None else 0


def _tell(session: Session, found: Missed, now: datetime, support: Support) -> int:
    lost = unreadable(session)
    cohort = next((one for one in open_cohorts(session) if one.programme_version_id not in lost), None)
    people = _coordinators(session, civil_day(now))
    if cohort is None or not people:
        return 0
    desk = open_desk(session, cohort, [], now=now)
    lines = [_line(desk, cohort, found, one, support) for one in people]
    known = set(session.exec(select(Notice.key).where(keyed(col(Notice.id), [one.key for one in lines]))))
    fresh = [one for one in lines if one.key not in known]
    session.add_all(fresh)
    session.flush()
    gather(desk, fresh, cohort)
    if fresh:
        facts = {"first": str(found.first), "last": str(found.last), "told": len(fresh)}
        log.warning("a morning did not happen", extra={"facts": facts})
    return len(fresh)


def _coordinators(session: Session, on: date) -> list[Recipient]:
    """Return who coordinates where cooperatives are under way, each once."""
    delegations = select(Enrolment.delegation).where(col(Enrolment.status).in_(("active", "suspended"))).distinct()
    rows = session.exec(
        select(Person)
        .join(RoleAssignment)
        .where(
            RoleAssignment.role == "coordinator",
            RoleAssignment.starts_on <= on,
            or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) >= on),
            or_(col(RoleAssignment.delegation).is_(None), col(RoleAssignment.delegation).in_(delegations)),
        )
        .order_by(Person.code)
    )
    return [of_person("coordinator", person) for person in {row.code: row for row in rows}.values()]


def _line(desk: Desk, cohort: Cohort, found: Missed, to: Recipient, support: Support) -> Notice:
    """Return the line of a coordinator's message of the day; it is about no cooperative."""
    since = found.since.isoformat()
    about = f"{since}/{'+'.join(found.cohorts)}" if found.cohorts else since
    return Notice(
        key=f"{ROUND}/{about}/alert/{to.code}",
        kind="alert",
        cohort_id=cohort.id,
        recipient=to.code,
        address=to.email,
        language=to.language,
        channel="digest",
        due_on=desk.today,
        facts={
            "recipient": to.name,
            "cooperative": None,
            "cohort": cohort.title,
            "contact_name": support.name,
            "contact_phone": support.phone,
            "privacy_contact": desk.definition.privacy_contact,
            "title": _said(found, desk.today, support),
        },
        promised_at=desk.now,
        send_at=send_instant(desk, desk.today),
    )


def _said(found: Missed, today: date, support: Support) -> dict[str, str]:
    text = BROKEN if found.cohorts else NOT_DONE if found.first == found.last == today else LATE
    facts = {
        "first": f"{found.first:%d/%m/%Y}",
        "last": f"{found.last:%d/%m/%Y}",
        "by": f"{BY:%H:%M}",
        "cohorts": ", ".join(found.cohorts),
    }
    tell = support.to_tell()
    said = {"fr": text.fr.format(**facts, tell=tell.fr), "ar": text.ar.format(**facts, tell=tell.ar)}
    if text is LATE and support != NOBODY_NAMED:
        said = {"fr": f"{said['fr']} ; {tell.fr}", "ar": f"{said['ar']}؛ {tell.ar}"}
    return said
