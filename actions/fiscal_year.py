"""Changes the end of a cooperative's fiscal year: its legal calendar is written anew, shown first, then approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from actions import history
from actions.legal_diff import Duties, carry_out_duties, duties_of, with_duties
from actions.lookup import enrolment_named
from actions.proposals import approved
from models import Cooperative, Enrolment
from programme.diffs import Diff
from programme.intake_values import read_month_day
from programme.legal_errors import FiscalYearSame, FiscalYearWrong
from programme.wording import sentence


def change_fiscal_year(
    session: Session, *, code: str, ends_on: str, by: str, now: datetime, reason: str = "", approve: str | None = None
) -> Diff:
    """Have a cooperative's fiscal year end on another day ("30/06"), in all its enrolments that are under way.

    What is done, was set by a person or was due already stays; a duty whose new limit is past is
    due on the first working day from today.
    """
    enrolment = enrolment_named(session, code)
    cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
    before, after = cooperative.fiscal_year_end, read_month_day(ends_on)
    if not isinstance(after, str):
        raise FiscalYearWrong(text=ends_on)
    if after == before:
        raise FiscalYearSame(code=code, fiscal_year_end=after)
    works = [duties_of(session, one, after, now=now) for one in _under_way(session, cooperative)]
    diff = _diff(session, works, code, before, after)
    if approved(diff, approve):
        cooperative.fiscal_year_end = after
        session.add(cooperative)
        for work in works:
            carry_out_duties(session, work, f"the fiscal year ends on {after} now", by)
            values = {"before": before, "after": after}
            history.record(session, work.enrolment, "fiscal year changed", by=by, now=now, why=reason, **values)
    return diff


def _under_way(session: Session, cooperative: Cooperative) -> list[Enrolment]:
    status = col(Enrolment.status).in_(("active", "suspended"))
    query = select(Enrolment).where(Enrolment.cooperative_id == cooperative.id, status)
    return list(session.exec(query.order_by(Enrolment.code)))


def _diff(session: Session, works: Sequence[Duties], code: str, before: str, after: str) -> Diff:
    what = sentence(
        "the fiscal year of {code} ends on {after} and not on {before}", code=code, after=after, before=before
    )
    about = {"change": "fiscal year", "code": code, "was": before, "is": after}
    return with_duties(Diff(what, about), session, works, sentence("another end of the fiscal year"))
