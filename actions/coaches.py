"""A coach leaves: from a day on others follow their cooperatives, and hear of it once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from actions import history
from actions.access import holds_role, roles_of
from actions.handing_over import desks, pass_on, refresh, waiting
from actions.lookup import person_named
from actions.tell import tell
from models import CoachAssignment, Enrolment, Notice, Person, RoleAssignment, Step
from notifications.promises import Desk, Word
from notifications.recipients import of_person
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.counts import cooperatives
from programme.errors import NotACoach
from programme.people_errors import (
    NamedTwice,
    NobodyCovers,
    NotFollowed,
    OwnSuccessor,
    SharesDoNotAddUp,
    SuccessorNeeded,
)

LIVE = ("active", "suspended")
OWN_STEPS = ("step_reminder", "step_late")
"""What is said of a step to its owner."""
Share = int | Sequence[str] | None
"""What a successor takes: so many cooperatives, these ones by code, or (None) an even part."""


def leave(
    session: Session, *, coach: str, on: date, to: Mapping[str, Share], by: str, now: datetime, reason: str = ""
) -> dict[str, list[str]]:
    """Have a coach leave: ``on`` is the last day of their access, and the first on which the successors follow.

    Said before the day, everything is dated and nobody hears of it until then. Open steps and
    visits to come belong to the role and so go along; what the coach signed stays theirs. Returns
    the cooperatives of each successor.
    """
    person = person_named(session, coach)
    refuse_no_coach(session, coach, on)
    followed = _followed_by(session, person, on)
    shares = _share_out(session, coach, [one for one, _ in followed if one.status in LIVE], to, on)
    heirs = {code: person_named(session, heir) for heir, mine in shares.items() for code in mine}
    why = f"{coach} leaves on {on}" + (f": {reason.strip()}" if reason.strip() else "")
    for enrolment, since in followed:
        follow(session, enrolment, heirs.get(enrolment.code), on=max(on, since), by=by, now=now, why=why)
    _end_roles(session, person, on)
    session.flush()
    hand_over(session, [one for one, _ in followed], person, heirs, on=on, now=now, reason=why)
    return shares


def refuse_no_coach(session: Session, code: str, on: date) -> None:
    """Refuse who is not a coach on that day."""
    if not holds_role(session, code, "coach", on):
        raise NotACoach(code=code, on=on)


def _followed_by(session: Session, person: Person, on: date) -> list[tuple[Enrolment, date]]:
    """Return the enrolments that a coach follows on a day or later, ended ones too, and since when; by code."""
    rows = session.exec(
        select(Enrolment, col(CoachAssignment.starts_on))
        .join(CoachAssignment)
        .where(CoachAssignment.person_id == person.id, _not_over(on))
        .order_by(Enrolment.code)
    )
    return list(rows.all())


def _not_over(on: date) -> ColumnElement[bool]:
    """Tell, in the database, which assignments reach a day or come later; those that never came into force do not."""
    ends_on = col(CoachAssignment.ends_on)
    return or_(ends_on.is_(None), and_(ends_on >= on, ends_on >= CoachAssignment.starts_on))


def coach_on(session: Session, enrolment: Enrolment, on: date) -> Person | None:
    """Return who follows an enrolment on a day."""
    return session.exec(
        select(Person)
        .join(CoachAssignment)
        .where(CoachAssignment.enrolment_id == enrolment.id, CoachAssignment.starts_on <= on, _not_over(on))
        .order_by(col(CoachAssignment.starts_on).desc(), col(CoachAssignment.id).desc())
    ).first()


def follow(
    session: Session, enrolment: Enrolment, heir: Person | None, *, on: date, by: str, now: datetime, why: str = ""
) -> None:
    """Have somebody (or, with None, nobody) follow an enrolment from a day on; who did stops the day before."""
    before, after = coach_on(session, enrolment, on), heir.code if heir else None
    for row in session.exec(select(CoachAssignment).where(CoachAssignment.enrolment_id == enrolment.id, _not_over(on))):
        row.ends_on = on - ONE_DAY
    if heir is not None:
        assert enrolment.id is not None
        assert heir.id is not None
        session.add(CoachAssignment(enrolment_id=enrolment.id, person_id=heir.id, starts_on=on))
    detail = {"before": before.code if before else None, "after": after, "on": on.isoformat()}
    verb = "coach assigned" if heir else "coach left"
    history.record(session, enrolment, verb, by=by, now=now, subject=after or "", why=why, **detail)


def _end_roles(session: Session, person: Person, on: date) -> None:
    rows = session.exec(
        select(RoleAssignment).where(
            RoleAssignment.person_id == person.id,
            RoleAssignment.role == "coach",
            or_(col(RoleAssignment.ends_on).is_(None), col(RoleAssignment.ends_on) > on),
        )
    )
    for row in rows:
        row.ends_on = on


def _share_out(
    session: Session, coach: str, live: Sequence[Enrolment], to: Mapping[str, Share], on: date
) -> dict[str, list[str]]:
    """Return the codes that each successor takes; every cooperative goes to exactly one."""
    for heir in to:
        if heir == coach:
            raise OwnSuccessor(coach=coach)
        person_named(session, heir)
        refuse_no_coach(session, heir, on)
    named = _named(coach, live, to, on)
    rest = [one for one in live if one.code not in {code for mine in named.values() for code in mine}]
    quotas = _quotas(coach, len(live), len(rest), to)
    shares = {heir: list(named.get(heir, ())) for heir in to}
    reach = {heir: _reach(session, heir, on) for heir in quotas}
    for enrolment in rest:
        shares[_heir_for(enrolment, shares, quotas, reach, named)].append(enrolment.code)
    return shares


def _named(coach: str, live: Sequence[Enrolment], to: Mapping[str, Share], on: date) -> dict[str, list[str]]:
    named = {heir: list(share) for heir, share in to.items() if share is not None and not isinstance(share, int)}
    known, seen = {one.code for one in live}, set[str]()
    for code in (code for mine in named.values() for code in mine):
        if code not in known:
            raise NotFollowed(enrolment=code, coach=coach, on=on)
        if code in seen:
            raise NamedTwice(enrolment=code)
        seen.add(code)
    return named


def _quotas(coach: str, count: int, rest: int, to: Mapping[str, Share]) -> dict[str, int]:
    """Return how many of the cooperatives that are not named each takes: as said, or evenly."""
    quotas = {heir: share for heir, share in to.items() if isinstance(share, int)}
    even = [heir for heir, share in to.items() if share is None]
    left = rest - sum(quotas.values())
    if even and left >= 0:
        quotas |= {heir: left // len(even) + (rank < left % len(even)) for rank, heir in enumerate(even)}
    if count and not to:
        raise SuccessorNeeded(coach=coach, cooperatives=cooperatives(count))
    if sum(quotas.values()) != rest:
        raise SharesDoNotAddUp(
            coach=coach, cooperatives=cooperatives(count), shared=count - rest + sum(quotas.values())
        )
    return quotas


def _reach(session: Session, heir: str, on: date) -> set[str | None]:
    return {role.delegation for role in roles_of(session, heir, on) if role.role == "coach"}


def _heir_for(
    enrolment: Enrolment,
    shares: Mapping[str, Sequence[str]],
    quotas: Mapping[str, int],
    reach: Mapping[str, set[str | None]],
    named: Mapping[str, Sequence[str]],
) -> str:
    """Return the first successor who covers the territory and has room: those of the territory before the country's."""
    open_to = [heir for heir, quota in quotas.items() if len(shares[heir]) - len(named.get(heir, ())) < quota]
    for wanted in (enrolment.delegation, None):
        for heir in open_to:
            if wanted in reach[heir]:
                return heir
    raise NobodyCovers(delegation=enrolment.delegation, enrolment=enrolment.code)


