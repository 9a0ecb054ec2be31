"""What is said of a piece of work that could not be done: about whom, and why, without anybody's data."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError
from sqlalchemy.exc import StatementError
from sqlmodel import Session, col, select

from models import Decision, Enrolment, Evaluation, Step
from programme.errors import Refusal

SAYS_NOBODY = frozenset(
    {
        "checkpoint",
        "cohort",
        "column",
        "count",
        "day",
        "due",
        "fact",
        "kind",
        "language",
        "line",
        "module",
        "on",
        "part",
        "programme",
        "rule",
        "stage",
        "start_on",
        "status",
        "step",
        "until",
        "version",
    }
)
"""The facts of refusals that are never a person's: keys and kinds of the programme, dates, numbers. A `code` may be a
coach's, and a `problem` says what somebody else's code put into it."""
HERE = Path(__file__).resolve().parent.parent
KEPT_BACK = (
    "{where}; its words may name people and are kept back: `mourafaka doctor` looks at what the work rests on, "
    "`mourafaka history` at what was done last"
)

About: TypeAlias = type[Enrolment] | type[Evaluation] | type[Decision] | type[Step]
"""What the ids of a piece of work are of."""


def reason_of(problem: Exception) -> str:
    """Return why something failed, for logs, Prefect and a command's list: they keep it, so it names nobody.

    The sentence of a refusal is said where each of its facts is of the programme; of all else only its class, its
    place, and the constraint that a database holds.
    """
    name = type(problem).__name__
    if isinstance(problem, Refusal) and problem.facts.keys() <= SAYS_NOBODY:
        return f"{name}: {problem}"
    if isinstance(problem, ValidationError):
        return f"{name}: {problem.error_count()} values of {problem.title}"
    if isinstance(problem, StatementError) and (held := _constraint(problem.orig)):
        return f"{name}: {held}"
    return KEPT_BACK.format(where=_where(problem))


def _constraint(said: BaseException | None) -> str:
    """Return the constraint that a database did not let go by; its own words may hold the row's values."""
    known: Any = getattr(getattr(said, "diag", None), "constraint_name", None)  # PostgreSQL
    if known:
        return f"constraint {known}"
    words = str(said)
    return words if " constraint failed" in words else ""  # SQLite names its tables and columns, no values


def _where(problem: Exception) -> str:
    """Return the class of a failure, and the line of ours that it came from."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [one for one in frames if Path(one.filename).is_relative_to(HERE) and "site-packages" not in one.filename]
    if not ours:
        return type(problem).__name__
    return f"{type(problem).__name__} in {Path(ours[-1].filename).relative_to(HERE)}, line {ours[-1].lineno}"


def named(session: Session, of: About, one: int) -> str:
    """Return how people name a row that could not be helped: its enrolment's code, and what of it."""
    if of is Enrolment:
        return session.exec(select(Enrolment.code).where(Enrolment.id == one)).first() or str(one)
    row: Any = of
    what = row.key if of is Step else row.checkpoint
    mine = select(Enrolment.code, what).join_from(Enrolment, row, row.enrolment_id == col(Enrolment.id))
    found = session.exec(mine.where(row.id == one)).first()
    return "/".join(found) if found else str(one)
