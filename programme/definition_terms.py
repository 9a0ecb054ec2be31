"""What a definition is written in: roles, kinds of step, facts, outcomes, and how keys, dates and hours are read."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from programme.timing import Timing, read_timing

Role = Literal["coordinator", "coach", "cooperative", "delegate"]
Audience = Literal["owner", "coordinator", "coach", "cooperative", "delegate"]
StepKind = Literal["step", "meeting", "module", "session", "report", "evaluation", "decision", "legal"]
FactName = Literal[
    "sessions_held", "modules_present", "plan_done_percent", "endline_done", "assembly_held", "global_score"
]
Outcome = Literal["continue", "recovery", "certificate", "participation", "exit"]

MEETINGS: frozenset[StepKind] = frozenset({"meeting", "module", "session"})
"""Kinds of step that bring people together at an hour and a place."""

ENDINGS: frozenset[Outcome] = frozenset({"certificate", "participation", "exit"})
"""Outcomes of a decision that end the enrolment."""

OF_CHECKPOINTS: frozenset[StepKind] = frozenset({"evaluation", "decision"})
"""Kinds of step that a checkpoint brings."""

RECOVERY_LIKE, RECOVERY_REPORT_LIKE = "coaching.session", "coaching.report"
"""The step rules that a recovery plan's sessions and reports are like."""

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9\-]*$")]
"""Without a dot: a step's full key is its stage's, a dot and its own, and what is asked of a stage reads it there."""


def _date_rule(value: object) -> object:
    """Read a written date rule; the kind of a flaw, not pydantic's English, is what the refusal is made of."""
    if isinstance(value, Timing):
        return value
    text = "" if value is None else str(value)
    try:
        return read_timing(text)
    except ValueError as error:
        raise PydanticCustomError("date_rule", "{text} is not a date rule", {"text": text}) from error


def _wall_time(value: object) -> object:
    """Refuse a bare number: YAML reads 10:00 without quotes as 600, which would mean ten past midnight."""
    if isinstance(value, int | float):
        raise PydanticCustomError("time_parsing", "not an hour between quotes")
    return value


TimingRule = Annotated[Timing, BeforeValidator(_date_rule)]
WallTime = Annotated[time, BeforeValidator(_wall_time)]


class Rule(BaseModel):
    """A part of a definition: immutable, and nothing unknown is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
