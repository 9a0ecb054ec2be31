"""Takes invitations back: who was called to a meeting that will not be held hears it once, and calendars forget it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from actions import history
from actions.change_words import When, change_word
from actions.desk import open_desk
from actions.lookup import cohort_of_enrolment, enrolment_named
from actions.remind import meeting_facts, uid_of
from actions.tell import CANCELLED, item_facts, tell, title_for
from models import Enrolment, Notice, Step
from models.belonging import of_enrolments
from notifications.promises import Desk, Word
from notifications.recipients import Recipient
from programme.civil import instant_of

CALLING = ("meeting", "date_changed", "resumed", CANCELLED)
"""Kinds of notice that say when a meeting is, or that it is not."""
LEFT = or_(
    col(Notice.status).in_(("sent", "sending", "in_doubt")),
    and_(col(Notice.status) == "pending", or_(col(Notice.doubts) > 0, col(Notice.kind) == CANCELLED)),
)
"""What has left or may have; that a meeting is cancelled is said once, also where it still waits."""


@dataclass(frozen=True)
class Invitation:
    """What somebody goes by: the last that left for them about a meeting, and is still to come."""

    step: Step
    recipient: str
    on: date
    at: str
    ends_at: str
    place: str | None
    sequence: int

    @property
    def known(self) -> When:
        """Return when they think that it is."""
        return When(self.on, self.at, self.place)


def invitations(session: Session, enrolment: Enrolment, steps: Sequence[Step], *, now: datetime) -> list[Invitation]:
    """Return what stands in people's calendars of these meetings, and has not begun; by step and person."""
    found = []
    for step, notice in last_said(session, enrolment, steps):
        one = _read(enrolment, step, notice)
        if notice.kind != CANCELLED and instant_of(one.on, time.fromisoformat(one.at)) > now:
            found.append(one)
    return found


def _read(enrolment: Enrolment, step: Step, notice: Notice) -> Invitation:
    """Return what a notice said of a meeting; a reminder of the staff's says the day, the rest is the step's own."""
    said: dict[str, Any] = {
        **meeting_facts(step, enrolment),
        **{name: one for name, one in notice.facts.items() if one},
    }
    return Invitation(
        step,
        notice.recipient,
        date.fromisoformat(notice.facts.get("on") or notice.facts["due_on"]),
        said["at"],
        said["ends_at"],
        notice.facts.get("place", step.place),
        said["sequence"],
    )


def last_said(session: Session, enrolment: Enrolment, steps: Sequence[Step]) -> list[tuple[Step, Notice]]:
    """Return the last that left about each of these meetings, for each who heard of it; one query.

    An owner of the staff hears of a meeting by the reminders of their message of the day.
    """
    meetings = {uid_of(enrolment, step): step for step in steps if step.at is not None}
    if not meetings:
        return []
    by_id = {step.id: uid for uid, step in meetings.items()}
    reminder = and_(col(Notice.kind) == "step_reminder", col(Notice.step_id).in_(by_id))
    query = select(Notice).where(of_enrolments([enrolment.id]), or_(col(Notice.kind).in_(CALLING), reminder), LEFT)
    last: dict[tuple[str, str], Notice] = {}
    for notice in sorted(session.exec(query), key=_order):
        uid = notice.facts.get("uid") or by_id.get(notice.step_id, "")
        if uid in meetings:
            last[uid, notice.recipient] = notice
    return [(meetings[uid], notice) for (uid, _to), notice in sorted(last.items(), key=lambda item: item[0])]


def _order(notice: Notice) -> tuple[datetime, int, int]:
    """Order by when it was promised: a promise that lives again keeps its row."""
    return notice.promised_at, int(notice.facts.get("sequence") or 0), notice.id or 0


def cancel_meetings(session: Session, enrolment: Enrolment, steps: Sequence[Step], *, by: str, now: datetime) -> int:
    """Tell each who was invited to these meetings that they are not held; return how many are told.

    Who never heard of one, who knows already and who decided it hears nothing. The cancellation has
    the next SEQUENCE, and what a meeting that lives again says has a higher one still.
    """
    standing = invitations(session, enrolment, steps, now=now)
    if not standing:
        return 0
    cohort = cohort_of_enrolment(session, enrolment)
    desk = open_desk(session, cohort, [enrolment], now=now)
    words = [*_words(desk, enrolment, standing, by)]
    for step in {word.step.key: word.step for word in words if isinstance(word.step, Step)}.values():
        history.record(session, enrolment, "meeting cancelled", by=by, now=now, subject=step.key, on=str(step.due_on))
        step.moves = max(word.facts["sequence"] for word in words if word.step is step) + 1
        session.add(step)
    tell(desk, words, cohort)
    return len(words)


def _words(desk: Desk, enrolment: Enrolment, standing: Sequence[Invitation], by: str) -> Iterator[Word]:
    for one in standing:
        to = _reader(desk, enrolment, one, by)
        if to is None:
            continue
        step = one.step
        sequence = max(step.moves, *(other.sequence for other in standing if other.step is step)) + 1
        facts: dict[str, Any] = item_facts(desk, step, title_for(step, desk.definition), enrolment)
        facts |= {
            **meeting_facts(step, enrolment),
            "meeting": facts["step"],
            "due_on": one.on.isoformat(),
            "on": one.on.isoformat(),
            "days": (one.on - desk.today).days,
            "at": one.at,
            "ends_at": one.ends_at,
            "place": one.place,
            "sequence": sequence,
        }
        mark = f"-{sequence}@{one.on.isoformat()}"
        yield Word(CANCELLED, enrolment, to, desk.today, facts, step=step, mark=mark)


def _reader(desk: Desk, enrolment: Enrolment, one: Invitation, by: str) -> Recipient | None:
    """Return who is told: the one who heard, while they hold the role; never who did it."""
    to = desk.people.find(one.recipient.partition(":")[0], enrolment)
    if to is None or to.code != one.recipient:
        return None
    return None if to.is_staff and to.code.partition(":")[2] == by else to


def change_words_for(desk: Desk, enrolment: Enrolment, standing: Sequence[Invitation], *, by: str) -> list[Word]:
    """Return what the invited of a cooperative hear of meetings that have moved meanwhile.

    Another date, hour or place is said, and comes with the higher SEQUENCE that calendars follow.
    """
    words = []
    for one in standing:
        to = _reader(desk, enrolment, one, by)
        moved = one.known != When(one.step.due_on, one.step.at, one.step.place)
        if to is not None and not to.is_staff and moved:
            words.append(change_word(desk, enrolment, one.step, to, one.known))
    return words


def standing_of(session: Session, code: str, *, now: datetime) -> list[Invitation]:
    """Return the meetings to come that a cooperative was invited to, by day: whom to call when it is suspended."""
    enrolment = enrolment_named(session, code)
    steps = session.exec(
        select(Step).where(Step.enrolment_id == enrolment.id, Step.status == "open", col(Step.at).is_not(None))
    ).all()
    found = invitations(session, enrolment, steps, now=now)
    theirs = [one for one in found if one.recipient.startswith("cooperative:")]
    return sorted(theirs, key=lambda one: (one.on, one.at))
