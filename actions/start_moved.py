"""What people hear when an enrolment's start moves: its welcome says the right day, and its coach reads of it once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete
from sqlmodel import col, select

from actions.plans import Group
from actions.tell import call_key, tell
from models import Enrolment, Notice, NoticeBody, Step
from notifications import outbox
from notifications.promises import Word
from programme.planning import end_of
from programme.wording import Bilingual

TOLD = Bilingual(
    fr="Le démarrage passe du {was} au {on} : {count} dates du plan ont changé.",
    ar="تغير تاريخ الانطلاق من {was} إلى {on}: تغيرت {count} من تواريخ المخطط.",
)


def refresh_welcome(group: Group, enrolment: Enrolment) -> None:
    """Promise a welcome that has not left anew, with the new days; one that has left is not repeated."""
    desk = group.desk
    to = desk.people.find("cooperative", enrolment)
    if to is None or enrolment.start_on is None:
        return
    facts = {
        "start_on": enrolment.start_on.isoformat(),
        "end_on": end_of(desk.definition, enrolment.start_on, desk.calendar).isoformat(),
    }
    word = Word("welcome", enrolment, to, max(enrolment.start_on, desk.today), facts)
    waiting = select(Notice).where(Notice.key == word.key, Notice.status == "pending", Notice.doubts == 0)
    notice = desk.session.exec(waiting.with_for_update()).first()
    if notice is None:
        return
    _take_back(group, enrolment, notice)
    tell(desk, [word], group.cohort)


def _take_back(group: Group, enrolment: Enrolment, notice: Notice) -> None:
    """Take a welcome back, and the call that stands for it, so that both can be promised again."""
    desk, reason = group.desk, "the start has moved"
    notice.status, notice.reason, notice.settled_at = "cancelled", reason, desk.now
    desk.session.execute(delete(NoticeBody).where(col(NoticeBody.notice_id) == notice.id))
    calls = desk.session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.key == call_key(enrolment, notice.key))
    ).all()
    outbox.cancel_for_steps(
        desk.session, [call.id for call in calls if call.id is not None], reason=reason, now=desk.now
    )
    desk.session.flush()


def tell_coach(group: Group, enrolment: Enrolment, was: date, count: int, *, by: str) -> None:
    """Tell the coach in the message of the day, unless it is the coach who moved it."""
    desk = group.desk
    coach = desk.people.find("coach", enrolment)
    if coach is None or coach.code.partition(":")[2] == by or enrolment.start_on is None:
        return
    text = TOLD.of(coach.language).format(was=f"{was:%d/%m/%Y}", on=f"{enrolment.start_on:%d/%m/%Y}", count=count)
    mark = f"-start@{enrolment.start_on}.{desk.today}"
    tell(desk, [Word("info", enrolment, coach, desk.today, {"text": text}, mark=mark)], group.cohort)
