"""What another version would change in a cohort: per enrolment and in sum, in words, with a digest to approve."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from actions.cohorts import cohort_of
from actions.lookup import suspension_of
from actions.migration_words import said_of, sums_of
from actions.programmes import calendar_of, closures_of, definition_of, definition_of_version
from models import Cohort, Cooperative, Enrolment, History, Notice, Passage, ProgrammeVersion, Step, Suspension
from programme.civil import civil_day
from programme.diffs import DIGEST_LENGTH
from programme.migration import Added, Case, Choice, Migration, Turn, migration, rule_keys
from programme.migration_errors import ChoiceTwice, ChoiceUnknown, VersionUnknown
from programme.replanning import Held
from programme.wording import Sentence

VERB = "migrated"
MOVABLE = ("active", "suspended")


@dataclass(frozen=True)
class Plan:
    """What a turn changes for one enrolment, and how many notices that have not left it takes back."""

    enrolment: Enrolment
    turn: Turn
    change: Migration
    taken_back: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "code": self.enrolment.code,
            "status": self.enrolment.status,
            "from": self.turn.before.version,
            "added": [_added(one) for one in self.change.added],
            "moved": [
                {"step": one.key, "was_on": one.was_on.isoformat(), "on": one.on.isoformat()}
                for one in self.change.moved
            ],
            "removed": [held.key for held in self.change.removed],
            "remade": [held.key for held in self.change.remade],
            "stages": [
                {"stage": one.stage, "opens_on": one.opens_on.isoformat(), "closes_on": one.closes_on.isoformat()}
                for one in self.change.windows
            ],
            "removed_stages": list(self.change.closed_stages),
            "notices_taken_back": self.taken_back,
            "says": [one.say() for one in said_of(self.change)],
        }

    @property
    def digest(self) -> str:
        """Return what identifies it: kept in the history, so that a second run after a crash is the same run."""
        return _digest({name: value for name, value in self.to_json().items() if name != "notices_taken_back"})


def _added(one: Added) -> dict[str, Any]:
    return {
        "step": one.step.key,
        "on": one.step.due_on.isoformat() if one.is_written else None,
        "past": one.past,
        "choice": one.choice,
    }


def _digest(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


@dataclass(frozen=True)
class CohortPlan:
    """What a turn changes in a cohort; ``done`` holds the digests of those that have made this very turn already."""

    cohort: str
    version: int
    version_id: int
    plans: tuple[Plan, ...]
    done: Mapping[str, str]
    ended: int
    waiting: int
    choices: Mapping[str, Choice] = field(default_factory=dict)
    follows: bool = False

    @property
    def undecided(self) -> list[str]:
        """Return what is past for somebody and still to be chosen for."""
        return sorted({label for plan in self.plans for label in plan.change.undecided})

    @property
    def is_done(self) -> bool:
        """Tell whether nobody is left to turn, and the cohort's next enrolments follow."""
        return not self.plans and self.follows

    @property
    def digest(self) -> str:
        """Return what a person approves; half-way through, it is still the same."""
        each = {plan.enrolment.code: plan.digest for plan in self.plans} | dict(self.done)
        return _digest([self.cohort, self.version, each])

    def sums(self) -> list[Sentence]:
        """Say it in sum."""
        changes = [plan.change for plan in self.plans]
        return sums_of(changes, taken_back=sum(plan.taken_back for plan in self.plans))

    def to_json(self) -> dict[str, Any]:
        """Return the document that is shown and approved."""
        return {
            "cohort": self.cohort,
            "to": self.version,
            "says": [one.say() for one in self.sums()],
            "undecided": self.undecided,
            "choices": dict(self.choices),
            "counts": {
                "to_migrate": len(self.plans),
                "migrated": len(self.done),
                "ended": self.ended,
                "not_enrolled": self.waiting,
            },
            "enrolments": [plan.to_json() for plan in self.plans],
            "digest": self.digest,
        }


def plan_cohort(
    session: Session, *, cohort: str, now: datetime, to: int | None = None, choices: Mapping[str, Choice] | None = None
) -> CohortPlan:
    """Return what another version (the newest when not given) would change for everybody of a cohort."""
    row = cohort_of(session, cohort)
    target = version_named(session, row, to)
    assert target.id is not None
    chosen = dict(choices or {})
    _check(target, chosen)
    enrolments = session.exec(select(Enrolment).where(Enrolment.cohort_id == row.id).order_by(Enrolment.code)).all()
    moving = [one for one in enrolments if one.status in MOVABLE and one.programme_version_id != target.id]
    statuses = Counter(one.status for one in enrolments)
    return CohortPlan(
        cohort=cohort,
        version=target.version,
        version_id=target.id,
        plans=tuple(plan_of(session, one, target, chosen, now=now) for one in moving),
        done=_done(session, [one for one in enrolments if one.programme_version_id == target.id], target.version),
        ended=sum(count for status, count in statuses.items() if status not in {*MOVABLE, "selected"}),
        waiting=statuses["selected"],
        choices=chosen,
        follows=row.programme_version_id == target.id,
    )


