"""The programme as data: stages, steps, owners, dates, reminders, checkpoints, thresholds, as a version has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from programme.calendar import WEEK_END, Season, SendHours, Weekday
from programme.definition_terms import (
    MEETINGS,
    OF_CHECKPOINTS,
    RECOVERY_LIKE,
    Audience,
    FactName,
    Key,
    Outcome,
    Role,
    Rule,
    StepKind,
    TimingRule,
    WallTime,
)
from programme.eligibility import Eligibility
from programme.timing import Term, Timing
from programme.wording import Bilingual


class ReminderRule(Rule):
    """Who hears, and how many days before (negative) or after (positive) the due date."""

    days: int = Field(ge=-366, le=366)
    to: Audience


class Reminders(Rule):
    """The reminders of a step, and those that a meeting adds.

    A checkpoint's evaluation and decision have those of a step, unless ``checkpoint`` gives them others, or none.
    """

    step: tuple[ReminderRule, ...]
    meeting: tuple[ReminderRule, ...]
    checkpoint: tuple[ReminderRule, ...] | None = None


class ClosedDays(Rule):
    """Days on which nothing falls due: of the week, and the holidays."""

    week: tuple[Weekday, ...] = Field(default=WEEK_END, max_length=6)
    holidays: bool = True


class Sending(Rule):
    """Between which wall-clock times, in Casablanca, notices may leave."""

    opens: WallTime
    closes: WallTime
    early_days: int = Field(
        default=2, ge=1, le=366, description="a cooperative may refuse reminders of so many days before, or more"
    )
    every_day: bool = Field(default=False, description="on Sundays and holidays too")

    def hours(self) -> SendHours:
        """Return the same as the calendar's value."""
        return SendHours(self.opens, self.closes, self.every_day)


class Repeat(Rule):
    """A step that comes several times: ``count`` times, ``every_weeks`` from the first one's rule date."""

    count: int = Field(ge=1, le=60)
    every_weeks: int = Field(default=0, ge=0, le=52)


class StepRule(Rule):
    """One dated thing that someone must do; for a meeting, also when and how long."""

    key: Key
    title: Bilingual
    owner: Role
    due: TimingRule
    kind: StepKind = "step"
    at: WallTime = time(10)
    also_at: tuple[WallTime, ...] = Field(default=(), description="further hours over which a day's visits are spread")
    minutes: int = Field(default=120, ge=15)
    repeat: Repeat | None = None
    spread_days: int = Field(default=0, ge=0, le=10, description="working days over which a coach's visits are spread")
    avoid: tuple[Season, ...] = ()
    before: Key | None = Field(default=None, description="for an evaluation: its checkpoint")


class Exit(Rule):
    """What completes a stage: all its steps, named steps, or a recorded fact that reaches a number."""

    all_done: bool = False
    done: tuple[Key, ...] = ()
    fact: FactName | None = None
    at_least: int = Field(default=1, ge=1)


class Requirement(Rule):
    """A fact and what it must reach: a number (``at_least``) or a share of its whole (``percent`` of ``of``)."""

    fact: FactName
    at_least: int | None = Field(default=None, ge=0)
    percent: int | None = Field(default=None, ge=1, le=100)
    of: int | None = Field(default=None, ge=1)


class Floor(Rule):
    """What a checkpoint asks for at the very least, and the outcome when that is not met, whatever else is."""

    requires: tuple[Requirement, ...] = Field(min_length=1)
    not_met: Outcome


class Gate(Rule):
    """A checkpoint's rule: the outcome when every requirement is met, and the other one; a floor goes before both.

    With ``second_person``, a decision that is not what the rule proposes needs another person's signature too.
    """

    requires: tuple[Requirement, ...]
    met: Outcome
    not_met: Outcome
    floor: Floor | None = None
    second_person: bool = False

    @property
    def weighed(self) -> tuple[Requirement, ...]:
        """Return all that is held against the facts, the floor last."""
        return self.requires + (self.floor.requires if self.floor else ())


class StageRule(Rule):
    """A stage with its window, what must be completed before it, its steps and its exit."""

    key: Key
    title: Bilingual
    opens: TimingRule
    closes: TimingRule
    make_ups_until: TimingRule | None = None
    make_up_after_weeks: int | None = Field(default=None, ge=1, le=104)
    after: tuple[Key, ...] = ()
    steps: tuple[StepRule, ...] = Field(min_length=1)
    exit: Exit


class CheckpointRule(Rule):
    """An evaluation that gates: when it is measured, in which form, and by which rule it is decided."""

    key: Key
    title: Bilingual
    stage: Key
    due: TimingRule
    weeks_before: int = Field(ge=0)
    weeks_after: int = Field(ge=0)
    decide_within_days: int = Field(default=14, ge=1, le=366)
    form: Literal["full", "short"]
    evaluation: Bilingual
    decision: Bilingual
    gate: Gate


