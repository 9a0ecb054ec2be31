"""The conclusions that a morning draws from facts and dates: stages entered and completed, decisions proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from actions import history
from actions.facts import fact_of, facts_of
from actions.programmes import definition_of
from models import Cohort, Decision, Enrolment, Evaluation, Passage, Step
from programme.calendar import ONE_DAY
from programme.civil import civil_day
from programme.definition import ENDINGS, Definition, FactName, StageRule
from programme.gates import is_completed, propose


@dataclass(frozen=True)
class Conclusion:
    """What was concluded of one enrolment: the flows show it and emit it as an event."""

    enrolment: str
    enrolment_id: int
    subject: str
    what: str


def passages_due(session: Session, cohort: Cohort, today: date) -> dict[str, list[int]]:
    """Return, by stage, the enrolments about whose stage something may be concluded today."""
    rows = session.exec(
        select(Passage.stage, Passage.enrolment_id)
        .join(Enrolment)
        .where(
            col(Passage.wake_on).is_not(None),
            col(Passage.wake_on) <= today,
            Enrolment.cohort_id == cohort.id,
            Enrolment.status == "active",
        )
        .order_by(col(Passage.enrolment_id))
    )
    due: dict[str, list[int]] = {}
    for stage, enrolment_id in rows:
        due.setdefault(stage, []).append(enrolment_id)
    return due


def conclude_stage(
    session: Session,
    cohort: Cohort,  # noqa: ARG001 - every piece of a morning is asked for with its cohort
    stage: str,
    enrolment_id: int,
    *,
    now: datetime,
) -> list[Conclusion]:
    """Enter or complete a stage of one enrolment where its rule allows it, and set when to look again.

    Of an enrolment that ended since the morning asked what is due, nothing is concluded.
    """
    today = civil_day(now)
    enrolment = session.get_one(Enrolment, enrolment_id)
    if enrolment.status != "active":
        return []
    definition = definition_of(session, enrolment)
    passage = _passage(session, enrolment_id, stage)
    passage.wake_on = None
    concluded = []
    if passage.entered_on is None and _may_enter(session, definition.stage(stage), enrolment_id, passage, today):
        passage.entered_on = today
        concluded.append("entered")
    if passage.entered_on and not passage.completed_on:
        if _exit_holds(session, definition, stage, enrolment_id):
            passage.completed_on = today
            concluded.append("completed")
            _wake_followers(session, definition, stage, enrolment_id, today)
        else:
            concluded += _watch_window(passage, today)
    for what in concluded:
        history.record(session, enrolment, f"stage {what}", by="engine", now=now, subject=stage)
    return [Conclusion(enrolment.code, enrolment_id, stage, what) for what in concluded]


def _passage(session: Session, enrolment_id: int, stage: str) -> Passage:
    return session.exec(select(Passage).where(Passage.enrolment_id == enrolment_id, Passage.stage == stage)).one()


def _may_enter(session: Session, rule: StageRule, enrolment_id: int, passage: Passage, today: date) -> bool:
    """Tell whether the window is open and all that goes before is completed; else wait for what is missing."""
    if today < passage.opens_on:
        passage.wake_on = passage.opens_on
        return False
    if not rule.after:
        return True
    completed = session.exec(
        select(func.count())
        .select_from(Passage)
        .where(
            Passage.enrolment_id == enrolment_id,
            col(Passage.stage).in_(rule.after),
            col(Passage.completed_on).is_not(None),
        )
    ).one()
    return completed == len(rule.after)


def _exit_holds(session: Session, definition: Definition, stage: str, enrolment_id: int) -> bool:
    """Hold a stage's exit rule against what is recorded, asking only for what the rule speaks of."""
    rule = definition.stage(stage)
    if rule.exit.fact is not None:
        fact = rule.exit.fact
        return is_completed(rule, open_keys=(), done_keys=(), facts={fact: fact_of(session, fact, enrolment_id)})
    rows = session.exec(
        select(Step.key, Step.status).where(
            Step.enrolment_id == enrolment_id, Step.stage == stage, col(Step.status).in_(("open", "done"))
        )
    ).all()
    keys = {state: {key.partition(".")[2] for key, status in rows if status == state} for state in ("open", "done")}
    return is_completed(rule, open_keys=keys["open"], done_keys=keys["done"], facts={})


def _wake_followers(session: Session, definition: Definition, stage: str, enrolment_id: int, since: date) -> None:
    """Have this same morning look at what comes after a stage: it asks for each stage anew, in their order."""
    followers = [rule.key for rule in definition.stages if stage in rule.after]
    rows = session.exec(
        select(Passage).where(
            Passage.enrolment_id == enrolment_id, col(Passage.stage).in_(followers), col(Passage.entered_on).is_(None)
        )
    )
    for passage in rows:
        passage.wake_on = max(passage.opens_on, since)


