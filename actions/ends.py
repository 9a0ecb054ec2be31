"""Ends an enrolment: what is open is not required any more, what has not left is taken back; what was done stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, update
from sqlmodel import Session, col, select

from actions import history
from actions.lookup import enrolment_named, refuse_future, suspension_of
from actions.meetings import cancel_meetings
from actions.pause import said
from actions.programmes import calendar_of, definition_of_version_id
from actions.slices import sliced
from actions.stored_words import OF_ENROLMENTS, OF_OUTCOMES, word_of
from actions.watch import settle_alerts
from actions.withdrawal import close_rows, take_back, take_back_all, take_back_rest
from models import Alert, Enrolment, EnrolmentLine, Passage, Step
from models.sets import do, renew, within
from programme.civil import civil_day
from programme.definition_terms import Outcome
from programme.pausing import days_left
from programme.pausing_errors import AlreadyEnded, EndUnknown, NotSelected

CLOSING = "closing"
"""The stage that a completed programme completes, where there is one."""
HOWS = ("dropped", "excluded", "dissolved")
"""How an enrolment may end before its two years are over; each is a status."""
NOT_SELECTED = "not selected"
LIVING = frozenset({"selected", "active", "suspended"})


@dataclass(frozen=True)
class Ending:
    """How an enrolment ends: its last status and outcome, from which day, and why.

    After a ``decided`` end its results are still told; after any other nothing is.
    """

    status: str
    outcome: str
    on: date
    why: str = ""
    decided: bool = False


def decided_end(outcome: Outcome, on: date) -> Ending:
    """Return the ending that a checkpoint's decision brings."""
    return Ending("excluded" if outcome == "exit" else "completed", outcome, on, outcome, decided=True)


def end(
    session: Session, *, code: str, how: str, reason: str, by: str, now: datetime, on: date | None = None
) -> Enrolment:
    """End an enrolment for ever: it was dropped, excluded or dissolved; another cohort would be a new enrolment."""
    enrolment, ended_on = enrolment_named(session, code), on or civil_day(now)
    if how not in HOWS:
        raise EndUnknown(how=how, known=", ".join(HOWS))
    if enrolment.status not in LIVING:
        outcome = str(enrolment.outcome)
        raise AlreadyEnded(
            code=code, on=enrolment.ended_on, outcome=(OF_OUTCOMES | OF_ENROLMENTS).get(outcome, outcome)
        )
    refuse_future(ended_on, civil_day(now))
    finish(session, enrolment, Ending(how, how, ended_on, said(reason)), by=by, now=now)
    return enrolment


def decline(session: Session, *, code: str, reason: str, by: str, now: datetime) -> Enrolment:
    """Do not take a selected cooperative into its cohort; it may appeal."""
    enrolment = enrolment_named(session, code)
    if enrolment.status != "selected":
        raise NotSelected(code=code, status=word_of(OF_ENROLMENTS, enrolment.status))
    finish(session, enrolment, Ending("excluded", NOT_SELECTED, civil_day(now), said(reason)), by=by, now=now)
    return enrolment


class Finished(NamedTuple):
    """An enrolment and how it ends."""

    enrolment: Enrolment | EnrolmentLine
    ending: Ending


class _Open(NamedTuple):
    """An open step as an end finds it."""

    id: int
    enrolment_id: int
    key: str
    due_on: date
    remind_on: date | None
    origin: str
    at: str | None


class _Stage(NamedTuple):
    """A passage as an end finds it."""

    id: int
    enrolment_id: int
    stage: str
    wake_on: date | None


@dataclass(frozen=True)
class _Found:
    """What is open of enrolments, and the stages that wait, by enrolment."""

    steps: Mapping[int, list[_Open]]
    stages: Mapping[int, list[_Stage]]


def finish(session: Session, enrolment: Enrolment, ending: Ending, *, by: str, now: datetime) -> None:
    """End an enrolment: open steps are not required any more, what has not left about them is taken back.

    The history keeps what was open and how much time each step had left: an appeal may bring it back.
    """
    finish_all(session, [Finished(enrolment, ending)], by=by, now=now)


def finish_all(session: Session, finished: Sequence[Finished], *, by: str, now: datetime) -> None:
    """End many enrolments, each in its way."""
    for some in sliced(finished):
        _finish(session, some, by=by, now=now)


def _finish(session: Session, finished: Sequence[Finished], *, by: str, now: datetime) -> None:
    session.flush()
    ids = [one.enrolment.id or 0 for one in finished]
    known, counts = _found(session, ids), _counting(session)
    before = []
    for one in finished:
        steps = known.steps[one.enrolment.id or 0]
        left = _left(session, one, steps, counts(one.enrolment))
        before.append(_before(one.enrolment, known, left) | {"taken_at": now.isoformat()})
    for ending, some in _by_ending(finished).items():
        do(session, _END, ids=some, last=ending.status, how=ending.outcome, day=ending.on)
        renew(session, Enrolment, some)
        opened = [step.id for one in some for step in known.steps[one]]
        close_rows(session, opened, "not_required", on=ending.on, by="engine")
        _withdraw(session, some, opened, ending, now=now)
    _settle_beside(session, finished, known, by=by, now=now)
    lines = _rest_stages(session, finished, known, now=now)
    at = history.not_before(session, now)
    lines += [_line(one, detail, by=by, now=at) for one, detail in zip(finished, before, strict=True)]
    history.record_each(session, lines)


_END = (
    update(Enrolment)
    .where(within(col(Enrolment.id), "ids"))
    .values(
        status=bindparam("last"),
        outcome=bindparam("how"),
        ended_on=bindparam("day"),
        watch_on=None,
        version=col(Enrolment.version) + 1,
    )
)