class RecoveryRule(Rule):
    """The recovery plan that a decision can add: extra sessions, so many weeks or days apart, each with its report.

    A session is like the step rule ``like``, of its stage, kind, owner and hours. Without ``report``
    nothing is to be handed in.
    """

    title: Bilingual
    report: Bilingual | None = None
    sessions: int = Field(ge=1)
    every_weeks: int = Field(default=0, ge=0, le=52)
    every_days: int = Field(default=0, ge=0, le=366)
    report_within_days: int | None = Field(default=None, ge=1, le=366)
    like: str = RECOVERY_LIKE

    @property
    def apart(self) -> timedelta:
        """Return how far the sessions are from each other, and the first one from the decision."""
        return timedelta(weeks=self.every_weeks, days=self.every_days)


class LegalRule(Rule):
    """One duty of a cooperative's legal year; ``due`` counts from its fiscal year-end (`year-end + 6 months`)."""

    key: Key
    title: Bilingual
    owner: Role
    due: TimingRule


class LegalCalendar(Rule):
    """The legal year of each cooperative, beside the programme's steps, and who hears of it."""

    reminders: tuple[ReminderRule, ...]
    steps: tuple[LegalRule, ...] = Field(min_length=1)


class AlertRules(Rule):
    """When somebody is told that something is amiss, and a suspension or an exit is proposed."""

    missed_in_a_row: int = Field(default=2, ge=1)
    missed_sessions: int = Field(default=3, ge=1)
    days_without_contact: int = Field(default=90, ge=1)
    days_suspended: int = Field(default=180, ge=1)


class Definition(Rule):
    """One version of the programme; an enrolment is pinned to one."""

    programme: Key
    version: int = Field(ge=1)
    title: Bilingual
    lasts: TimingRule
    privacy_contact: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="who answers for personal data (law 09-08)")
    questionnaire: str
    eligibility: Eligibility
    sending: Sending
    reminders: Reminders
    closed_days: ClosedDays = ClosedDays()
    stages: tuple[StageRule, ...] = Field(min_length=1)
    checkpoints: tuple[CheckpointRule, ...]
    recovery: RecoveryRule
    legal: LegalCalendar | None = None
    alerts: AlertRules = AlertRules()
    appeal_days: int = Field(default=15, ge=1, le=366, description="days to file an appeal")
    quiet_days: int = Field(default=7, ge=0, le=60, description="after a notice of change, no reminder but the last")

    def __hash__(self) -> int:
        """Hash by identity: a definition is read once, and what is worked out from it is kept."""
        return id(self)

    def rules(self) -> Iterator[tuple[str, StepRule]]:
        """Yield each step rule with the stage it belongs to, the checkpoints' own ones too, in reading order."""
        for stage in self.stages:
            for step in stage.steps:
                yield stage.key, step
            for checkpoint in self.checkpoints:
                if checkpoint.stage == stage.key:
                    yield from ((stage.key, rule) for rule in checkpoint_steps(checkpoint))

    @cached_property
    def by_key(self) -> dict[str, StepRule]:
        """Return the step rules by full key, `stage.step`."""
        return {f"{stage}.{rule.key}": rule for stage, rule in self.rules()}

    def stage(self, key: str) -> StageRule:
        """Return a stage by its key."""
        return next(stage for stage in self.stages if stage.key == key)

    def checkpoint(self, key: str) -> CheckpointRule:
        """Return a checkpoint by its key."""
        return next(checkpoint for checkpoint in self.checkpoints if checkpoint.key == key)

    def reminders_for(self, kind: str) -> tuple[ReminderRule, ...]:
        """Return the reminders of a step of this kind."""
        if kind == "legal":
            return self.legal.reminders if self.legal else ()
        if kind in OF_CHECKPOINTS and self.reminders.checkpoint is not None:
            return self.reminders.checkpoint
        return self.reminders.step + (self.reminders.meeting if kind in MEETINGS else ())


def checkpoint_steps(checkpoint: CheckpointRule) -> tuple[StepRule, StepRule]:
    """Return the two steps of a checkpoint: the coach's evaluation and the coordinator's decision."""
    evaluation: dict[str, Any] = {"key": f"{checkpoint.key}-evaluation", "kind": "evaluation", "owner": "coach"}
    decision: dict[str, Any] = {"key": f"{checkpoint.key}-decision", "kind": "decision", "owner": "coordinator"}
    due = Timing(f"{checkpoint.stage}.{evaluation['key']}", (Term(checkpoint.decide_within_days, "days"),))
    return (
        StepRule(title=checkpoint.evaluation, due=checkpoint.due, before=checkpoint.key, **evaluation),
        StepRule(title=checkpoint.decision, due=due, before=checkpoint.key, **decision),
    )
