"""Whose notices are: those of an enrolment, and those that were promised after their day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

from models.columns import columns
from models.notice import LATE, Notice
from models.step import Step

NOTICE, STEP = columns(Notice), columns(Step)


def of_enrolments(ids: Any) -> ColumnElement[bool]:
    """Return the condition that a notice is about one of these enrolments (ids, or a question for them).

    Most are about a step, and found by it: an index of the enrolments of all notices has each of a morning's on
    another page.
    """
    steps = select(STEP.id).where(STEP.enrolment_id.in_(ids))
    return or_(and_(NOTICE.enrolment_id.in_(ids), NOTICE.step_id.is_(None)), NOTICE.step_id.in_(steps))


class PromisedLate(FunctionElement[bool]):
    """Holds of all notices that were promised after their day, and of some of its last hour, in the index's words."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> PromisedLate:  # noqa: ARG002
        """Stay the index's condition."""
        return self


@compiles(PromisedLate)
def _in_its_words(_element: PromisedLate, compiler: Any, **_more: Any) -> str:
    return LATE[compiler.dialect.name]
