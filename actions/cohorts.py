"""Opens and closes cohorts."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, func, select

from actions.programmes import definition_of, newest
from models import Cohort, Enrolment
from programme.codes import is_code
from programme.counts import enrolments
from programme.errors import CodeWrong, CohortClosed, CohortExists, CohortUnderWay, CohortUnknown, RegionUnknown
from programme.territory import resolve_region

UNDER_WAY = ("active", "suspended")


def open_cohort(
    session: Session,
    *,
    code: str,
    start_on: date,
    by: str,
    now: datetime,
    title: str = "",
    programme: str = "mourafaka",
    region: str | None = None,
    called_on: date | None = None,
) -> Cohort:
    """Open a cohort on the newest version of a programme; its eligibility starts as the programme's.

    ``called_on`` is the day of the call, on which legal age is counted (the start when not given).
    """
    if not is_code(code):
        raise CodeWrong(code=code, example="SM-2027")
    known = session.exec(select(Cohort).where(Cohort.code == code)).first()
    if known is not None:
        raise CohortExists(code=code, start_on=known.start_on)
    version = newest(session, programme, by=by, now=now)
    assert version.id is not None
    cohort = Cohort(
        code=code,
        title=title or code,
        start_on=start_on,
        called_on=called_on or start_on,
        region_code=_region_code(region),
        programme_version_id=version.id,
    )
    rule = definition_of(session, cohort).eligibility
    cohort.max_age_years, cohort.min_members = rule.max_age_years, rule.min_members
    session.add(cohort)
    session.flush()
    return cohort


def _region_code(region: str | None) -> str | None:
    if region is None:
        return None
    resolved = resolve_region(region)
    if resolved is None:
        raise RegionUnknown(region=region)
    return resolved.code


def cohort_of(session: Session, code: str, *, to_change: bool = False) -> Cohort:
    """Return a cohort by its code; refused when unknown, or closed and about to be changed."""
    cohort = session.exec(select(Cohort).where(Cohort.code == code)).first()
    if cohort is None:
        raise CohortUnknown(code=code)
    if to_change and cohort.status == "closed":
        raise CohortClosed(code=code)
    return cohort


def close_cohort(session: Session, *, code: str, anyway: bool = False) -> Cohort:
    """Close a cohort: nothing is added to it any more, and mornings pass it by.

    Refused while somebody in it is under way, who would hear nothing any more, unless ``anyway``.
    """
    cohort = cohort_of(session, code, to_change=True)
    under_way = select(func.count()).select_from(Enrolment)
    under_way = under_way.where(Enrolment.cohort_id == cohort.id, col(Enrolment.status).in_(UNDER_WAY))
    count = session.exec(under_way).one()
    if count and not anyway:
        raise CohortUnderWay(code=code, enrolments=enrolments(count))
    cohort.status = "closed"
    return cohort
