"""What ails the system, in sentences; nothing when all is well."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from actions import history
from actions.access import held_on
from actions.morning import next_morning, open_cohorts
from actions.mornings import last_of_each, missed
from actions.programmes import unreadable
from models import ChannelState, Enrolment, Lease, Notice, Person, RoleAssignment, ServiceCopy
from models.enrolment import FOLLOWED
from models.notice import IN_OUTBOX, TROUBLED
from models.service import COPY_FAILED
from notifications import holds
from programme.civil import civil_day, wall
from programme.territory import delegation_codes
from programme.wording import Sentence, counted, sentence

LATE_OUTBOX = timedelta(hours=24)
COPIES_REMEMBERED = timedelta(days=7)
"""How long a copy that failed is told: nobody can mend it, but whoever set the service up should look at it."""
MOST_NAMED = 10
"""How many people a sentence names."""
SLACK = timedelta(minutes=5)
"""By how much the clocks of two machines may differ without anybody being told."""


def ailments(session: Session, now: datetime) -> list[Sentence]:
    """Return what a person should look at, each with what to do."""
    checks = (_behind, _paused, _mornings, _old_outbox, _stuck, _unreachable)
    found = [check(session, now) for check in checks]
    held = [holds.said(one) for one in holds.open_holds(session)]
    more = (
        *_unread(session),
        *_held_back(session, now),
        *_unsettled(session),
        *_copies(session, now),
        *_unstaffed(session, now),
    )
    return [one for one in (*held, *found, *more) if one is not None]


def _behind(session: Session, now: datetime) -> Sentence | None:
    """Tell that the machine's clock is behind what is recorded: reminders would come late, and leases last too long."""
    last = history.last_recorded(session)
    if last is None or last - now <= SLACK:
        return None
    return sentence(
        "The machine's clock says {now}, before what is recorded ({last}): set it right; nothing is sent twice.",
        now=f"{wall(now):%Y-%m-%d %H:%M}",
        last=f"{wall(last):%Y-%m-%d %H:%M}",
    )


def _paused(session: Session, now: datetime) -> Sentence | None:
    state = session.get(ChannelState, "email")
    if state is None or state.paused_until is None or state.paused_until <= now:
        return None
    until = f"{wall(state.paused_until):%Y-%m-%d %H:%M}"
    return sentence(
        "Mail is paused until {until} ({reason}): check the mail server; nothing is lost.",
        until=until,
        reason=state.reason,
    )


def _mornings(session: Session, now: datetime) -> Sentence | None:
    """Name the mornings that did not happen, or broke off; else the day since when something has waited for one."""
    found = missed(session, now)
    if found is not None and found.cohorts:
        return sentence(
            "The morning of {cohorts} broke off on {day}: the log and Prefect's pages say why; `mourafaka run-day` "
            "tries it again.",
            cohorts=", ".join(found.cohorts),
            day=found.first,
        )
    if found is not None:
        return sentence(
            "No morning was done from {first} to {last}: run `mourafaka run-day`, and see that `mourafaka serve` "
            "is up.",
            first=found.first,
            last=found.last,
        )
    due = next_morning(session)
    if due is None or due >= civil_day(now):
        return None
    return sentence(
        "Work has waited since {day}: run `mourafaka run-day`, and see that `mourafaka serve` is up.", day=due
    )


def _held_back(session: Session, now: datetime) -> list[Sentence]:
    """Name the cohorts whose last morning came to everybody, and could not help some."""
    runs = last_of_each(session, open_cohorts(session), civil_day(now))
    return [
        sentence(
            "The morning of {cohort} on {day} held somebody back: Prefect's pages name whom and why; "
            "the others went on.",
            cohort=code,
            day=row.day,
        )
        for code, row in sorted(runs.items())
        if row.failures and row.finished_at is not None
    ]


def _unread(session: Session) -> list[Sentence]:
    """Name the open cohorts whose version of the programme cannot be read: they have no mornings, and no mail."""
    lost = unreadable(session)
    return [
        sentence(
            "{cohort} stands still, its notices wait: version {version} of its programme cannot be read; "
            "`mourafaka doctor` says the mend. The other cohorts go on.",
            cohort=cohort.code,
            version=lost[cohort.programme_version_id].facts["version"],
        )
        for cohort in open_cohorts(session)
        if cohort.programme_version_id in lost
    ]


