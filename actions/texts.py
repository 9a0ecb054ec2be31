"""The texts that a cohort has of its own: set, tried with a real enrolment, taken back; none is ever deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Literal

from sqlmodel import Session, col, select

from actions.access import roles_of
from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.lookup import enrolment_named
from actions.people import checked_reading
from actions.remind import reminder_word
from actions.reschedule import upcoming
from models import Cohort, CohortText, Enrolment, Notice, Person, Step
from models.belonging import of_enrolments
from notifications.common_facts import common_facts
from notifications.kinds import COOPERATIVE_KINDS
from notifications.own_publication import check_own
from notifications.own_texts import forget, in_force
from notifications.own_words import OWN_TEXT, OwnText
from notifications.promises import Desk, Word
from notifications.publication import Finding
from notifications.recipients import Recipient
from notifications.rendering import Rendered, render
from notifications.samples import sample_facts
from programme.civil import civil_day, instant_of
from programme.texts_errors import (
    ForeignEnrolment,
    KindHasNoOwnText,
    NoOwnText,
    NotACoordinator,
    TextNotPublishable,
)

Texts = Mapping[str, tuple[str, str]]
"""Subject and body by language."""
Origin = Literal["promised", "planned", "example"]
"""Whether a preview's dates are those of a notice, of the plan, or invented."""
MORNING = time(8)


def set_text(session: Session, *, cohort: str, kind: str, texts: Texts, by: str, now: datetime) -> OwnText:
    """Have a cohort read its own text of a kind from now on; what was promised before keeps what it was promised with.

    Refused with the first fault where `faults` finds any. The same text again changes nothing.
    """
    found = cohort_of(session, cohort, to_change=True)
    _refuse_stranger(session, found, by, civil_day(now))
    own = OwnText(own_kind(kind), tuple(sorted((one, *text) for one, text in texts.items())))
    if faults_found := faults(session, found, own, now=now):
        raise TextNotPublishable(kind=kind, problem=faults_found[0].says())
    if in_force(session, found).get(kind) != own:
        _replace(session, found, kind, by, now)
        session.add_all(_rows(found, own, by, now))
        session.flush()
        forget(session)
    return own


def _rows(cohort: Cohort, own: OwnText, by: str, now: datetime) -> list[CohortText]:
    assert cohort.id is not None
    return [
        CohortText(
            cohort_id=cohort.id,
            kind=own.kind,
            language=language,
            subject=subject,
            body=body,
            version=own.version,
            by=by,
            at=now,
        )
        for language, subject, body in own.texts
    ]


def reset_text(session: Session, *, cohort: str, kind: str, by: str, now: datetime) -> None:
    """Have a cohort read the programme's text of a kind again; its own stays known."""
    found = cohort_of(session, cohort, to_change=True)
    _refuse_stranger(session, found, by, civil_day(now))
    if not _replace(session, found, own_kind(kind), by, now):
        raise NoOwnText(cohort=cohort, kind=kind)
    session.flush()
    forget(session)


def _replace(session: Session, cohort: Cohort, kind: str, by: str, now: datetime) -> int:
    rows = session.exec(
        select(CohortText).where(
            CohortText.cohort_id == cohort.id, CohortText.kind == kind, col(CohortText.replaced_at).is_(None)
        )
    ).all()
    for row in rows:
        row.replaced_at, row.replaced_by = now, by
    session.flush()
    return len(rows)


def own_kind(kind: str) -> str:
    """Return a kind that a cohort may have its own text of; a message of the day is of several cohorts, and may not."""
    if kind not in COOPERATIVE_KINDS:
        raise KindHasNoOwnText(kind=kind, kinds=", ".join(COOPERATIVE_KINDS))
    return kind


def _refuse_stranger(session: Session, cohort: Cohort, by: str, on: date) -> None:
    """Refuse one of the staff who coordinates nothing of a cohort; a name that is nobody's code is taken as it is."""
    if session.exec(select(Person.id).where(Person.code == by)).first() is None:
        return
    reach = {one.delegation for one in roles_of(session, by, on) if one.role == "coordinator"}
    here = set(session.exec(select(Enrolment.delegation).where(Enrolment.cohort_id == cohort.id)).all())
    if not reach or (None not in reach and here and not reach & here):
        raise NotACoordinator(by=by)


