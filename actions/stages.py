"""Passages through stages: entered, completed or flagged where the rules allow it, of many enrolments at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, case, literal, update
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session, col, func, select

from actions import history
from actions.facts import fact_of_all
from actions.programmes import definition_of_version_id
from models import Enrolment, Passage, Step
from models.sets import do, renew, within
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.definition import Definition, StageRule
from programme.gates import is_completed


class Way(NamedTuple):
    """An active enrolment's passage through one stage, as it stands."""

    id: int
    enrolment_id: int
    code: str
    version_id: int
    opens_on: date
    closes_on: date
    entered_on: date | None
    completed_on: date | None
    flagged_late_on: date | None


_WAY: list[Any] = [
    Passage.id,
    Enrolment.id,
    Enrolment.code,
    Enrolment.programme_version_id,
    Passage.opens_on,
    Passage.closes_on,
    Passage.entered_on,
    Passage.completed_on,
    Passage.flagged_late_on,
]


@dataclass
class Turn:
    """What becomes of passages today: who enters, completes, is late, and which windows are watched on."""

    entered: list[Way] = field(default_factory=list)
    completed: list[Way] = field(default_factory=list)
    late: list[Way] = field(default_factory=list)
    early: list[Way] = field(default_factory=list)
    watched: list[Way] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[Way, str]]:
        """Yield what is concluded, in the order in which it comes about."""
        for what, ways in (("entered", self.entered), ("completed", self.completed), ("late", self.late)):
            yield from ((way, what) for way in ways)


def turn_stage(session: Session, stage: str, enrolment_ids: Sequence[int], *, now: datetime) -> list[tuple[Way, str]]:
    """Enter or complete a stage of these enrolments where its rule allows it, and set when to look again.

    Returns what was concluded, by enrolment. Of those that ended since somebody asked what is due, nothing is.
    """
    today = civil_day(now)
    concluded: list[tuple[Way, str]] = []
    by_version: dict[int, list[Way]] = defaultdict(list)
    for way in _ways(session, stage, enrolment_ids):
        by_version[way.version_id].append(way)
    for version_id, ways in by_version.items():
        definition = definition_of_version_id(session, version_id)
        turn = _turn(session, definition.stage(stage), ways, today)
        _write(session, turn, ways, today)
        _wake_followers(session, definition, stage, turn.completed, today)
        concluded += turn.lines()
    place = {one: at for at, one in enumerate(enrolment_ids)}
    concluded.sort(key=lambda item: place[item[0].enrolment_id])
    at = history.not_before(session, now) if concluded else now
    history.record_each(
        session,
        [
            history.line(way.enrolment_id, f"stage {what}", by="engine", now=at, subject=stage)
            for way, what in concluded
        ],
    )
    return concluded


def _ways(session: Session, stage: str, enrolment_ids: Sequence[int]) -> list[Way]:
    """Read the passages of those that are active; each must have one."""
    rows = session.execute(
        select(*_WAY)
        .join_from(
            Enrolment,
            Passage,
            (col(Passage.enrolment_id) == col(Enrolment.id)) & (Passage.stage == stage),
            isouter=True,
        )
        .where(col(Enrolment.id).in_(enrolment_ids), Enrolment.status == "active")
    )
    ways = [Way(*row) for row in rows]
    if any(way.id is None for way in ways):
        raise NoResultFound("No row was found when one was required")
    return ways


def _turn(session: Session, rule: StageRule, ways: Sequence[Way], today: date) -> Turn:
    """Hold the rule of a stage against what is recorded."""
    turn = Turn()
    waiting = [way for way in ways if way.entered_on is None]
    turn.early = [way for way in waiting if today < way.opens_on]
    may = _with_all_before(session, rule, [way.enrolment_id for way in waiting if today >= way.opens_on])
    turn.entered = [way for way in waiting if way.enrolment_id in may]
    inside = turn.entered + [way for way in ways if way.entered_on and not way.completed_on]
    through = exits(session, rule, [way.enrolment_id for way in inside])
    for way in inside:
        if way.enrolment_id in through:
            turn.completed.append(way)
        elif today <= way.closes_on:
            turn.watched.append(way)
        elif way.flagged_late_on is None:  # once; it goes on (late is flagged, not blocked)
            turn.late.append(way)
    return turn


def _with_all_before(session: Session, rule: StageRule, ids: Sequence[int]) -> set[int]:
    """Return those that have completed all that goes before a stage."""
    if not (ids and rule.after):
        return set(ids)
    rows = session.exec(
        select(Passage.enrolment_id, func.count())
        .where(
            col(Passage.enrolment_id).in_(ids),
            col(Passage.stage).in_(rule.after),
            col(Passage.completed_on).is_not(None),
        )
        .group_by(col(Passage.enrolment_id))
    )
    return {one for one, count in rows if count == len(rule.after)}


