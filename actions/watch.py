"""Sets the day on which a morning looks again whether somebody should be alerted about an enrolment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from actions.programmes import definition_of, definition_of_version_id
from actions.slices import sliced
from models import Alert, Enrolment, History, Step, Suspension
from models.sets import do, literals, renew, within
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
Identities = frozenset[tuple[str, str]]
"""What somebody was told of."""


class Looked(NamedTuple):
    """An enrolment as alerts look at it: as light as its row, for a checkpoint has them by the thousand."""

    id: int
    status: str
    programme_version_id: int
    start_on: date | None
    watch_on: date | None


_LOOKED = select(*(getattr(Enrolment, name) for name in Looked._fields)).where(within(col(Enrolment.id), "ids"))
# Only a hint for mornings: two people who record facts at once do not exclude each other by it, so no new version.
_LOOK = update(Enrolment).where(within(col(Enrolment.id), "ids")).values(watch_on=bindparam("day"))


def watch(session: Session, enrolment: Enrolment) -> None:
    """Look at what is recorded, and set the next day on which something may be amiss; none once it has ended."""
    session.flush()
    watch_all(session, _ids([enrolment]))


def watch_all(session: Session, enrolment_ids: Sequence[int]) -> None:
    """Do it for many enrolments, with as many questions as for one."""
    for some in sliced([*dict.fromkeys(enrolment_ids)]):
        _watch(session, _looked(session, some))


def _looked(session: Session, ids: Sequence[int]) -> list[Looked]:
    return [Looked._make(row) for row in do(session, _LOOKED, ids=[*ids]).all()]


def _watch(session: Session, enrolments: Sequence[Looked]) -> None:
    living = [one for one in enrolments if one.status in LIVING]
    known, said, rule = _known_of(session, living), _told_of(session, [one.id for one in living]), _asked_once(session)
    days: dict[date | None, list[int]] = defaultdict(list)
    for one in enrolments:
        look_on = None
        if one.status in LIVING:
            look_on = rule(one.programme_version_id, known[one.id], frozenset(said.get(one.id, ())))
        if look_on != one.watch_on:
            days[look_on].append(one.id)
    for look_on, ids in days.items():
        do(session, _LOOK, ids=ids, day=look_on)
        renew(session, Enrolment, ids)


def _asked_once(session: Session) -> Callable[[int, Known, Identities], date | None]:
    """Return the rule of the next day to look on, which answers from memory where the same is recorded."""

    @cache
    def ask(version_id: int, known: Known, said: Identities) -> date | None:
        return next_look(findings(known, definition_of_version_id(session, version_id).alerts), said)

    return ask


def found(session: Session, enrolment: Enrolment) -> list[Finding]:
    """Return what is amiss with an enrolment, or will be."""
    [looked] = _looked(session, _ids([enrolment]))
    return findings(_known_of(session, [looked])[looked.id], definition_of(session, enrolment).alerts)


def told(session: Session, enrolment: Enrolment) -> set[tuple[str, str]]:
    """Return what somebody was told of."""
    return _told_of(session, _ids([enrolment]))[enrolment.id or 0]


_TOLD = select(col(Alert.enrolment_id), col(Alert.kind), col(Alert.about)).where(within(col(Alert.enrolment_id), "ids"))


def _told_of(session: Session, ids: Sequence[int]) -> Mapping[int, set[tuple[str, str]]]:
    said: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for one, kind, about in do(session, _TOLD, ids=[*ids]).all():
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


_SEEN = select(*(getattr(Step, name) for name in Seen._fields)).where(
    within(col(Step.enrolment_id), "ids"),
    col(Step.kind).in_(literals(WATCHED)),
    col(Step.status).in_(("open", "done", "missed")),
)
_PAUSED = select(col(Suspension.enrolment_id), col(Suspension.from_on)).where(
    within(col(Suspension.enrolment_id), "ids"), col(Suspension.until_on).is_(None)
)


def _known_of(session: Session, enrolments: Sequence[Looked]) -> dict[int, Known]:
    """Return what is recorded of enrolments that alerts look at."""
    if not enrolments:
        return {}
    ids = [one.id for one in enrolments]
    steps: dict[int, list[Seen]] = defaultdict(list)
    for row in do(session, _SEEN, ids=ids).all():
        steps[row[0]].append(Seen._make(row))
    touched, paused = _in_touch(session, ids), _paused(session, enrolments)
    return {
        one.id: Known(
            in_touch_on=max(touched.get(one.id, []) + _contacts(one, steps[one.id])),
            suspended_on=paused.get(one.id),
            sessions=tuple(
                Missed(step.key, step.done_on, step.status == "done")
                for step in steps[one.id]
                if step.kind == "session" and step.done_on is not None
            ),
            windows=windows(definition_of_version_id(session, one.programme_version_id), steps[one.id]),
        )
        for one in enrolments
    }


def _paused(session: Session, enrolments: Sequence[Looked]) -> Mapping[int, date]:
    """Return since when those are suspended that are."""
    ids = [one.id for one in enrolments if one.status == "suspended"]
    rows: Iterable[Any] = do(session, _PAUSED, ids=ids).all() if ids else ()
    return dict(rows)


def _contacts(enrolment: Looked, steps: Iterable[Seen]) -> list[date]:
    """Return the days of the contacts, and of the start."""
    days = [enrolment.start_on or date.min]
    days += [step.done_on for step in steps if step.done_on and step.status == "done" and step.kind in CONTACTS]
    return days


_ADMITTED = select(col(History.enrolment_id), col(History.at)).where(
    within(col(History.enrolment_id), "ids"), col(History.verb).in_(literals(ADMISSIONS))
)
_RESUMED = select(col(Suspension.enrolment_id), col(Suspension.until_on)).where(
    within(col(Suspension.enrolment_id), "ids"), col(Suspension.until_on).is_not(None)
)
_DISMISSED = select(col(Alert.enrolment_id), col(Alert.closed_on)).where(
    within(col(Alert.enrolment_id), "ids"),
    col(Alert.kind) == "no_contact",
    col(Alert.status) == "dismissed",
    col(Alert.closed_on).is_not(None),
)


def _in_touch(session: Session, ids: Sequence[int]) -> Mapping[int, list[date]]:
    """Return the other days from which silence is counted: a (re)admission, a resumption, an answer."""
    days: dict[int, list[date]] = defaultdict(list)
    on = cache(civil_day)  # a cohort is admitted in one instant
    for one, at in do(session, _ADMITTED, ids=[*ids]).all():
        days[one].append(on(at))
    for statement in (_RESUMED, _DISMISSED):
        for one, day in do(session, statement, ids=[*ids]).all():
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
