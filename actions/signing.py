"""What signed decisions bring about: their steps are done, the cooperatives hear of it, and it is carried out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from actions import history
from actions.closing import OpenStep, nudge_about
from actions.desk import open_desk
from actions.ends import Finished, decided_end, finish_all
from actions.extra_steps import add_recoveries
from actions.programmes import definition_of_version_id
from actions.tell import tell_all
from actions.withdrawal import close_rows, take_back
from models import Cohort, Decision, Enrolment, EnrolmentLine, Step
from models.sets import do, within
from notifications.promises import Desk, Word
from programme.civil import civil_day
from programme.definition_terms import ENDINGS, Outcome

NEXT_STEPS: Mapping[Outcome, dict[str, str] | None] = {
    "continue": {"fr": "L'accompagnement se poursuit comme prévu.", "ar": "تستمر المواكبة كما هو مقرر."},
    "recovery": {
        "fr": "Deux séances supplémentaires sont ajoutées à votre programme.",
        "ar": "أضيفت جلستان إلى برنامجكم.",
    },
    "certificate": None,
    "participation": None,
    "exit": None,
}


class Signed(NamedTuple):
    """A decision that stands, as it is written down already."""

    id: int
    enrolment: Enrolment | EnrolmentLine
    checkpoint: str
    proposal: str
    outcome: Outcome
    why: str


def carry_out(session: Session, signed: Sequence[Signed], *, on: date, verb: str, by: str, now: datetime) -> None:
    """Do what decisions bring about: recorded, told and carried out, of all that are signed at once."""
    _close_steps(session, signed, on, by=by, now=now)
    at = history.not_before(session, now)
    history.record_each(session, [_line(one, verb, by=by, now=at) for one in signed])
    for some in _alike(signed):
        _tell_results(session, some, on, now=now)
    recovering = [one.enrolment for one in signed if one.outcome == "recovery"]
    if recovering:
        add_recoveries(session, recovering, on, now=now)
    today = civil_day(now)
    ended = [Finished(one.enrolment, decided_end(one.outcome, today)) for one in signed if one.outcome in ENDINGS]
    if ended:
        finish_all(session, ended, by=by, now=now)


def _line(one: Signed, verb: str, *, by: str, now: datetime) -> dict[str, Any]:
    said = {"proposal": one.proposal, "outcome": one.outcome}
    return history.line(one.enrolment.id or 0, verb, by=by, now=now, subject=one.checkpoint, why=one.why, **said)


_THEIR_STEPS = select(col(Step.id), col(Step.enrolment_id), col(Step.stage), col(Step.kind)).where(
    within(col(Step.enrolment_id), "ids"), col(Step.key) == bindparam("key")
)


def _close_steps(session: Session, signed: Sequence[Signed], on: date, *, by: str, now: datetime) -> None:
    by_key: dict[str, dict[int, Signed]] = defaultdict(dict)
    for one in signed:
        definition = definition_of_version_id(session, one.enrolment.programme_version_id)
        stage = definition.checkpoint(one.checkpoint).stage
        by_key[f"{stage}.{one.checkpoint}-decision"][one.enrolment.id or 0] = one
    for key, ones in by_key.items():
        steps = [
            OpenStep(one, owner, ones[owner].enrolment.programme_version_id, "", key, stage, kind)
            for one, owner, stage, kind in do(session, _THEIR_STEPS, ids=[*ones], key=key).all()
        ]
        ids = [step.id for step in steps]
        close_rows(session, ids, "done", on=on, by=by)
        take_back(session, ids, reason=f"decided on {on}", now=now)
        nudge_about(session, steps, now=now)


def _alike(signed: Sequence[Signed]) -> list[list[Signed]]:
    """Return them by cohort and by the version that they follow: a desk is of one of each."""
    groups: dict[tuple[int, int], list[Signed]] = defaultdict(list)
    for one in signed:
        groups[one.enrolment.cohort_id, one.enrolment.programme_version_id].append(one)
    return [*groups.values()]


def _tell_results(session: Session, signed: Sequence[Signed], on: date, *, now: datetime) -> None:
    cohort = session.get_one(Cohort, signed[0].enrolment.cohort_id)
    desk = open_desk(session, cohort, [one.enrolment for one in signed], now=now)
    certified = [one.id for one in signed if one.outcome in {"certificate", "participation"}]
    evidence = dict(session.exec(select(Decision.id, Decision.evidence).where(col(Decision.id).in_(certified))).all())
    tell_all(desk, [word for one in signed for word in _words(desk, one, on, evidence)], cohort)


def _words(desk: Desk, one: Signed, on: date, evidence: Mapping[int | None, Mapping[str, Any]]) -> list[Word]:
    to = desk.people.find("cooperative", one.enrolment)
    if to is None:
        return []
    title = desk.definition.checkpoint(one.checkpoint).title
    facts = {
        "checkpoint": {"fr": title.fr, "ar": title.ar},
        "outcome": one.outcome,
        "next": NEXT_STEPS[one.outcome],
        "decided_on": str(on),
    }
    words = [Word("checkpoint_result", one.enrolment, to, desk.today, facts, mark=f"-{one.checkpoint}")]
    if one.id in evidence:
        certified = _certificate_facts(desk, one, on, evidence[one.id])
        words.append(Word("certificate", one.enrolment, to, desk.today, certified))
    return words


def _certificate_facts(desk: Desk, one: Signed, on: date, evidence: Mapping[str, Any]) -> dict[str, object]:
    wholes = {item.fact: item.of for item in desk.definition.checkpoint(one.checkpoint).gate.requires}
    return {
        "outcome": one.outcome,
        "decided_on": str(on),
        "modules_present": evidence.get("modules_present") or 0,
        "modules_total": wholes.get("modules_present"),
        "sessions_held": evidence.get("sessions_held") or 0,
        "sessions_total": wholes.get("sessions_held"),
    }
