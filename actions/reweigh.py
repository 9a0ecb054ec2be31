"""What a corrected fact does to decisions: a signed one is flagged, one that is only proposed is made anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from actions import history
from actions.desk import open_desk
from actions.facts import fact_then, whole_score
from actions.lookup import cohort_of_enrolment
from actions.programmes import definition_of
from actions.tell import tell
from models import Correction, Decision, Enrolment, Evaluation, History, Step
from notifications.promises import Word
from programme.civil import civil_day
from programme.definition import CheckpointRule
from programme.definition_terms import FactName
from programme.gates import Facts, Proposal, propose
from programme.wording import Sentence, sentence

PROPOSED = "decision proposed"
SAID = {
    "continue": {"fr": "la poursuite de l'accompagnement", "ar": "مواصلة المواكبة"},
    "recovery": {"fr": "un plan de redressement", "ar": "مخطط للتقويم"},
    "certificate": {"fr": "l'attestation", "ar": "شهادة البرنامج"},
    "participation": {"fr": "l'attestation de participation", "ar": "شهادة المشاركة"},
    "exit": {"fr": "la fin de l'accompagnement", "ar": "إنهاء المواكبة"},
}


def reweigh(session: Session, enrolment: Enrolment, fact: FactName, *, why: str, by: str, now: datetime) -> None:
    """Hold every decision that rests on a fact against it again, as it should have been known then."""
    definition = definition_of(session, enrolment)
    decisions = session.exec(
        select(Decision).where(Decision.enrolment_id == enrolment.id).order_by(col(Decision.id))
    ).all()
    for decision in decisions:
        rule = definition.checkpoint(decision.checkpoint)
        frozen = decision.evidence.get(fact)
        if frozen is None or fact not in {one.fact for one in rule.gate.weighed}:
            continue
        value = _then(session, decision, fact)
        if decision.status == "decided":
            _flag(session, enrolment, decision, rule, fact, value, why=why, by=by, now=now)
        elif value != frozen:
            withdraw_proposal(session, enrolment, decision, why=f"{fact}: {frozen} → {value}", by=by, now=now)


def reweigh_measure(
    session: Session, enrolment: Enrolment, decision: Decision, measure: Evaluation, *, by: str, now: datetime
) -> None:
    """Hold a checkpoint's decision against its new measure: flagged when it is signed and rests on the score."""
    why = f"measured again on {measure.on}"
    if decision.status != "decided":
        withdraw_proposal(session, enrolment, decision, why=why, by=by, now=now)
    elif "global_score" in decision.evidence:
        rule, value = definition_of(session, enrolment).checkpoint(decision.checkpoint), whole_score(measure.score)
        _flag(session, enrolment, decision, rule, "global_score", value, why=why, by=by, now=now)


def _then(session: Session, decision: Decision, fact: FactName) -> int | None:
    """Return what the fact was when the decision was proposed, as it stands corrected now."""
    proposed_at = session.exec(
        select(History.at)
        .where(
            History.enrolment_id == decision.enrolment_id,
            History.verb == PROPOSED,
            History.subject == decision.checkpoint,
        )
        .order_by(col(History.id).desc())
    ).first()
    if proposed_at is None:
        value: int | None = decision.evidence.get(fact)
        return value
    return fact_then(session, fact, decision.enrolment_id, proposed_at)


