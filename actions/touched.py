"""Whom a morning is about: the enrolments of all that is due, those of whom something may be concluded first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, select

from actions.morning import Due
from models import Decision, Evaluation, Step
from models.columns import columns
from models.sets import do, within


def _owners(table: Any) -> Any:
    return select(columns(table).id, columns(table).enrolment_id).where(within(columns(table).id, "ids"))


EVALUATED, DECIDED, REMINDED = (_owners(table) for table in (Evaluation, Decision, Step))


class Touched:
    """Gathers enrolments in the order in which a morning comes to them, each once."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    @property
    def enrolments(self) -> list[int]:
        """Return their ids."""
        return list(self._ids)

    def add(self, enrolments: Iterable[int]) -> None:
        """Add enrolments whose stage is looked at."""
        self._ids.update(dict.fromkeys(enrolments))

    def add_due(self, session: Session, due: Due) -> None:
        """Add those of what else is due."""
        self.add(_enrolments(session, DECIDED, due.decisions))
        self.add(_enrolments(session, EVALUATED, due.evaluations))
        self.add(due.alerts)
        self.add(_enrolments(session, REMINDED, due.reminders))


def _enrolments(session: Session, question: Any, ids: Sequence[int]) -> list[int]:
    """Return whose these rows are, in their order; one question, where there are any."""
    found = {row[0]: row[1] for row in do(session, question, ids=sorted(ids))} if ids else {}
    return [found[one] for one in ids if one in found]
