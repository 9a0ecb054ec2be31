"""Explains a step's date, and an enrolment of which nobody has heard: one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from actions.history_words import moment
from actions.programmes import calendar_of, closures_of, definition_of
from actions.stored_words import OF_ENROLMENTS, word_of
from actions.tell import title_for
from models import Cooperative, Enrolment, History, Person, Step, Suspension
from notifications.reasons import reason_said
from programme.definition import Definition
from programme.errors import VersionUnreadable
from programme.legal import legal_rule, why_legal, year_end_of
from programme.planning import PlannedStep, slots, why_then
from programme.timing_words import quoted
from programme.wording import Bilingual, Sentence, counted, sentence

ENGINE = "engine"
"""Who did what no person did, as rows have it."""


@dataclass(frozen=True)
class Found:
    """What somebody asked about: an enrolment, and one of its steps if they named one."""

    enrolment: Enrolment
    step: Step | None = None


def find(session: Session, about: str) -> Found | None:
    """Return what `SM-2027/007`, `SM-2027/007/diagnosis.visit` or a cooperative's name speaks of; None for nothing."""
    parts = about.split("/")
    codes = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    enrolment = session.exec(select(Enrolment).where(col(Enrolment.code).in_(codes))).first()
    if enrolment is None:
        named = (col(Cooperative.name) == about) | (col(Cooperative.name_ar) == about)
        latest = select(Enrolment).join(Cooperative).where(named).order_by(col(Enrolment.id).desc())
        enrolment = session.exec(latest).first()
        return Found(enrolment) if enrolment else None
    key = about.removeprefix(enrolment.code).removeprefix("/")
    if not key:
        return Found(enrolment)
    step = session.exec(select(Step).where(Step.enrolment_id == enrolment.id, Step.key == key)).first()
    return Found(enrolment, step) if step else None


def why_step(session: Session, enrolment: Enrolment, step: Step) -> list[Sentence]:
    """Say why a step is on its date and, when it is closed, since when and by whom."""
    told = [_why_date(session, enrolment, step)]
    if step.status != "open":
        told.append(
            sentence(
                "{step} is {status} since {on} ({by})",
                step=_named(session, enrolment, step),
                status=STATUSES[step.status],
                on=step.done_on,
                by=named_by(session, step.done_by or ""),
            )
        )
    return told


def _named(session: Session, enrolment: Enrolment, step: Step) -> Sentence:
    """Return a step as people call it; its key where the programme that names it cannot be read any more."""
    try:
        return quoted(title_for(step, definition_of(session, enrolment)))
    except VersionUnreadable:
        return quoted(Bilingual(fr=step.title_fr or step.key, ar=step.title_ar or step.key))


def named_by(session: Session, by: str) -> Sentence | str:
    """Return who did something by name, where it is one of the staff; the engine is the program itself."""
    if by == ENGINE:
        return sentence("the program")
    return session.exec(select(Person.name).where(Person.code == by)).first() or by


STATUSES: Mapping[str, Sentence] = {
    "done": sentence("done"),
    "missed": sentence("missed"),
    "not_required": sentence("not required"),
}


def _why_date(session: Session, enrolment: Enrolment, step: Step) -> Sentence:
    """Ask the history who moved it last, then the rule that it was planned by."""
    rows = session.exec(
        select(History).where(History.enrolment_id == enrolment.id).order_by(col(History.id).desc())
    ).all()
    for row in rows:
        said = _said(session, enrolment, step, row)
        if said is not None:
            return said
    return _planned(session, enrolment, step)


def _said(session: Session, enrolment: Enrolment, step: Step, row: History) -> Sentence | None:
    """Return what a line of the history says of a step's date as it is now; None when it says nothing of it."""
    day = step.due_on.isoformat()
    if row.verb in {"resumed", "reinstated"}:
        return _resumed(session, enrolment, step, row)
    was_on = _moved(row.detail, step.key, day) if row.subject in {step.key, ""} or "moves" in row.detail else None
    is_added = row.subject == step.key and row.verb in {"step added", "make-up planned"}
    if was_on is None and not is_added:
        return None
    facts = {
        "step": _named(session, enrolment, step),
        "day": day,
        "by": named_by(session, row.by),
        "at": moment(row.at),
    }
    if was_on is not None:
        reason = _reason(row, step.key)
        if not reason:
            return sentence("{step} is on {day}: {by} moved it from {was_on} on {at}", **facts, was_on=was_on)
        return sentence(
            "{step} is on {day}: {by} moved it from {was_on} on {at} ({why})",
            **facts,
            was_on=was_on,
            why=reason_said(reason),
        )
    return sentence("{step} is on {day}: it was added on {at} ({why})", **facts, why=reason_said(row.why or row.verb))