def _flag(
    session: Session,
    enrolment: Enrolment,
    decision: Decision,
    rule: CheckpointRule,
    fact: FactName,
    value: int | None,
    *,
    why: str,
    by: str,
    now: datetime,
) -> None:
    """Say on a signed decision what its evidence should have been; corrected back, it says nothing any more."""
    earlier: dict[str, Any] = dict((decision.flag or {}).get("changed", {}))
    changed = {name: pair for name, pair in earlier.items() if name != fact}
    if value != decision.evidence.get(fact):
        changed[fact] = {"was": decision.evidence.get(fact), "is": value}
    if changed == earlier:
        return
    if not changed:
        decision.flag = None
        history.record(session, enrolment, "flag taken back", by=by, now=now, subject=decision.checkpoint, why=why)
        return
    now_proposed = _proposed(decision, rule, changed)
    decision.flag = {
        "on": civil_day(now).isoformat(),
        "by": by,
        "why": why,
        "changed": changed,
        "proposal": now_proposed.outcome,
        "reasons": [reason.to_json() for reason in now_proposed.reasons],
    }
    detail = {"before": decision.proposal, "after": now_proposed.outcome, "changed": changed}
    history.record(
        session, enrolment, "decision flagged", by=by, now=now, subject=decision.checkpoint, why=why, **detail
    )
    _tell(session, enrolment, rule, now_proposed, now=now)


def _proposed(decision: Decision, rule: CheckpointRule, changed: dict[str, Any]) -> Proposal:
    """Return what the rule would have proposed on the evidence as it should have been."""
    facts: Facts = {
        one.fact: changed[one.fact]["is"] if one.fact in changed else decision.evidence.get(one.fact)
        for one in rule.gate.weighed
    }
    return propose(rule.gate, facts)


def _tell(session: Session, enrolment: Enrolment, rule: CheckpointRule, proposal: Proposal, *, now: datetime) -> None:
    """Tell the coordinator, once for each correction or measure: the decision stands until a person does something."""
    cohort = cohort_of_enrolment(session, enrolment)
    desk = open_desk(session, cohort, [enrolment], now=now)
    to = desk.people.find("coordinator", enrolment)
    if to is None:
        return
    said, number = SAID[proposal.outcome], _corrections(session, enrolment)
    title = {
        "fr": f"{rule.title.fr} : la règle proposerait {said['fr']}",
        "ar": f"{rule.title.ar}: تقترح القاعدة {said['ar']}",
    }
    facts = {"title": title, "due_on": None, "days": None}
    tell(desk, [Word("correction", enrolment, to, desk.today, facts, mark=f"-{rule.key}-{number}")], cohort)


def _corrections(session: Session, enrolment: Enrolment) -> int:
    measured = (Evaluation.enrolment_id == enrolment.id, col(Evaluation.campaign) > 1)
    return (
        session.exec(select(func.count()).select_from(Correction).where(Correction.enrolment_id == enrolment.id)).one()
        + session.exec(select(func.count()).select_from(Evaluation).where(*measured)).one()
    )


def withdraw_proposal(
    session: Session, enrolment: Enrolment, decision: Decision, *, why: str, by: str, now: datetime
) -> None:
    """Take back what nobody has signed: the next morning proposes anew, on the facts as they are then."""
    evaluation = session.get_one(Evaluation, decision.evaluation_id)
    evaluation.proposed_on = None
    detail = {"proposal": decision.proposal, "outcome": decision.outcome, "evidence": dict(decision.evidence)}
    history.record(
        session, enrolment, "proposal taken back", by=by, now=now, subject=decision.checkpoint, why=why, **detail
    )
    session.delete(decision)
    session.flush()


def flagged(session: Session, enrolment: Enrolment, step: Step | None = None) -> list[Sentence]:
    """Say which signed decisions rest on what was corrected since: of an enrolment, or of one decision's step."""
    rows = session.exec(select(Decision).where(Decision.enrolment_id == enrolment.id).order_by(col(Decision.id))).all()
    return [
        sentence(
            "{checkpoint} was decided {outcome} on {decided_on}; {by} corrected a fact of it on {on} ({why}): "
            "the rule would propose {proposal} now",
            checkpoint=row.checkpoint,
            outcome=row.outcome,
            decided_on=row.decided_on,
            **{name: row.flag[name] for name in ("by", "on", "why", "proposal")},
        )
        for row in rows
        if row.flag and (step is None or step.key.endswith(f".{row.checkpoint}-decision"))
    ]
