"""Writes each cooperative's legal calendar beside its plan, and anew when its fiscal year-end changes."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from models import Cooperative, Enrolment, Step
from programme import reminders
from programme.calendar import Calendar
from programme.definition import Definition
from programme.legal import legal_plan, legal_title
from programme.planning import PlannedStep, end_of


def legal_steps(
    session: Session, enrolment: Enrolment, definition: Definition, calendar: Calendar, today: date
) -> list[Step]:
    """Return the steps of an enrolment's legal calendar; none for a programme without one."""
    if definition.legal is None or enrolment.start_on is None:
        return []
    cooperative = session.get_one(Cooperative, enrolment.cooperative_id)
    return [
        legal_step(enrolment, duty, definition, calendar, today, cooperative.fiscal_year_end)
        for duty in legal_duties(enrolment, cooperative, definition, calendar)
    ]


def legal_duties(
    enrolment: Enrolment,
    cooperative: Cooperative,
    definition: Definition,
    calendar: Calendar,
    *,
    fiscal_year_end: str | None = None,
    start_on: date | None = None,
) -> list[PlannedStep]:
    """Return the legal duties that fall in an enrolment's years of support, by its own year-end and start or others."""
    first = start_on or enrolment.start_on
    if first is None:
        return []
    return legal_plan(
        definition,
        fiscal_year_end or cooperative.fiscal_year_end,
        first,
        end_of(definition, first, calendar),
        calendar,
        registered_on=cooperative.registered_on,
    )


def legal_step(
    enrolment: Enrolment,
    duty: PlannedStep,
    definition: Definition,
    calendar: Calendar,
    today: date,
    fiscal_year_end: str,
) -> Step:
    """Return the row of a duty, with its own title; reminders that are past on the day of planning are not owed."""
    assert enrolment.id is not None
    assert duty.number is not None
    title = legal_title(definition, duty.rule, duty.number, fiscal_year_end)
    since = max(today, enrolment.start_on or today)
    return Step(
        enrolment_id=enrolment.id,
        key=duty.key,
        rule=duty.rule,
        stage=duty.stage,
        kind=duty.kind,
        owner=duty.owner,
        number=duty.number,
        nominal_on=duty.nominal_on,
        due_on=duty.due_on,
        origin="legal",
        title_fr=title.fr,
        title_ar=title.ar,
        remind_on=reminders.first_from(definition.reminders_for("legal"), duty.due_on, since, calendar),
    )
