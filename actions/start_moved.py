"""What people hear when an enrolment's start moves: its welcome says the right day, and its coach reads of it once.

Who holds an invitation hears of that meeting's new day, or that it is not held: nobody waits in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from actions.change_words import Telling
from actions.meetings import Invitation, cancel_meetings, invitations
from actions.plans import Group
from actions.proposals import Proposal
from actions.tell import CANCELLED, tell
from actions.withdrawal import take_back_notices
from models import Enrolment, Notice, Step
from models.placed import keyed
from notifications.promises import Word
from programme.civil import civil_day
from programme.diffs import NoticeLine
from programme.planning import end_of
from programme.replanning import Move
from programme.wording import Bilingual, Tally

TOLD = Bilingual(
    fr="Le démarrage passe du {was} au {on} : {dates}.",
    ar="تغير تاريخ الانطلاق من {was} إلى {on}: {dates}.",
)
DATES = Tally(
    fr=("{count} date du plan a changé", "{count} dates du plan ont changé"),
    ar=(
        "لم يتغير أي تاريخ من المخطط",
        "تغير تاريخ واحد من المخطط",
        "تغير تاريخان من المخطط",
        "تغيرت {count} تواريخ من المخطط",
        "تغير {count} تاريخا من المخطط",
        "تغير {count} تاريخ من المخطط",
    ),
)


def telling_of(
    session: Session, enrolment: Enrolment, moves: Sequence[tuple[Step, Move]], *, now: datetime
) -> dict[str, Telling]:
    """Return, by step, who is told of its new day: a cooperative that holds an invitation, while that day is to come.

    A meeting that would have been held on a day that is past by now is called off instead.
    """
    invited = {one.step.key for one in _theirs(session, enrolment, [step for step, _ in moves], now)}
    today = civil_day(now)
    return {step.key: "the invited" if step.key in invited and move.on >= today else "nobody" for step, move in moves}


def _theirs(session: Session, enrolment: Enrolment, steps: Sequence[Step], now: datetime) -> list[Invitation]:
    return [one for one in invitations(session, enrolment, steps, now=now) if one.recipient.startswith("cooperative:")]


def _past(proposal: Proposal, now: datetime) -> list[Step]:
    today = civil_day(now)
    return [shift.step for work in proposal.works for shift in work.shifts if shift.move.on < today]


def called_off(session: Session, enrolment: Enrolment, proposal: Proposal, *, now: datetime) -> list[NoticeLine]:
    """Return what would be said of the meetings that `cancel_past` calls off."""
    standing = _theirs(session, enrolment, _past(proposal, now), now)
    return [NoticeLine(enrolment.code, one.step.key, CANCELLED, one.recipient, None) for one in standing]


def cancel_past(session: Session, enrolment: Enrolment, proposal: Proposal, *, by: str, now: datetime) -> None:
    """Call off the meetings, to come as people know them, whose new day is past already."""
    standing = _theirs(session, enrolment, _past(proposal, now), now)
    cancel_meetings(session, enrolment, [one.step for one in standing], by=by, now=now)


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
    waiting = select(Notice).where(keyed(col(Notice.id), [word.key]), Notice.status == "pending", Notice.doubts == 0)
    notice = desk.session.exec(waiting.with_for_update()).first()
    if notice is None:
        return
    take_back_notices(desk.session, [notice.id], reason="the start has moved", now=desk.now)
    tell(desk, [word], group.cohort)


def tell_coach(group: Group, enrolment: Enrolment, was: date, count: int, *, by: str) -> None:
    """Tell the coach in the message of the day, unless it is the coach who moved it."""
    desk = group.desk
    coach = desk.people.find("coach", enrolment)
    if coach is None or coach.code.partition(":")[2] == by or enrolment.start_on is None:
        return
    dates = DATES.of("ar" if coach.language == "ar" else "fr", count)
    text = TOLD.of(coach.language).format(was=f"{was:%d/%m/%Y}", on=f"{enrolment.start_on:%d/%m/%Y}", dates=dates)
    mark = f"-start@{enrolment.start_on}.{desk.today}"
    tell(desk, [Word("info", enrolment, coach, desk.today, {"text": text}, mark=mark)], group.cohort)