def hand_over(
    session: Session,
    enrolments: Sequence[Enrolment],
    old: Person,
    heirs: Mapping[str, Person],
    *,
    on: date,
    now: datetime,
    reason: str,
) -> None:
    """Pass on what was promised to the one who followed, and tell each new coach of their cooperatives, once.

    It is told on the day itself (or now, when that is past), inside the message of the day.
    Of a suspended cooperative they hear when it resumes.
    """
    for desk, cohort, some in desks(session, enrolments, on, now):
        gone = f"coach:{old.code}"
        promised = waiting(desk, some, [gone], since=on) + _open_calls(desk, some, gone)
        pass_on(desk, cohort, promised, on=on, reason=reason)
        refresh(desk, some, since=on)
        active = [one for one in some if one.status == "active" and one.code in heirs]
        tell(desk, [_handover(desk, one, heirs[one.code], old, on) for one in active], cohort)


def take_up(session: Session, enrolments: Sequence[Enrolment], *, now: datetime) -> None:
    """Have first coaches do what others stood in for: calls and reminders go to them, and messages name them."""
    for desk, cohort, some in desks(session, enrolments, civil_day(now), now):
        standing_in = {one.code for each in some if (one := desk.people.find("coordinator", each)) is not None}
        promised = waiting(desk, some, sorted(standing_in), since=desk.today)
        theirs = [one for one in promised if _is_a_coach_s(one)]
        pass_on(desk, cohort, theirs, on=desk.today, reason="a coach follows it now", role="coach")
        refresh(desk, some, since=desk.today)


def _is_a_coach_s(notice: Notice) -> bool:
    """Tell whether a promise to a stand-in is what the coach is to do: a call, or a step of the coach's."""
    return notice.kind == "call" or (notice.kind in OWN_STEPS and notice.facts.get("owner_role") == "coach")


def _open_calls(desk: Desk, enrolments: Sequence[Enrolment], recipient: str) -> list[Notice]:
    """Return the calls that the old coach was told to make and has not made."""
    return list(
        desk.session.exec(
            select(Notice)
            .join(Step, col(Notice.step_id) == Step.id)
            .where(
                col(Step.enrolment_id).in_([one.id for one in enrolments]),
                Notice.recipient == recipient,
                Notice.kind == "call",
                Notice.status == "sent",
                Step.status == "open",
            )
            .order_by(Notice.key)
        )
    )


def _handover(desk: Desk, enrolment: Enrolment, heir: Person, old: Person, on: date) -> Word:
    contact = desk.people.find("cooperative", enrolment)
    facts = {
        "title": {"fr": f"Suivi repris de {old.name}", "ar": f"مواكبة كانت على عاتق {old.name}"},
        "due_on": on.isoformat(),
        "days": None,
        "cooperative_phone": contact.phone if contact else None,
    }
    to = of_person("coach", heir)
    return Word("handover", enrolment, to, max(on, desk.today), facts, mark=f"@{on.isoformat()}")
