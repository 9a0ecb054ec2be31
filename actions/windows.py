"""Closed windows: days on which a sector or a cooperative holds no meeting (a harvest, works, mourning)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, select

from actions.lookup import enrolment_named
from actions.plans import Group, active_groups, basis_of, moves_of
from actions.programmes import closes, closures_among, forget_closed_days, windows_of
from actions.proposals import Proposal, Shift, Work, approved, carry_out, diff_of, work_of
from models import ClosedWindow, Cooperative
from programme.closures import LONGEST
from programme.dates_errors import DaysBackwards, SectorUnknown, WindowKnown, WindowTooLong, WindowUnknown
from programme.diffs import Diff
from programme.intake_sectors import known_sector
from programme.intake_text import fold
from programme.replanning import Change
from programme.wording import Sentence, sentence


def close_window(
    session: Session,
    *,
    scope: str,
    target: str,
    first: date,
    last: date,
    reason: str,
    by: str,
    now: datetime,
    approve: str | None = None,
) -> Diff:
    """Close days to the meetings of a sector or of one enrolment: those that stand there move to the next open day.

    ``scope`` is `sector` or `cooperative`. Plans made later avoid these days too.
    """
    _refuse_span(first, last)
    window = ClosedWindow(
        scope=scope,
        target=_target(session, scope, target),
        first_on=first,
        last_on=last,
        reason=reason,
        entered_by=by,
        entered_at=now,
    )
    before = windows_of(session)
    _refuse_twice(before, window)
    what = sentence("{target} is closed from {first} to {last}", target=window.target, first=first, last=last)
    diff, proposal = _propose(session, window, before, [*before, window], what, by=by, now=now)
    if approved(diff, approve):
        session.add(window)
        session.flush()
        forget_closed_days(session)
        carry_out(session, proposal, verb="dates moved", why=reason)
    return diff


def open_window(session: Session, *, number: int, by: str, now: datetime, approve: str | None = None) -> Diff:
    """Open a closed window again: the meetings that had left it go back to their rules, where nobody has set them."""
    window = session.get(ClosedWindow, number)
    if window is None:
        raise WindowUnknown(number=number)
    before = windows_of(session)
    after = [one for one in before if one.id != number]
    what = sentence(
        "{target} is open again from {first} to {last}",
        target=window.target,
        first=window.first_on,
        last=window.last_on,
    )
    diff, proposal = _propose(session, window, before, after, what, by=by, now=now)
    if approved(diff, approve):
        session.delete(window)
        session.flush()
        forget_closed_days(session)
        carry_out(session, proposal, verb="dates moved", why=what.say())
    return diff


def _refuse_span(first: date, last: date) -> None:
    if last < first:
        raise DaysBackwards(first=first, last=last)
    if (last - first).days >= LONGEST:
        raise WindowTooLong(first=first, last=last, days=LONGEST)


def _refuse_twice(known: Sequence[ClosedWindow], window: ClosedWindow) -> None:
    for one in known:
        if (one.scope, one.target, one.first_on, one.last_on) == (
            window.scope,
            window.target,
            window.first_on,
            window.last_on,
        ):
            raise WindowKnown(target=one.target, first=one.first_on, last=one.last_on)


def _target(session: Session, scope: str, target: str) -> str:
    """Return what a window closes: an enrolment's code, or a sector as the cooperatives' lists have it."""
    if scope == "cooperative":
        return enrolment_named(session, target).code
    named = known_sector(target)
    if named is not None:
        return named
    present = {name for name in session.exec(select(Cooperative.sector).distinct()) if name}
    for name in sorted(present):
        if fold(name) == fold(target):
            return name
    raise SectorUnknown(sector=target, known=", ".join(sorted(present)) or "-")


def _propose(
    session: Session,
    window: ClosedWindow,
    before: Sequence[ClosedWindow],
    after: Sequence[ClosedWindow],
    what: Sentence,
    *,
    by: str,
    now: datetime,
) -> tuple[Diff, Proposal]:
    groups = active_groups(session, now=now, concerned=lambda enrolment: closes(session, window, enrolment))
    about = {
        "change": "window",
        "scope": window.scope,
        "target": window.target,
        "first_on": window.first_on.isoformat(),
        "last_on": window.last_on.isoformat(),
    }
    proposal = Proposal(what, about, [_work(session, group, before, after) for group in groups], by)
    return diff_of(session, proposal), proposal


def _work(session: Session, group: Group, before: Sequence[ClosedWindow], after: Sequence[ClosedWindow]) -> Work:
    shifts = []
    calendar, today = group.desk.calendar, group.desk.today
    for plan in group.plans:
        closed = [closures_among(session, plan.enrolment, windows) for windows in (before, after)]
        bases = [basis_of(plan, calendar, windows) for windows in closed]
        shifts += [
            Shift(plan.enrolment, step, move, "everybody" if step.pinned else "who heard")
            for step, move in moves_of(group, plan, Change(bases[0], bases[1], today=today))
        ]
    return work_of(group, calendar, shifts)