def _watch_window(passage: Passage, today: date) -> list[str]:
    """Flag a stage whose window has closed, once; it goes on (late is flagged, not blocked)."""
    if today > passage.closes_on and passage.flagged_late_on is None:
        passage.flagged_late_on = today
        return ["late"]
    if today <= passage.closes_on:
        passage.wake_on = passage.closes_on + ONE_DAY
    return []


def nudge(session: Session, enrolment: Enrolment, stage: str, *, now: datetime) -> None:
    """After a recorded fact: have the next morning look at a stage, when its exit may hold now."""
    today = civil_day(now)
    passage = session.exec(
        select(Passage).where(
            Passage.enrolment_id == enrolment.id,
            Passage.stage == stage,
            col(Passage.entered_on).is_not(None),
            col(Passage.completed_on).is_(None),
        )
    ).first()
    if passage is not None and _exit_holds(session, definition_of(session, enrolment), stage, passage.enrolment_id):
        passage.wake_on = today


def evaluations_waiting(session: Session, cohort: Cohort, today: date) -> list[int]:
    """Return the recorded evaluations on which nothing has been proposed yet.

    One of a day to come (the clock was set back) waits for its day: nothing is proposed before it was recorded.
    """
    rows = session.exec(
        select(Evaluation.id)
        .join(Enrolment)
        .where(
            col(Evaluation.proposed_on).is_(None),
            Evaluation.on <= today,
            Enrolment.cohort_id == cohort.id,
            Enrolment.status == "active",
        )
        .order_by(col(Evaluation.id))
    )
    return [row for row in rows if row is not None]


def propose_decision(session: Session, evaluation_id: int, *, now: datetime) -> list[Conclusion]:
    """Hold a checkpoint's rule against the facts, freeze them as evidence, and propose; a person decides."""
    evaluation = session.get_one(Evaluation, evaluation_id)
    if evaluation.proposed_on is not None:
        return []
    enrolment = session.get_one(Enrolment, evaluation.enrolment_id)
    if enrolment.status != "active":
        return []
    definition = definition_of(session, enrolment)
    facts = facts_of(session, evaluation.enrolment_id)
    proposal = propose(definition.checkpoint(evaluation.checkpoint).gate, facts)
    evaluation.proposed_on = civil_day(now)
    session.add(
        _decision(
            evaluation,
            definition,
            facts,
            proposal.outcome,
            [item.to_json() for item in proposal.reasons],
        )
    )
    history.record(
        session,
        enrolment,
        "decision proposed",
        by="engine",
        now=now,
        subject=evaluation.checkpoint,
        why="; ".join(str(item.sentence()) for item in proposal.reasons),
        outcome=proposal.outcome,
    )
    return [Conclusion(enrolment.code, evaluation.enrolment_id, evaluation.checkpoint, f"proposed {proposal.outcome}")]


def _decision(
    evaluation: Evaluation,
    definition: Definition,
    facts: dict[FactName, int | None],
    outcome: str,
    reasons: Sequence[dict[str, object]],
) -> Decision:
    assert evaluation.id is not None
    assert evaluation.proposed_on is not None
    evidence: dict[str, Any] = {str(name): value for name, value in facts.items()}
    return Decision(
        enrolment_id=evaluation.enrolment_id,
        checkpoint=evaluation.checkpoint,
        evaluation_id=evaluation.id,
        rule_version=definition.version,
        evidence={**evidence, "score": evaluation.score.get("value")},
        reasons=list(reasons),
        proposal=outcome,
        proposed_on=evaluation.proposed_on,
    )


def decisions_unannounced(session: Session, cohort: Cohort, today: date) -> list[int]:
    """Return the signed decisions that no morning has shown yet; none before the day on which it was signed."""
    rows = session.exec(
        select(Decision.id)
        .join(Enrolment)
        .where(
            col(Decision.announced_on).is_(None),
            col(Decision.decided_on) <= today,
            Enrolment.cohort_id == cohort.id,
        )
        .order_by(col(Decision.id))
    )
    return [row for row in rows if row is not None]


def announce_decision(session: Session, decision_id: int, *, now: datetime) -> list[Conclusion]:
    """Show a signed decision once: what was decided, and that the enrolment ended where it did."""
    decision = session.get_one(Decision, decision_id)
    if decision.announced_on is not None:
        return []
    decision.announced_on = civil_day(now)
    enrolment = session.get_one(Enrolment, decision.enrolment_id)
    decided = Conclusion(enrolment.code, decision.enrolment_id, decision.checkpoint, f"decided {decision.outcome}")
    if decision.outcome not in ENDINGS:
        return [decided]
    ended = "graduated" if decision.outcome == "certificate" else f"ended {decision.outcome}"
    return [decided, Conclusion(enrolment.code, decision.enrolment_id, decision.checkpoint, ended)]
