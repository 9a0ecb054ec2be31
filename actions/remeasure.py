"""Measures a checkpoint anew: another campaign, beside which the earlier answers stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions import history
from actions.access import refuse_outsider
from actions.closing import opened
from actions.drafting import drafted_on, form_of
from actions.lookup import enrolment_named, refuse_future
from actions.reweigh import reweigh_measure
from actions.timely import refuse_too_early
from models import Decision, Enrolment, Evaluation, Step
from programme.civil import civil_day
from programme.decision_errors import NotRecorded
from programme.scoring import Answer, default_questionnaire, score


def measure_again(
    session: Session,
    *,
    code: str,
    checkpoint: str,
    answers: Mapping[str, Answer],
    on: date,
    by: str,
    now: datetime,
    early: bool = False,
) -> Evaluation:
    """Measure a checkpoint anew, as another campaign: the earlier answers stay as they are.

    What was only proposed is proposed anew on the new measure; a signed decision stands, and is flagged where its
    rule asks for the score. A plan that is still to be drafted will rest on the new measure; a drafted one stays.
    """
    enrolment = enrolment_named(session, code, to_change=True)
    refuse_outsider(session, by, enrolment, civil_day(now))
    refuse_future(on, civil_day(now))
    mine = (Evaluation.enrolment_id == enrolment.id, Evaluation.checkpoint == checkpoint)
    last = session.exec(select(Evaluation).where(*mine).order_by(col(Evaluation.campaign).desc())).first()
    if last is None:
        raise NotRecorded(subject=checkpoint, code=code, fact="evaluation")
    _refuse_too_early(session, enrolment, checkpoint, on, early=early)
    result = score(default_questionnaire(), answers, form_of(last))
    values = last.model_dump(exclude={"id", "answers", "score"}) | {"on": on, "recorded_by": by, "recorded_at": now}
    new = Evaluation(**values | {"campaign": last.campaign + 1, "answers": dict(answers), "score": result.to_json()})
    decision = session.exec(
        select(Decision).where(Decision.enrolment_id == enrolment.id, Decision.checkpoint == checkpoint)
    ).first()
    new.proposed_on = on if decision is not None and decision.status == "decided" else None
    session.add(new)
    session.flush()
    _write_down(session, enrolment, new, by=by, now=now)
    if decision is not None:
        reweigh_measure(session, enrolment, decision, new, by=by, now=now)
    last.proposed_on = last.proposed_on or civil_day(now)
    return new


def _refuse_too_early(session: Session, enrolment: Enrolment, checkpoint: str, on: date, *, early: bool) -> None:
    step = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, col(Step.key).endswith(f".{checkpoint}-evaluation"))
    ).first()
    if step is not None:
        refuse_too_early(session, [opened(enrolment, step)], on=on, early=early)


def _write_down(session: Session, enrolment: Enrolment, new: Evaluation, *, by: str, now: datetime) -> None:
    drafted = drafted_on(session, enrolment, new)
    why = f"the plan was drafted on {drafted} and stays" if drafted else ""
    history.record(
        session,
        enrolment,
        "measured again",
        by=by,
        now=now,
        subject=new.checkpoint,
        why=why,
        campaign=new.campaign,
    )
