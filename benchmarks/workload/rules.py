"""The workload's calendar and its decisions, simpler than the programme's own on purpose; days count from 0."""

from __future__ import annotations

LAST_DAY = 730
STEPS = tuple((k, 5 + 18 * k) for k in range(1, 41))
"""Each main step with the day it is due."""
EVALUATION_DAYS = (0, 182, 365, 547, LAST_DAY)
EXTRA_AFTER = (30, 60)
"""Days from an evaluation that asks for extra coaching to its two steps."""
OPENS_BEFORE = 12
KINDS = {-7: "R", 0: "D", 3: "X"}
"""A step's notices by their day, counted from the day it is due: reminder, due day, escalation."""
FIRST_EXTRA, CLOSING_KEY, EVALUATION_KEY, EVALUATION_STEP = 100, 1000, 2000, 900
COOPERATIVES_A_COACH = 8


def stage_of(k: int) -> str:
    """Return the stage of a step; extra steps are coaching."""
    if k <= 8:
        return "diagnosis"
    return "training" if k <= 22 else "coaching"


def extra_steps(evaluation: int) -> list[tuple[int, int]]:
    """Return the steps that an evaluation adds, each with the day it is due."""
    day = EVALUATION_DAYS[evaluation]
    return [(FIRST_EXTRA + 2 * evaluation + number, day + after) for number, after in enumerate(EXTRA_AFTER)]


def closing_day(due: int, draw: int) -> int:
    """Return the day on which the coach closes a step: most before it is due, some only after the escalation."""
    if draw < 80:
        return due - draw % 12
    return due + 5 if draw < 95 else due + 3


def decision(evaluation: int, score: int) -> str:
    """Return what an evaluation decides: ``continue``, ``extra``, or the outcome that ends the enrolment."""
    last = EVALUATION_DAYS[evaluation] == LAST_DAY
    if score < 3:
        return "failed" if last else "exit"
    if score < 20:
        return "reserve" if last else "extra"
    return "graduated" if last else "continue"


def ends(decided: str) -> bool:
    """Say whether a decision is an outcome."""
    return decided not in {"continue", "extra"}