Counting = Callable[[date, date], int]
"""Working days from the second day to the first, as `days_left` counts them."""


def _counting(session: Session) -> Callable[[Enrolment | EnrolmentLine], Counting]:
    """Return how an enrolment's days are counted; the same two days are counted once for all that follow a version."""

    @cache
    def of_version(version_id: int) -> Counting:
        calendar = calendar_of(session, definition_of_version_id(session, version_id))
        return cache(lambda due_on, on: days_left(due_on, on, calendar))

    return lambda enrolment: of_version(enrolment.programme_version_id)


def _line(one: Finished, before: Mapping[str, Any], *, by: str, now: datetime) -> dict[str, Any]:
    ending = one.ending
    detail = {"outcome": ending.outcome, "on": str(ending.on), **before}
    return history.line(one.enrolment.id or 0, "ended", by=by, now=now, why=ending.why, **detail)


_OPENED: Select[Any] = (
    select(*(getattr(Step, name) for name in _Open._fields))
    .where(within(col(Step.enrolment_id), "ids"), Step.status == "open", Step.origin != "call")
    .order_by(col(Step.due_on), Step.key)
)
_STAGES = select(*(getattr(Passage, name) for name in _Stage._fields)).where(within(col(Passage.enrolment_id), "ids"))


def _found(session: Session, ids: Sequence[int]) -> _Found:
    """Read what is open of enrolments; calls are closed by an end too, but with what they were to tell."""
    steps: dict[int, list[_Open]] = defaultdict(list)
    for row in do(session, _OPENED, ids=[*ids]).all():
        steps[row[1]].append(_Open._make(row))
    stages: dict[int, list[_Stage]] = defaultdict(list)
    for row in do(session, _STAGES, ids=[*ids]).all():
        stages[row[1]].append(_Stage._make(row))
    return _Found(steps, stages)


def _by_ending(finished: Sequence[Finished]) -> Mapping[Ending, list[int]]:
    groups: dict[Ending, list[int]] = defaultdict(list)
    for one in finished:
        groups[one.ending].append(one.enrolment.id or 0)
    return groups


def _settle_beside(session: Session, finished: Sequence[Finished], known: _Found, *, by: str, now: datetime) -> None:
    """Take invitations back and close alerts, where an enrolment has any."""
    alerted = set(session.exec(select(Alert.enrolment_id).where(Alert.status == "open").distinct()))
    for one, ending in finished:
        meetings = [step.id for step in known.steps[one.id or 0] if step.at is not None]
        if not meetings and one.id not in alerted:
            continue
        enrolment = session.get_one(Enrolment, one.id)
        if meetings:
            rows = session.exec(select(Step).where(col(Step.id).in_(meetings)).order_by(col(Step.due_on), Step.key))
            cancel_meetings(session, enrolment, rows.all(), by=by, now=now)
        if enrolment.id in alerted:
            settle_alerts(session, enrolment, "exit", by=by, why=f"ended: {ending.outcome}", now=now)


_REST = update(Passage).where(within(col(Passage.id), "ids")).values(wake_on=None)


def _rest_stages(
    session: Session, finished: Sequence[Finished], known: _Found, *, now: datetime
) -> list[dict[str, Any]]:
    """Let stages rest; the closing one of who has completed the programme is completed. Return what is told of it."""
    at, lines = history.not_before(session, now), []
    waiting = [stage.id for stages in known.stages.values() for stage in stages if stage.wake_on is not None]
    if waiting:
        do(session, _REST, ids=waiting)
        renew(session, Passage, waiting)
    for enrolment, ending in finished:
        for stage in known.stages[enrolment.id or 0]:
            if stage.stage == CLOSING and ending.status == "completed":
                session.execute(update(Passage).where(col(Passage.id) == stage.id).values(completed_on=ending.on))
                lines.append(
                    history.line(stage.enrolment_id, "stage completed", by="engine", now=at, subject=stage.stage)
                )
    return lines


def end_reason(outcome: str) -> str:
    """Return what the ledger says of a notice that an end took back."""
    return f"enrolment ended: {outcome}"


def _withdraw(session: Session, ids: Sequence[int], step_ids: Sequence[int], ending: Ending, *, now: datetime) -> None:
    reason = end_reason(ending.outcome)
    if ending.decided:
        take_back(session, step_ids, reason=reason, now=now)
        take_back_rest(session, ids, reason=reason, now=now)
        return
    take_back_all(session, ids, reason=reason, now=now)


def _left(session: Session, one: Finished, steps: Sequence[_Open], count: Counting) -> dict[str, int]:
    """Return the working days that open steps have left; of a pause that ends by this, those that it kept."""
    pause = suspension_of(session, one.enrolment)
    if pause is None:
        return _days_left(steps, one.ending.on, count)
    pause.until_on = max(one.ending.on, pause.from_on)
    session.add(pause)
    return {**_days_left(steps, pause.from_on, count), **pause.remaining}


def _days_left(steps: Sequence[_Open], on: date, count: Counting) -> dict[str, int]:
    """Return it by step; a legal duty's date is the law's, and no pause moves it."""
    return {step.key: count(step.due_on, on) for step in steps if step.origin != "legal"}


def _before(enrolment: Enrolment | EnrolmentLine, known: _Found, left: Mapping[str, int]) -> dict[str, Any]:
    steps, stages = known.steps[enrolment.id or 0], known.stages[enrolment.id or 0]
    return {
        "was": enrolment.status,
        "remaining": left,
        "open": {step.key: str(step.remind_on) if step.remind_on else None for step in steps},
        "waking": {one.stage: str(one.wake_on) for one in stages if one.wake_on is not None},
    }
