"""Sets the day on which a morning looks again whether somebody should be alerted about an enrolment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import update
from sqlmodel import Session, col, select

from actions.lookup import suspension_of
from actions.programmes import definition_of
from actions.slices import sliced
from models import Alert, Enrolment, History, Step, Suspension
from programme.alerts import Finding, Known, Missed, Proposal, findings, next_look
from programme.civil import civil_day
from programme.definition import Definition
from programme.definition_terms import MEETINGS

CONTACTS = MEETINGS | {"call"}
"""Kinds of step that, done, are a contact with the cooperative."""
ADMISSIONS = ("enrolled", "reinstated")
"""Verbs of the history after which silence is counted anew: one may be enrolled long after its cohort's start."""
LIVING = frozenset({"active", "suspended"})
WATCHED = CONTACTS | {"evaluation"}
"""Kinds of step whose closing changes what alerts look at."""


def watch(session: Session, enrolment: Enrolment) -> None:
    """Look at what is recorded, and set the next day on which something may be amiss; none once it has ended."""
    _watch(session, [enrolment])


def watch_all(session: Session, enrolment_ids: Sequence[int]) -> None:
    """Do it for many enrolments, with as many questions as for one."""
    for some in sliced([*dict.fromkeys(enrolment_ids)]):
        _watch(session, session.exec(select(Enrolment).where(col(Enrolment.id).in_(some))).all())


def _watch(session: Session, enrolments: Sequence[Enrolment]) -> None:
    session.flush()
    living = [one for one in enrolments if one.status in LIVING]
    known, said = _known_of(session, living), _told_of(session, living)
    days: dict[date | None, list[int]] = defaultdict(list)
    for one in enrolments:
        look_on = None
        if one.status in LIVING:
            rules = definition_of(session, one).alerts
            look_on = next_look(findings(known[one.id or 0], rules), said[one.id or 0])
        if look_on != one.watch_on:
            days[look_on].append(one.id or 0)
    for look_on, ids in days.items():
        # Only a hint for mornings: two people who record facts at once do not exclude each other by it.
        session.execute(update(Enrolment).where(col(Enrolment.id).in_(ids)).values(watch_on=look_on))


def found(session: Session, enrolment: Enrolment) -> list[Finding]:
    """Return what is amiss with an enrolment, or will be."""
    known = _known_of(session, [enrolment])[enrolment.id or 0]
    return findings(known, definition_of(session, enrolment).alerts)


def told(session: Session, enrolment: Enrolment) -> set[tuple[str, str]]:
    """Return what somebody was told of."""
    return _told_of(session, [enrolment])[enrolment.id or 0]


def _told_of(session: Session, enrolments: Sequence[Enrolment]) -> Mapping[int, set[tuple[str, str]]]:
    said: dict[int, set[tuple[str, str]]] = defaultdict(set)
    rows = session.exec(
        select(Alert.enrolment_id, Alert.kind, Alert.about).where(col(Alert.enrolment_id).in_(_ids(enrolments)))
    )
    for one, kind, about in rows:
        said[one].add((kind, about))
    return said


def _ids(enrolments: Sequence[Enrolment]) -> list[int]:
    return [one.id for one in enrolments if one.id is not None]


class Seen(NamedTuple):
    """A step as alerts look at it."""

    enrolment_id: int
    key: str
    rule: str
    kind: str
    status: str
    due_on: date
    done_on: date | None


def _known_of(session: Session, enrolments: Sequence[Enrolment]) -> dict[int, Known]:
    """Return what is recorded of enrolments that alerts look at."""
    if not enrolments:
        return {}
    steps: dict[int, list[Seen]] = defaultdict(list)
    for row in session.execute(
        select(*(getattr(Step, name) for name in Seen._fields)).where(
            col(Step.enrolment_id).in_(_ids(enrolments)),
            col(Step.kind).in_(WATCHED),
            col(Step.status).in_(("open", "done", "missed")),
        )
    ):
        steps[row.enrolment_id].append(Seen(*row))
    touched = _in_touch(session, enrolments)
    return {
        one.id or 0: Known(
            in_touch_on=max(touched[one.id or 0] + _contacts(one, steps[one.id or 0])),
            suspended_on=pause.from_on if (pause := suspension_of(session, one)) else None,
            sessions=tuple(
                Missed(step.key, step.done_on, step.status == "done")
                for step in steps[one.id or 0]
                if step.kind == "session" and step.done_on is not None
            ),
            windows=windows(definition_of(session, one), steps[one.id or 0]),
        )
        for one in enrolments
    }


def _contacts(enrolment: Enrolment, steps: Iterable[Seen]) -> list[date]:
    """Return the days of the contacts, and of the start."""
    days = [enrolment.start_on or date.min]
    days += [step.done_on for step in steps if step.done_on and step.status == "done" and step.kind in CONTACTS]
    return days


def _in_touch(session: Session, enrolments: Sequence[Enrolment]) -> Mapping[int, list[date]]:
    """Return the other days from which silence is counted: a (re)admission, a resumption, an answer."""
    ids = _ids(enrolments)
    days: dict[int, list[date]] = defaultdict(list)
    admitted = select(History.enrolment_id, History.at)
    for one, at in session.exec(admitted.where(col(History.enrolment_id).in_(ids), col(History.verb).in_(ADMISSIONS))):
        days[one].append(civil_day(at))
    pauses = select(Suspension.enrolment_id, col(Suspension.until_on)).where(col(Suspension.enrolment_id).in_(ids))
    dismissed = select(Alert.enrolment_id, col(Alert.closed_on)).where(
        col(Alert.enrolment_id).in_(ids), Alert.kind == "no_contact", Alert.status == "dismissed"
    )
    for one, day in [*session.exec(pauses), *session.exec(dismissed)]:
        if day is not None:
            days[one].append(day)
    return days


def windows(definition: Definition, steps: Iterable[Step | Seen]) -> tuple[tuple[str, date], ...]:
    """Return the last day of the window of each checkpoint that is not evaluated yet."""
    opened = {step.rule: step.due_on for step in steps if step.kind == "evaluation" and step.status == "open"}
    return tuple(
        (rule.key, opened[key] + timedelta(weeks=rule.weeks_after))
        for rule in definition.checkpoints
        if (key := f"{rule.stage}.{rule.key}-evaluation") in opened
    )


def first_watch(definition: Definition, since: date, steps: Iterable[Step | Seen]) -> date | None:
    """Return the first day on which something may be amiss with a plan on which nothing is recorded yet."""
    known = Known(in_touch_on=since, windows=windows(definition, steps))
    return next_look(findings(known, definition.alerts), ())


def settle_alerts(
    session: Session, enrolment: Enrolment, proposal: Proposal | None, *, by: str, why: str, now: datetime
) -> None:
    """Close the open alerts of an enrolment: accepted when they proposed what has come, else they are past."""
    rows = session.exec(select(Alert).where(Alert.enrolment_id == enrolment.id, Alert.status == "open")).all()
    for alert in rows:
        alert.status = "accepted" if proposal is not None and alert.proposal == proposal else "dismissed"
        alert.closed_on, alert.closed_by, alert.reason = civil_day(now), by, why
        session.add(alert)
