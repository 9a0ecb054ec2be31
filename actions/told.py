"""What the page of a link says of its step: whose it is, whom to call, what to tell them, what is proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from actions.desk import open_desk
from actions.links import Opened
from actions.lookup import cohort_of_enrolment
from actions.tell import called_notice, title_for
from models import Decision, Enrolment, Person, Step
from notifications.promises import Desk
from notifications.recipients import STAFF, Named, Recipient
from programme.gates import Reason
from programme.wording import Bilingual, Sentence


@dataclass(frozen=True)
class About:
    """The facts of a link's page; ``people`` are those to call, the cooperative's contact first."""

    reads: str
    cooperative: Bilingual
    title: Bilingual | None
    people: tuple[Recipient, ...]
    script: str | None
    early_days: int
    reasons: tuple[Sentence, ...]


def about(session: Session, found: Opened, *, now: datetime) -> About:
    """Return what the page of a link says to the one that it was made for."""
    desk = open_desk(session, cohort_of_enrolment(session, found.enrolment), [found.enrolment], now=now)
    reads = _reads(desk, found)
    decision = _decision(session, found.enrolment, found.step) if found.step else None
    return About(
        reads=reads,
        cooperative=_name(desk.people.cooperative(found.enrolment)),
        title=title_for(found.step, desk.definition) if found.step else None,
        people=_people(desk, found),
        script=_script(session, found),
        early_days=desk.definition.sending.early_days,
        reasons=tuple(Reason(**one).sentence() for one in decision.reasons) if decision else (),
    )


def _name(cooperative: Named) -> Bilingual:
    return Bilingual(fr=cooperative.name, ar=cooperative.name_ar or cooperative.name)


def _reads(desk: Desk, found: Opened) -> str:
    """Return the language of the reader; who reads both has the Arabic page first."""
    role, _, code = found.link.person.partition(":")
    if role in STAFF:
        person = desk.session.exec(select(Person).where(Person.code == code)).first()
        return person.language if person else "fr"
    contact = desk.people.find("cooperative", found.enrolment)
    return "fr" if contact and contact.language == "fr" else "ar"


def _people(desk: Desk, found: Opened) -> tuple[Recipient, ...]:
    """Return whom to call: the cooperative, and who has to do the step; for a cooperative its coach."""
    role = found.link.person.partition(":")[0]
    roles = ("cooperative", found.step.owner) if found.step is not None and role in STAFF else ("coach",)
    found_people = {one.code: one for name in roles if (one := desk.people.find(name, found.enrolment)) is not None}
    return tuple(one for one in found_people.values() if one.phone and one.code != found.link.person)


def _script(session: Session, found: Opened) -> str | None:
    if found.step is None or found.step.kind != "call":
        return None
    notice = called_notice(session, found.enrolment, found.step)
    said = notice.facts.get("script") if notice is not None else None
    return said if isinstance(said, str) else None


def _decision(session: Session, enrolment: Enrolment, step: Step) -> Decision | None:
    """Return the proposal that a decision's step waits with."""
    if step.kind != "decision":
        return None
    checkpoint = step.rule.rpartition(".")[2].removesuffix("-decision")
    return session.exec(
        select(Decision).where(col(Decision.enrolment_id) == enrolment.id, Decision.checkpoint == checkpoint)
    ).first()