def version_named(session: Session, cohort: Cohort, number: int | None) -> ProgrammeVersion:
    """Return a published version of a cohort's programme; the newest when no number is given."""
    programme = session.get_one(ProgrammeVersion, cohort.programme_version_id).programme
    known = session.exec(
        select(ProgrammeVersion)
        .where(ProgrammeVersion.programme == programme)
        .order_by(col(ProgrammeVersion.version).desc())
    ).all()
    found = known[0] if number is None else next((one for one in known if one.version == number), None)
    if found is None:
        listed = ", ".join(str(one.version) for one in reversed(known))
        raise VersionUnknown(programme=programme, version=number, known=listed)
    return found


def chosen_of(skip: Sequence[str], schedule: Sequence[str]) -> dict[str, Choice]:
    """Return the choices by key; refused when one is chosen for twice."""
    both = sorted({*skip} & {*schedule})
    if both:
        raise ChoiceTwice(key=both[0])
    skipped: dict[str, Choice] = dict.fromkeys(skip, "skip")
    scheduled: dict[str, Choice] = dict.fromkeys(schedule, "schedule")
    return skipped | scheduled


def _check(target: ProgrammeVersion, choices: Mapping[str, Choice]) -> None:
    unknown = sorted({*choices} - rule_keys(definition_of_version(target)))
    if unknown:
        raise ChoiceUnknown(key=unknown[0], version=target.version)


def _done(session: Session, enrolments: Sequence[Enrolment], version: int) -> dict[str, str]:
    """Return the digests of the plans that were carried out for those who are on the version already."""
    ids = {one.id: one.code for one in enrolments}
    rows = session.exec(select(History).where(History.verb == VERB, col(History.enrolment_id).in_(ids)))
    return {
        ids[row.enrolment_id]: row.detail["digest"]
        for row in rows
        if row.subject == str(version) and "digest" in row.detail
    }


def plan_of(
    session: Session, enrolment: Enrolment, target: ProgrammeVersion, choices: Mapping[str, Choice], *, now: datetime
) -> Plan:
    """Return what a version would change for one enrolment."""
    after = definition_of_version(target)
    turn = Turn(definition_of(session, enrolment), after, calendar_of(session, after), choices)
    rows = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.origin != "call").order_by(Step.key)
    ).all()
    change = migration(turn, _case(session, enrolment, rows, civil_day(now)))
    touched = change.touched | {held.key for held in change.removed}
    ids = [row.id for row in rows if row.key in touched]
    return Plan(enrolment, turn, change, _pending(session, ids))


def _case(session: Session, enrolment: Enrolment, rows: Sequence[Step], today: date) -> Case:
    cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
    asleep = suspension_of(session, enrolment)
    assert enrolment.start_on is not None
    return Case(
        start_on=enrolment.start_on,
        from_on=asleep.from_on if asleep else today,
        held=tuple(_held(row) for row in rows),
        stages=_stages(session, enrolment),
        rank=enrolment.rank,
        pauses=_pauses(session, enrolment),
        closed=closures_of(session, enrolment),
        fiscal_year_end=cooperative.fiscal_year_end,
        registered_on=cooperative.registered_on,
    )


def _held(row: Step) -> Held:
    return Held(
        key=row.key,
        rule=row.rule,
        kind=row.kind,
        nominal_on=row.nominal_on,
        due_on=row.due_on,
        is_open=row.status == "open",
        pinned=row.pinned,
        origin=row.origin,
    )


def _stages(session: Session, enrolment: Enrolment) -> dict[str, bool]:
    rows = session.exec(select(Passage).where(Passage.enrolment_id == enrolment.id))
    return {row.stage: row.completed_on is not None for row in rows}


def _pauses(session: Session, enrolment: Enrolment) -> tuple[tuple[date, date], ...]:
    rows = session.exec(
        select(Suspension).where(Suspension.enrolment_id == enrolment.id).order_by(col(Suspension.from_on))
    )
    return tuple((row.from_on, row.until_on) for row in rows if row.until_on is not None)


def _pending(session: Session, ids: Sequence[int | None]) -> int:
    return session.exec(
        select(func.count())
        .select_from(Notice)
        .where(col(Notice.step_id).in_(ids), Notice.status == "pending", Notice.doubts == 0)
    ).one()