def exits(session: Session, rule: StageRule, ids: Sequence[int]) -> set[int]:
    """Return those for whom a stage's exit rule holds, asking only for what the rule speaks of."""
    if not ids:
        return set()
    if rule.exit.fact is not None:
        fact = rule.exit.fact
        counted = fact_of_all(session, fact, ids)
        return {one for one in ids if is_completed(rule, open_keys=(), done_keys=(), facts={fact: counted.get(one)})}
    known = _done_keys(session, rule, ids) if rule.exit.done else _open_keys(session, rule, ids)
    opened, done = ({}, known) if rule.exit.done else (known, {})
    return {
        one for one in ids if is_completed(rule, open_keys=opened.get(one, ()), done_keys=done.get(one, ()), facts={})
    }


_DONE = select(col(Step.enrolment_id), col(Step.key)).where(
    within(col(Step.enrolment_id), "ids"), within(col(Step.key), "keys"), col(Step.status) == "done"
)
_OPEN = select(col(Enrolment.id)).where(
    within(col(Enrolment.id), "ids"),
    select(Step.id)
    .where(
        col(Step.enrolment_id) == col(Enrolment.id),
        col(Step.key).between(bindparam("stage", type_=String) + ".", bindparam("stage", type_=String) + "/"),
        col(Step.status) == "open",
    )
    .order_by(col(Step.key).desc())
    .limit(1)
    .correlate(Enrolment)
    .exists(),
)
"""Whether a stage has an open step: by the key, which begins with its stage, the last first, for the first are done."""


def _done_keys(session: Session, rule: StageRule, ids: Sequence[int]) -> Mapping[int, Collection[str]]:
    keys = [f"{rule.key}.{key}" for key in rule.exit.done]
    found: dict[int, set[str]] = defaultdict(set)
    for one, key in do(session, _DONE, ids=[*ids], keys=[*keys]):
        found[one].add(key.partition(".")[2])
    return found


def _open_keys(session: Session, rule: StageRule, ids: Sequence[int]) -> Mapping[int, Collection[str]]:
    """Return those that have an open step, which stands for all of them: there is no need to know more."""
    return {one: (rule.key,) for (one,) in do(session, _OPEN, ids=[*ids], stage=rule.key).all()}


def _write(session: Session, turn: Turn, ways: Sequence[Way], today: date) -> None:
    entered = {way.id for way in turn.entered}
    _set(session, ways, wake_on=None)
    _set(session, [way for way in ways if way.id in entered], entered_on=today)
    _set(session, turn.completed, completed_on=today)
    _set(session, turn.late, flagged_late_on=today)
    _set(session, turn.early, wake_on=Passage.opens_on)
    by_end: dict[date, list[Way]] = defaultdict(list)
    for way in turn.watched:
        by_end[way.closes_on].append(way)
    for closes_on, some in by_end.items():
        _set(session, some, wake_on=closes_on + ONE_DAY)


def _set(session: Session, ways: Sequence[Way], **values: object) -> None:
    if ways:
        session.execute(update(Passage).where(col(Passage.id).in_([way.id for way in ways])).values(**values))


def _wake_followers(
    session: Session, definition: Definition, stage: str, completed: Sequence[Way], since: date
) -> None:
    """Have this same morning look at what comes after a stage: it asks for each stage anew, in their order."""
    followers = [rule.key for rule in definition.stages if stage in rule.after]
    if not (followers and completed):
        return
    later = case((col(Passage.opens_on) > since, col(Passage.opens_on)), else_=literal(since))
    session.execute(
        update(Passage)
        .where(
            col(Passage.enrolment_id).in_([way.enrolment_id for way in completed]),
            col(Passage.stage).in_(followers),
            col(Passage.entered_on).is_(None),
        )
        .values(wake_on=later)
        .execution_options(synchronize_session="fetch")
    )


def nudge(session: Session, enrolment: Enrolment, stage: str, *, now: datetime) -> None:
    """After a recorded fact: have the next morning look at a stage, when its exit may hold now."""
    assert enrolment.id is not None
    nudge_all(session, {(enrolment.programme_version_id, stage): [enrolment.id]}, now=now)


_INSIDE = select(col(Passage.enrolment_id), col(Passage.id)).where(
    within(col(Passage.enrolment_id), "ids"),
    col(Passage.stage) == bindparam("stage"),
    col(Passage.entered_on).is_not(None),
    col(Passage.completed_on).is_(None),
)
_WAKE = update(Passage).where(within(col(Passage.id), "ids")).values(wake_on=bindparam("day"))


def nudge_all(session: Session, touched: Mapping[tuple[int, str], Sequence[int]], *, now: datetime) -> None:
    """Do the same for many enrolments, by the version that they follow and by stage."""
    for (version_id, stage), ids in touched.items():
        passages = dict(do(session, _INSIDE, ids=[*ids], stage=stage).tuples().all())
        if passages:
            through = exits(session, definition_of_version_id(session, version_id).stage(stage), [*passages])
            woken = [passages[one] for one in passages if one in through]
            if woken:
                do(session, _WAKE, ids=[*woken], day=civil_day(now))
                renew(session, Passage, woken)
