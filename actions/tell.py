"""Promises words, and sees that each reaches someone: calls for those without mail, one message a day for staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from models import Cohort, Enrolment, EnrolmentLine, Notice, Step, StepLine
from models.columns import columns
from models.placed import keyed
from notifications import digests
from notifications.drafts import Draft, Promised, rows_of, write
from notifications.promises import Desk, Word, drafted
from notifications.recipients import Recipient
from notifications.wishes import heed
from programme import reminders
from programme.civil import civil_day
from programme.definition import Definition
from programme.planning import title_of
from programme.wording import Bilingual

CALLED_FOR = {
    "welcome": Bilingual(fr="Bienvenue dans le programme", ar="الترحيب بالتعاونية في البرنامج"),
    "step_reminder": Bilingual(fr="Rappel d'une échéance", ar="التذكير بأجل"),
    "step_late": Bilingual(fr="Échéance dépassée", ar="أجل متجاوز"),
    "meeting": Bilingual(fr="Rappel d'un rendez-vous", ar="التذكير بموعد"),
    "date_changed": Bilingual(fr="Changement de date", ar="تغيير التاريخ"),
    "meeting_cancelled": Bilingual(fr="Rendez-vous annulé", ar="إلغاء موعد"),
    "checkpoint_result": Bilingual(fr="Résultat de l'évaluation", ar="نتيجة التقييم"),
    "certificate": Bilingual(fr="Attestation", ar="الشهادة"),
    "resumed": Bilingual(fr="L'accompagnement reprend", ar="استئناف المواكبة"),
}
"""What a call is for, as the message of the day says it, which says that it is a call; its script holds the words."""
CALL_TITLES = {
    kind: Bilingual(fr=f"Appeler : {what.fr[0].lower()}{what.fr[1:]}", ar=f"اتصال: {what.ar}")
    for kind, what in CALLED_FOR.items()
}
"""What the step is called that stands for a notice."""

CALLS = "call."
"""What the keys of calls begin with: they can still be made after an enrolment has ended."""
CANCELLED = "meeting_cancelled"
AFTER_THE_END = ("checkpoint_result", "certificate", CANCELLED)
"""What a cooperative still hears when its enrolment has ended."""
OF_A_CANCELLATION = f"/{CANCELLED}-"
"""What the keys of a cancellation have, of its call and of the word of that call: none of them is taken back."""


def tell(desk: Desk, words: Sequence[Word], cohort: Cohort) -> list[Notice]:
    """Promise the words and return their notices; a cooperative without mail becomes a call, staff hear once a day.

    What a reader no longer wants is written down with that reason.
    """
    return rows_of(desk.session, tell_all(desk, words, cohort))


def tell_all(desk: Desk, words: Sequence[Word], cohort: Cohort) -> list[Promised]:
    """Do the same for many at once, and return what was promised without reading it again."""
    words = heed(desk, words)
    made = drafted(desk, words, cohort)
    by_key = {word.key: word for word in words}
    calls = [(by_key[one.key], one) for one in made if one.channel == "call" and one.status == "pending"]
    made += drafted(desk, _calls(desk, calls), cohort) if calls else []
    digests.gather(desk, made, cohort)
    write(desk.session, [one for one in made if isinstance(one, Draft)])
    return made


def _calls(desk: Desk, told: Sequence[tuple[Word, Promised]]) -> list[Word]:
    """Write the steps of calls, all at once, and return the words that tell them to those who call."""
    callers = [_caller(desk, word.enrolment) for word, _ in told]
    before = _calls_before(desk, told)
    planned = [_call_step(desk, word, one, caller) for (word, one), caller in zip(told, callers, strict=True)]
    fresh = [step for step in planned if step["key"] not in before]
    ids = dict(zip((step["key"] for step in fresh), _written(desk.session, fresh), strict=True))
    steps = [
        _called_again(before[step["key"]], step) if step["key"] in before else _line(ids[step["key"]], step)
        for step in planned
    ]
    return [
        _call(desk, word, one, caller, step) for (word, one), caller, step in zip(told, callers, steps, strict=True)
    ]


def _written(session: Session, steps: Sequence[dict[str, Any]]) -> list[int]:
    """Write new steps and return their ids, in the same order."""
    if not steps:
        return []
    statement = insert(Step).returning(columns(Step).id, sort_by_parameter_order=True)
    return list(session.scalars(statement, steps))


def _line(step_id: int, step: Mapping[str, Any]) -> StepLine:
    return StepLine._make([step_id, *(step.get(name) for name in StepLine._fields[1:])])


def _calls_before(desk: Desk, told: Sequence[tuple[Word, Promised]]) -> dict[str, Step]:
    """Return the calls that stood for these notices once and were closed when they were taken back."""
    keys = [call_key(word.enrolment, one.key) for word, one in told if one.key in desk.revived]
    if not keys:
        return {}
    ids = {word.enrolment.id for word, _ in told}
    rows = desk.session.exec(select(Step).where(col(Step.enrolment_id).in_(ids), col(Step.key).in_(keys)))
    return {row.key: row for row in rows}


def _called_again(known: Step, step: Mapping[str, Any]) -> Step:
    """Return the closed step, open again with the new date."""
    known.status, known.done_on, known.done_by = "open", None, None
    for name in ("owner", "nominal_on", "due_on", "remind_on"):
        setattr(known, name, step[name])
    return known


def _caller(desk: Desk, enrolment: Enrolment | EnrolmentLine) -> Recipient:
    found = desk.people.find("coach", enrolment)
    return found or Recipient("coordinator", "coordinator:nobody", None, None, None, "fr")


def _call(desk: Desk, word: Word, notice: Promised, caller: Recipient, step: Step | StepLine) -> Word:
    facts = {
        **item_facts(desk, step, CALLED_FOR[notice.kind], word.enrolment),
        "script": notice.facts["script"],
        "cooperative_phone": word.to.phone,
    }
    return Word("call", word.enrolment, caller, word.due_on, facts, step=step)


def _call_step(desk: Desk, word: Word, notice: Promised, caller: Recipient) -> dict[str, Any]:
    """Return the values of the step of a call."""
    title = CALL_TITLES[notice.kind]
    due_on = civil_day(notice.send_at)
    values = {
        "enrolment_id": word.enrolment.id,
        "key": call_key(word.enrolment, notice.key),
        "owner": caller.role,
        "nominal_on": notice.due_on,
        "due_on": due_on,
        "title_fr": title.fr,
        "title_ar": title.ar,
        "remind_on": desk.once(_first_chaser, due_on),
    }
    return {**dict.fromkeys(("rule", "stage", "kind", "origin"), "call"), **values, **NEW_STEP}


NEW_STEP: Mapping[str, Any] = {"status": "open", "pinned": False, "moves": 0}


def _first_chaser(desk: Desk, due_on: date) -> date | None:
    chasers = [rule for rule in desk.definition.reminders_for("call") if rule.days > 0]
    return reminders.first_from(chasers, due_on, due_on, desk.calendar)


def call_key(enrolment: Enrolment | EnrolmentLine, notice_key: str) -> str:
    """Return the key of the step that stands for a notice."""
    return f"{CALLS}{notice_key.removeprefix(enrolment.code + '/')}"


def called_notice(session: Session, enrolment: Enrolment, step: Step) -> Notice | None:
    """Return the notice that a call step stands for."""
    key = f"{enrolment.code}/{step.key.removeprefix(CALLS)}"
    return session.exec(select(Notice).where(keyed(col(Notice.id), [key]))).first()


def item_facts(
    desk: Desk, step: Step | StepLine, title: Bilingual, enrolment: Enrolment | EnrolmentLine
) -> dict[str, Any]:
    """Return what a message of the day says of one step: whose, what, when, and whom to call."""
    return {**step_facts(title, step.owner, step.due_on, desk.today), **people_facts(desk, step.owner, enrolment)}


def step_facts(title: Bilingual, owner: str, due_on: date, today: date) -> dict[str, Any]:
    """Return what is said of a step, whoever's it is: its facts but for the people's, whose places it keeps."""
    said = {"fr": title.fr, "ar": title.ar}
    return {
        "title": said,
        "step": said,
        "due_on": due_on.isoformat(),
        "days": (due_on - today).days,
        **dict.fromkeys(PEOPLE),
        "script": None,
        "text": None,
        "owner_role": owner,
    }


PEOPLE = ("cooperative_phone", "owner_name")
"""The facts of a step that are its people's."""


def people_facts(desk: Desk, owner: str, enrolment: Enrolment | EnrolmentLine) -> dict[str, Any]:
    """Return whom to call about a step of an enrolment, and who has to do it."""
    contact = desk.people.find("cooperative", enrolment)
    holder = contact if owner == "cooperative" else desk.people.find(owner, enrolment)
    return {"cooperative_phone": contact.phone if contact else None, "owner_name": holder.name if holder else None}


def title_for(step: Step | StepLine, definition: Definition) -> Bilingual:
    """Return a step's title: its own, or its definition's."""
    return title_said(definition, step.rule, step.number, step.title_fr, step.title_ar)


def title_said(definition: Definition, rule: str, number: int | None, fr: str | None, ar: str | None) -> Bilingual:
    """Return the title of a step of this rule and number, which may have one of its own."""
    return Bilingual(fr=fr, ar=ar) if fr and ar else title_of(definition, rule, number)


def close(step: Step, status: str, *, on: date, by: str) -> None:
    """Close a step: nobody need hear of it any more."""
    step.status, step.done_on, step.done_by, step.remind_on = status, on, by, None
