"""What every verb that tells people works with: a session's moment, definition, calendar and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from actions.programmes import calendar_of, definition_of
from models import Cohort, Enrolment, EnrolmentLine
from notifications.promises import Desk
from notifications.recipients import directory
from programme.civil import civil_day


def open_desk(
    session: Session, cohort: Cohort, enrolments: Sequence[Enrolment | EnrolmentLine], *, now: datetime
) -> Desk:
    """Return the desk for some enrolments of a cohort that are pinned to one version of the programme."""
    definition = definition_of(session, enrolments[0] if enrolments else cohort)
    people = directory(session, enrolments, civil_day(now))
    return Desk(session, now, calendar_of(session, definition), definition, people)