def faults(session: Session, cohort: Cohort, own: OwnText, *, now: datetime) -> list[Finding]:
    """Return what keeps a text from being published for a cohort, tried with the names of every enrolment."""
    return check_own(own.kind, own, _people(session, cohort, now))


def all_faults(session: Session, *, now: datetime) -> list[Finding]:
    """Return the same of every text that a cohort reads now, with the cohort's code before each."""
    found = []
    for cohort in session.exec(select(Cohort).where(Cohort.status == "open").order_by(Cohort.code)):
        for _, own in sorted(in_force(session, cohort).items()):
            found += [replace(one, where=f"{cohort.code} {one.where}") for one in faults(session, cohort, own, now=now)]
    return found


def _people(session: Session, cohort: Cohort, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the facts that every message of a cooperative carries, with its code and its language."""
    query = select(Enrolment).where(Enrolment.cohort_id == cohort.id).order_by(col(Enrolment.rank))
    enrolments = session.exec(query).all()
    if not enrolments:
        return
    desk = open_desk(session, cohort, enrolments, now=now)
    for enrolment in enrolments:
        to = desk.people.find("cooperative", enrolment)
        if to is not None:
            facts = common_facts(desk, _word(enrolment, to, desk.today), cohort)
            yield {**facts, "code": enrolment.code, "language": to.language}


def _word(enrolment: Enrolment, to: Recipient, on: date) -> Word:
    return Word("welcome", enrolment, to, on)


def history_of(session: Session, *, cohort: str, kind: str | None = None) -> Sequence[CohortText]:
    """Return every text that a cohort ever had of its own, the newest first."""
    query = select(CohortText).where(CohortText.cohort_id == cohort_of(session, cohort).id)
    if kind is not None:
        query = query.where(CohortText.kind == own_kind(kind))
    return session.exec(query.order_by(col(CohortText.at).desc(), col(CohortText.id).desc())).all()


def text_of(session: Session, *, cohort: str, kind: str) -> OwnText | None:
    """Return a cohort's own text of a kind, None where it reads the programme's."""
    return in_force(session, cohort_of(session, cohort)).get(own_kind(kind))


@dataclass(frozen=True)
class Preview:
    """A message as a real enrolment would read it, where its dates come from, and the facts that it says."""

    mail: Rendered
    origin: Origin
    facts: Mapping[str, Any]


def preview(
    session: Session, *, kind: str, cohort: str, enrolment: str, now: datetime, language: str | None = None
) -> Preview:
    """Return a kind's message with an enrolment's own facts: as promised, else of its plan, else with sample dates."""
    own_kind(kind)
    if language is not None:
        checked_reading(language)
    home, who = cohort_of(session, cohort), enrolment_named(session, enrolment)
    if who.cohort_id != home.id:
        raise ForeignEnrolment(code=enrolment, cohort=cohort)
    desk = open_desk(session, home, [who], now=now)
    found = desk.people.find("cooperative", who)
    assert found is not None
    to = replace(found, language=language or found.language)
    origin, facts = _facts(desk, kind, who)
    facts |= common_facts(desk, _word(who, to, desk.today), home)
    own = in_force(session, home).get(kind)
    return Preview(render(kind, to.language, {**facts, OWN_TEXT: own} if own else facts), origin, facts)


def _facts(desk: Desk, kind: str, enrolment: Enrolment) -> tuple[Origin, dict[str, Any]]:
    last = desk.session.exec(
        select(Notice)
        .where(
            of_enrolments([enrolment.id]),
            Notice.kind == kind,
            Notice.recipient == f"cooperative:{enrolment.code}",
        )
        .order_by(col(Notice.id).desc())
    ).first()
    if last is not None:
        return "promised", sample_facts(kind) | last.facts
    planned = _planned(desk, kind, enrolment)
    return ("planned", sample_facts(kind) | planned) if planned else ("example", sample_facts(kind))


def _planned(desk: Desk, kind: str, enrolment: Enrolment) -> dict[str, Any]:
    """Return the facts of the first reminder of a kind that the cooperative will hear; none where none is planned."""
    steps = select(Step).where(Step.enrolment_id == enrolment.id, Step.status == "open").order_by(col(Step.due_on))
    for step in desk.session.exec(steps):
        for item in upcoming(desk, step):
            then = replace(desk, now=max(desk.now, instant_of(item.on, MORNING)))
            word = reminder_word(then, step, enrolment, item)
            if word is not None and word.kind == kind and not word.to.is_staff:
                return dict(word.facts)
    return {}
