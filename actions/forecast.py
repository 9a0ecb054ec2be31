"""What will leave: every notice of the coming days, by person, date, kind and reason, before anything is promised.

It says what the plan as it stands will have said when nobody does anything meanwhile: a step that
is done, a date that moves or a decision changes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.remind import reminder_word
from actions.reschedule import upcoming
from models import Cohort, Enrolment, Notice, Step
from models.notice import UNSETTLED
from notifications.promises import Desk, Word, channel_of
from notifications.recipients import directory
from notifications.wishes import heed
from programme.civil import civil_day, instant_of
from programme.reminders import Reminder
from programme.timing_words import quoted
from programme.wording import Bilingual, Sentence, counted, sentence

MORNING = time(8)


@dataclass(frozen=True)
class Expected:
    """A notice that will leave on a day (for the staff: inside their message of that day), and why."""

    on: date
    recipient: str
    name: str | None
    kind: str
    language: str
    channel: str
    enrolment: str | None
    about: str
    reason: Sentence
    key: str


def forecast(session: Session, *, now: datetime, days: int, cohort: str | None = None) -> list[Expected]:
    """Return what will leave from today to ``days`` days from now, by day and person."""
    until = civil_day(now) + timedelta(days=days)
    only = cohort_of(session, cohort) if cohort is not None else None
    waiting = list(_waiting(session, only, civil_day(now), until))
    promised = {one.key for one in waiting}
    planned = [one for one in _planned(session, only, now, until) if one.key not in promised]
    return sorted([*waiting, *planned], key=lambda one: (one.on, one.recipient, one.key))


def _waiting(session: Session, cohort: Cohort | None, today: date, until: date) -> Iterator[Expected]:
    """Yield what is promised already and has not left; a message of the day by what it tells."""
    query = (
        select(Notice, Enrolment.code)
        .join(Enrolment)
        .where(col(Notice.status).in_(UNSETTLED), Notice.send_at < instant_of(until + timedelta(days=1), time(0)))
    )
    if cohort is not None:
        query = query.where(Notice.cohort_id == cohort.id)
    for notice, code in session.exec(query):
        on = max(civil_day(notice.send_at), today)  # what could have left leaves now
        yield Expected(
            on,
            notice.recipient,
            notice.facts.get("recipient"),
            notice.kind,
            notice.language,
            notice.channel,
            code,
            notice.key.removeprefix(f"{code}/").partition("/")[0] if notice.step_id else "",
            _promised(notice, on),
            notice.key,
        )


def _promised(notice: Notice, on: date) -> Sentence:
    if notice.channel == "call":
        return sentence("promised already, its coach is to say it by telephone since {on}", on=notice.due_on)
    return sentence("promised already, it leaves on {on}", on=on)


def _planned(session: Session, cohort: Cohort | None, now: datetime, until: date) -> Iterator[Expected]:
    for one, pairs in _by_desk(_steps(session, cohort, until)).items():
        desk = open_desk(session, one.cohort, [enrolment for _, enrolment in pairs], now=now)
        yield from _of_desk(desk, pairs, until)


@dataclass(frozen=True)
class _Group:
    """Steps that one desk serves: of one cohort, on one version."""

    cohort_id: int
    version_id: int
    cohort: Cohort

    def __hash__(self) -> int:
        return hash((self.cohort_id, self.version_id))


Pair = tuple[Step, Enrolment]


def _steps(session: Session, cohort: Cohort | None, until: date) -> list[tuple[Step, Enrolment, Cohort]]:
    query = (
        select(Step, Enrolment, Cohort)
        .join(Enrolment, col(Step.enrolment_id) == Enrolment.id)
        .join(Cohort, col(Enrolment.cohort_id) == Cohort.id)
        .where(
            col(Step.remind_on).is_not(None),
            col(Step.remind_on) <= until,
            Step.status == "open",
            Enrolment.status == "active",
            Cohort.status == "open",
        )
        .order_by(col(Step.id))
    )
    return list(session.exec(query if cohort is None else query.where(Enrolment.cohort_id == cohort.id)).all())


def _by_desk(rows: Iterable[tuple[Step, Enrolment, Cohort]]) -> dict[_Group, list[Pair]]:
    groups: dict[_Group, list[Pair]] = defaultdict(list)
    for step, enrolment, cohort in rows:
        groups[_Group(enrolment.cohort_id, enrolment.programme_version_id, cohort)].append((step, enrolment))
    return groups


def _of_desk(desk: Desk, pairs: Sequence[Pair], until: date) -> Iterator[Expected]:
    """Yield what each day's morning will promise, to who holds each role on that day."""
    by_day: dict[date, list[tuple[Reminder, Pair]]] = defaultdict(list)
    for step, enrolment in pairs:
        for item in upcoming(desk, step):
            if item.on <= until:
                by_day[item.on].append((item, (step, enrolment)))
    for day, items in sorted(by_day.items()):
        enrolments = {enrolment.code: enrolment for _, (_, enrolment) in items}
        people = directory(desk.session, list(enrolments.values()), day)
        then = replace(desk, now=max(desk.now, instant_of(day, MORNING)), people=people)
        words = [(item, word) for item, pair in items if (word := reminder_word(then, *pair, item)) is not None]
        heeded = heed(then, [word for _, word in words])  # what a reader no longer wants will not leave
        yield from (_expected(item, word) for (item, _), word in zip(words, heeded, strict=True) if not word.stale)


def _expected(item: Reminder, word: Word) -> Expected:
    assert word.step is not None
    return Expected(
        item.on,
        word.to.code,
        word.to.name,
        word.kind,
        word.to.language,
        channel_of(word.to, word.kind),
        word.enrolment.code,
        word.step.key,
        _why(item, word),
        word.key,
    )


def _title(word: Word) -> Bilingual:
    """Return what the step is called, as the notice will call it."""
    assert word.step is not None
    said = word.facts.get("title") or word.facts.get("step") or dict.fromkeys(("fr", "ar"), word.step.key)
    return Bilingual(fr=said["fr"], ar=said["ar"])


def _why(item: Reminder, word: Word) -> Sentence:
    assert word.step is not None
    days, facts = abs(item.days), {"step": quoted(_title(word)), "due": word.step.due_on}
    if word.step.kind == "call":
        return counted(
            "{count} day after the call was due ({due}), if nobody has made it by then",
            "{count} days after the call was due ({due}), if nobody has made it by then",
            days,
            **facts,
        )
    if item.late:
        return counted(
            "{count} day after {step} was due ({due}), if it is still open then",
            "{count} days after {step} was due ({due}), if it is still open then",
            days,
            **facts,
        )
    return counted(
        "{count} day before {step} is due ({due})", "{count} days before {step} is due ({due})", days, **facts
    )