def _moved(detail: Mapping[str, Any], key: str, day: str) -> str | None:
    """Return the date that a change took a step from, when it took it to ``day``."""
    for move in detail.get("moves") or ():
        if move["step"] == key and move["on"] == day:
            return str(move["was_on"])
    before, after = detail.get("before"), detail.get("after")
    return str(before) if isinstance(before, str) and after == day else None


def _reason(row: History, key: str) -> str:
    """Return why: what the person said, else what the change itself says of the step."""
    own = next((move["why"] for move in row.detail.get("moves") or () if move["step"] == key), "")
    return row.why or str(own)


def _resumed(session: Session, enrolment: Enrolment, step: Step, row: History) -> Sentence | None:
    moved = (row.detail.get("moved") or {}).get(step.key)
    if moved is None or moved[1] != step.due_on.isoformat():
        return None
    on = date.fromisoformat(row.detail["on"])
    pause = session.exec(
        select(Suspension)
        .where(Suspension.enrolment_id == enrolment.id, Suspension.until_on == on)
        .order_by(col(Suspension.id).desc())
    ).first()
    facts = {
        "step": _named(session, enrolment, step),
        "day": moved[1],
        "was_on": moved[0],
        "by": named_by(session, row.by),
        "on": on.isoformat(),
    }
    left = pause.remaining.get(step.key) if pause else None
    if left is None:
        return sentence("{step} is on {day}: it was on {was_on} before {by} resumed the enrolment on {on}", **facts)
    if left < 0:
        return counted(
            "{step} is on {day}: it was {count} working day late when {by} resumed the enrolment on {on}, and still is",
            "{step} is on {day}: it was {count} working days late when {by} resumed the enrolment on {on}, "
            "and still is",
            -left,
            **facts,
        )
    return counted(
        "{step} is on {day}: it had {count} working day left when {by} resumed the enrolment on {on}",
        "{step} is on {day}: it had {count} working days left when {by} resumed the enrolment on {on}",
        left,
        **facts,
    )


def _planned(session: Session, enrolment: Enrolment, step: Step) -> Sentence:
    definition = definition_of(session, enrolment)
    calendar = calendar_of(session, definition)
    facts: dict[str, object] = {"step": _named(session, enrolment, step), "day": step.due_on.isoformat()}
    duty = legal_rule(definition, step.rule)
    if step.origin == "legal" and duty is not None and step.number is not None:
        year_end = session.get_one(Cooperative, enrolment.cooperative_id).fiscal_year_end
        said = why_legal(duty, year_end_of(year_end, step.number), step.due_on, calendar)
        return sentence("{step} is on {day}: {reason}", **facts, reason=said)
    if step.origin == "call":
        return sentence("{step} is on {day}: a call that stands for a notice to somebody without an address", **facts)
    if step.pinned:
        return sentence("{step} is on {day}: a person has set that date", **facts)
    if step.origin != "plan" or not _is_planned(definition, step):
        return sentence("{step} is on {day}: it was added to the plan", **facts)
    said = why_then(_planned_step(step), definition, calendar, closures_of(session, enrolment))
    return sentence("{step} is on {day}: {reason}", **facts, reason=said)


def _is_planned(definition: Definition, step: Step) -> bool:
    """Tell whether the plan's own rule explains the date; it never brings a step forward."""
    return step.due_on >= step.nominal_on and any(slot.key == step.key for slot in slots(definition))


def _planned_step(step: Step) -> PlannedStep:
    return PlannedStep(
        key=step.key,
        rule=step.rule,
        stage=step.stage,
        kind=step.kind,  # type: ignore[arg-type] # stored as text, checked when the definition was read
        owner=step.owner,  # type: ignore[arg-type] # the same
        number=step.number,
        nominal_on=step.nominal_on,
        due_on=step.due_on,
    )


def why_quiet(enrolment: Enrolment) -> list[Sentence]:
    """Say of an enrolment that is not under way that nothing more is sent, whatever was."""
    if enrolment.status in {"selected", "active"}:
        return []
    facts = {"code": enrolment.code, "status": word_of(OF_ENROLMENTS, enrolment.status)}
    return [sentence("{code} is {status}: nothing more is sent about it", **facts)]


def why_silent(session: Session, enrolment: Enrolment, today: date) -> Sentence:
    """Say why nobody has been promised anything about an enrolment."""
    facts: dict[str, object] = {"code": enrolment.code}
    if enrolment.status == "selected":
        return sentence("{code} has no notice yet: it is selected and not enrolled; run `mourafaka enrol`", **facts)
    if enrolment.status != "active":
        return sentence(
            "{code} has no notice: it is {status}, and nothing is sent",
            **facts,
            status=word_of(OF_ENROLMENTS, enrolment.status),
        )
    first = session.exec(
        select(func.min(Step.remind_on)).where(Step.enrolment_id == enrolment.id, Step.status == "open")
    ).one()
    if first is None:
        return sentence("{code} has no notice: nothing is left that somebody should hear of", **facts)
    return sentence("{code} has no notice yet: the first is due on {day}", **facts, day=max(first, today).isoformat())