def _old_outbox(session: Session, now: datetime) -> Sentence | None:
    if holds.is_open(session):  # it waits for a person, and that is said
        return None
    count = session.exec(
        select(func.count())
        .select_from(Notice)
        .where(text(IN_OUTBOX), Notice.status == "pending", Notice.send_at < now - LATE_OUTBOX)
    ).one()
    if not count:
        return None
    return counted(
        "{count} notice waits since more than a day: run `mourafaka doctor` and check the mail server.",
        "{count} notices wait since more than a day: run `mourafaka doctor` and check the mail server.",
        count,
    )


def _unsettled(session: Session) -> list[Sentence]:
    rows = session.exec(
        select(Notice.status, func.count()).where(text(TROUBLED)).group_by(Notice.status).order_by(Notice.status)
    ).all()
    return [
        counted(
            "{count} notice is in doubt: `mourafaka ledger` names it and why.",
            "{count} notices are in doubt: `mourafaka ledger` names them and why.",
            count,
        )
        if status == "in_doubt"
        else counted(
            "{count} notice did not leave: `mourafaka ledger` names it and why.",
            "{count} notices did not leave: `mourafaka ledger` names them and why.",
            count,
        )
        for status, count in rows
    ]


def _copies(session: Session, now: datetime) -> list[Sentence]:
    """Name the services that did not take copies lately; the messages themselves have left by mail."""
    rows = session.exec(
        select(ServiceCopy.service, func.count())
        .where(COPY_FAILED, col(ServiceCopy.settled_at) >= now - COPIES_REMEMBERED)
        .group_by(ServiceCopy.service)
        .order_by(ServiceCopy.service)
    ).all()
    return [
        counted(
            "{count} copy for {service} failed in the last {days} days, the mail left all the same: "
            "`mourafaka why` says the reason, `mourafaka doctor` checks the service.",
            "{count} copies for {service} failed in the last {days} days, the mails left all the same: "
            "`mourafaka why` says the reasons, `mourafaka doctor` checks the service.",
            count,
            service=service,
            days=COPIES_REMEMBERED.days,
        )
        for service, count in rows
    ]


def _unstaffed(session: Session, now: datetime) -> list[Sentence]:
    """Name the delegations with cooperatives under way and nobody to coordinate them: their notices reach nobody."""
    coordinates = (RoleAssignment.role == "coordinator", held_on(civil_day(now)))
    held = set(session.exec(select(RoleAssignment.delegation).where(*coordinates).distinct()))
    if None in held:
        return []
    others = col(Enrolment.delegation).in_(delegation_codes() - held)  # who is followed elsewhere is not read
    alone = session.exec(select(Enrolment.delegation).where(text(FOLLOWED), others).distinct())
    return [
        sentence(
            "{delegation} has no coordinator: add one with `mourafaka user add NAME --role coordinator`.",
            delegation=one,
        )
        for one in sorted(alone)
    ]


def _unreachable(session: Session, now: datetime) -> Sentence | None:
    """Name the staff without a telephone: a message that should name theirs names somebody else's, or none."""
    silent = (
        select(Person.code)
        .join(RoleAssignment)
        .where(held_on(civil_day(now)), col(Person.phone).is_(None))
        .distinct()
        .order_by(Person.code)
    )
    codes = session.exec(silent).all()
    if not codes:
        return None
    shown = ", ".join(codes[:MOST_NAMED]) + (" …" if len(codes) > MOST_NAMED else "")
    return counted(
        "{count} of the staff has no telephone ({codes}), so messages name another person's: give one with "
        "`mourafaka staff correct {first} --phone NUMBER`.",
        "{count} of the staff have no telephone ({codes}), so messages name another person's: give each one with "
        "`mourafaka staff correct {first} --phone NUMBER`.",
        len(codes),
        codes=shown,
        first=codes[0],
    )


def _stuck(session: Session, now: datetime) -> Sentence | None:
    """Name the lease that is held the longest; most of those that are held are short, and of somebody who works."""
    long = Lease.until >= now + timedelta(hours=1), Lease.until < now + timedelta(days=1)
    lease = session.exec(select(Lease).where(*long).order_by(col(Lease.until).desc(), Lease.name)).first()
    if lease is None:
        return None
    return sentence(
        "{name} is held by {holder} for long: it may have died; wait until {until}.",
        name=lease.name,
        holder=lease.holder,
        until=lease.until,
    )
