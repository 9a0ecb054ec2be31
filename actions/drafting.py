"""Drafts the development plan: an action for each of the weakest axes of the first measure, as it stands corrected."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from models import Enrolment, Evaluation, PlanAction, Step
from programme.errors import MeasureFirst
from programme.scoring import Form, default_questionnaire, score, weakest

PLAN_DRAFT = "diagnosis.plan-draft"


def draft_plan(session: Session, enrolment: Enrolment, *, by: str, now: datetime) -> None:
    """Give the development plan one action for each of the weakest axes of the first measure."""
    measure = first_measure(session, enrolment)
    if measure is None:
        raise MeasureFirst(code=enrolment.code)
    assert enrolment.id is not None
    questionnaire = default_questionnaire()
    axes = weakest(score(questionnaire, dict(measure.answers), form_of(measure)), questionnaire)
    session.add_all(
        PlanAction(enrolment_id=enrolment.id, axis=axis.key, title_fr=axis.action.fr, title_ar=axis.action.ar)
        for axis in axes
    )
    history.record(
        session,
        enrolment,
        "plan drafted",
        by=by,
        now=now,
        why=f"the weakest axes of {measure.checkpoint}",
        axes=[axis.key for axis in axes],
    )


def form_of(measure: Evaluation) -> Form:
    """Return which questions a measure asked."""
    return "short" if measure.form == "short" else "full"


def first_measure(session: Session, enrolment: Enrolment) -> Evaluation | None:
    """Return the last campaign of the checkpoint that was measured first, on whatever day it was measured again."""
    mine = select(Evaluation).where(Evaluation.enrolment_id == enrolment.id)
    first = session.exec(mine.order_by(col(Evaluation.on), col(Evaluation.campaign), col(Evaluation.id))).first()
    if first is None:
        return None
    again = mine.where(Evaluation.checkpoint == first.checkpoint)
    return session.exec(again.order_by(col(Evaluation.campaign).desc(), col(Evaluation.id).desc())).first()


def drafted_on(session: Session, enrolment: Enrolment, measure: Evaluation) -> date | None:
    """Return since when a plan rests on an earlier campaign of this measure: it was agreed on, and stays."""
    if first_measure(session, enrolment) != measure:
        return None
    mine = select(Step).where(Step.enrolment_id == enrolment.id, Step.key == PLAN_DRAFT, Step.status == "done")
    drafted = session.exec(mine).first()
    return drafted.done_on if drafted else None
