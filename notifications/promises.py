"""Turns "someone should hear" into a notice: frozen, with a unique key, in the transaction that caused it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from models import Cohort, Enrolment, EnrolmentLine, Notice, Step, StepLine
from models.placed import keyed
from notifications.common_facts import common_facts
from notifications.drafts import Draft, Promised, known, rows_of, write
from notifications.own_texts import in_force
from notifications.own_words import OWN_TEXT, OwnText
from notifications.recipients import Directory, Recipient
from notifications.rendering import render, script, version_of
from notifications.shapes import assured, plain_shape
from programme.calendar import Calendar
from programme.civil import civil_day, instant_of, wall
from programme.definition import Definition
from programme.errors import Refusal

Answer = TypeVar("Answer")
MAIL_DOMAIN = "mourafaka.invalid"
"""The right side of a Message-ID: a name of our own that no host has (RFC 2606)."""


@dataclass(frozen=True)
class Desk:
    """What a promise is made with: the session's moment, the calendar, the cohort's definition and the people.

    ``revived`` gathers the keys of promises that live again after they had been taken back,
    ``worked_out`` what rules have said (`once`).
    """

    session: Session
    now: datetime
    calendar: Calendar
    definition: Definition
    people: Directory
    revived: set[str] = field(default_factory=set)
    worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def today(self) -> date:
        """Return the civil day of the moment."""
        return civil_day(self.now)

    def once(self, rule: Callable[..., Answer], *about: Hashable) -> Answer:
        """Return what a rule says, asked once at this desk: a chunk asks the same again and again."""
        asked = (rule, about)
        said: Answer = self.worked_out.get(asked, _NOT_ASKED)
        if said is _NOT_ASKED:
            self.worked_out[asked] = said = rule(self, *about)
        return said


_NOT_ASKED: Any = object()


@dataclass(frozen=True, eq=False)
class Alike:
    """What many words have in common: all their facts but those that ``free`` picks out, which are each one's own.

    Of the words that have one in common, those whose free facts look alike need not be seen to render one by one.
    """

    facts: Mapping[str, Any]
    free: Callable[[Mapping[str, Any]], tuple[Any, ...]]


@dataclass(slots=True)
class Word:
    """What someone should hear: the kind, about what, on which day, with its frozen facts.

    ``mark`` tells apart two words of one kind about the same thing, e.g. the reminders 14 and
    7 days before a date. ``stale`` is the reason why it is written down and not sent,
    ``withdrawn`` the reason why it is taken back before its day has come. ``approved_by`` is who
    approved it among others whose number they saw: the breaker does not count it. Nobody changes one
    (`replace` makes another); it is not frozen, for a morning makes thousands: that takes seven times as long.
    """

    kind: str
    enrolment: Enrolment | EnrolmentLine
    to: Recipient
    due_on: date
    facts: Mapping[str, Any] = field(default_factory=dict)
    step: Step | StepLine | None = None
    mark: str = ""
    stale: str = ""
    withdrawn: str = ""
    approved_by: str | None = None
    alike: Alike | None = field(default=None, compare=False)
    key: str = field(init=False, compare=False)
    """The promise's identity: doing it twice does nothing."""

    def __post_init__(self) -> None:
        """Work the key out once: a chunk asks for it again and again."""
        about = self.step.key if self.step else "-"
        self.key = f"{self.enrolment.code}/{about}/{self.kind}{self.mark}/{self.to.code}"


def promise(desk: Desk, words: Sequence[Word], cohort: Cohort) -> list[Notice]:
    """Write the notices of ``words``, each once for ever, and return their rows; what was promised is left alone."""
    made = drafted(desk, words, cohort)
    write(desk.session, [one for one in made if isinstance(one, Draft)])
    return rows_of(desk.session, made)


def drafted(desk: Desk, words: Sequence[Word], cohort: Cohort) -> list[Promised]:
    """Return what is to be written of ``words``: each is promised once for ever.

    A promise that was taken back before it left lives again when it is made again (a date
    that is moved back): it is still the same promise, in the same row.
    """
    there = known(desk.session, [word.key for word in words])
    fresh = {word.key: word for word in words if word.key not in there}
    again = {
        word.key: word for word in words if there.get(word.key) == "cancelled" and not (word.stale or word.withdrawn)
    }
    own = in_force(desk.session, cohort)
    made: list[Promised] = [_draft(desk, word, cohort, own.get(word.kind)) for word in fresh.values()]
    return made + _revive(desk, again, cohort) if again else made


RENEWED = (
    "address",
    "language",
    "channel",
    "due_on",
    "facts",
    "template_version",
    "message_id",
    "approved_by",
    "promised_at",
    "send_at",
    "step_id",
)
"""What a promise takes anew when it lives again, or when its role has come to somebody else."""


def _revive(desk: Desk, words: Mapping[str, Word], cohort: Cohort) -> list[Promised]:
    rows = desk.session.exec(select(Notice).where(keyed(col(Notice.id), words)).order_by(Notice.key)).all()
    own = in_force(desk.session, cohort)
    for row in rows:
        word = words[row.key]
        renew(row, _draft(desk, word, cohort, own.get(word.kind)))
        row.status, row.reason, row.settled_at, row.digest_id = "pending", "", None, None
        desk.revived.add(row.key)
    return list(rows)


def renew(row: Notice, like: Promised) -> None:
    """Give a promise that has not left the facts, the address and the day of ``like``."""
    for name in RENEWED:
        setattr(row, name, getattr(like, name))


def _draft(desk: Desk, word: Word, cohort: Cohort, own: OwnText | None) -> Draft:
    """Return what is to be written of a word; ``own`` is the cohort's own text of its kind."""
    to, step = word.to, word.step
    channel, common = channel_of(to, word.kind), common_facts(desk, word, cohort)
    draft = Draft(
        word.key,
        word.kind,
        cohort.id,
        word.enrolment.id,
        step.id if step else None,
        to.code,
        to.email,
        to.language,
        channel,
        word.due_on,
        {**common, **word.facts},
        word.approved_by,
        desk.now,
        send_instant(desk, word.due_on),
    )
    if channel == "email":
        draft.message_id = message_id(word.key)
        draft.template_version = _seen(desk, word, own, common, draft.facts)
    elif channel == "call":
        draft.template_version, draft.facts["script"] = _scripted(word, own, draft.facts)
    if word.stale or word.withdrawn:
        draft.status, draft.reason = ("cancelled", word.withdrawn) if word.withdrawn else ("skipped", word.stale)
        draft.settled_at = desk.now
    return draft


def _seen(desk: Desk, word: Word, own: OwnText | None, common: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the version that says a message: what looks like one that was seen at this desk is not looked at again."""
    alike = word.alike
    if alike is None or own is not None:
        return _checked(word, own, facts)
    looks = plain_shape([*common.values(), *alike.free(word.facts)])
    if looks is None:
        return _checked(word, own, facts)
    about = (alike, word.kind, word.to.language, looks)
    version: str | None = desk.worked_out.get(about)
    if version is None:
        desk.worked_out[about] = version = _checked(word, own, facts)
    return version


def _checked(word: Word, own: OwnText | None, facts: Mapping[str, Any]) -> str:
    """Return the version that says a message; what cannot render is found now, not when it leaves."""
    kind, language = word.kind, word.to.language
    if own is not None:
        with suppress(Refusal):  # better in the programme's words than not at all; `mourafaka texts check` says it
            render(kind, language, {**facts, OWN_TEXT: own})
            return version_of(kind, language, own)
    return assured(kind, language, facts)


def _scripted(word: Word, own: OwnText | None, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a coach says on the telephone, and in which version: the cohort's own text where it can be said."""
    kind, language = word.kind, word.to.language
    if own is not None:
        with suppress(Refusal):
            return version_of(kind, language, own), script(kind, language, {**facts, OWN_TEXT: own})
    return version_of(kind, language), script(kind, language, facts)


def channel_of(to: Recipient, kind: str) -> str:
    """Return how someone is told: the staff in the message of the day, a cooperative by mail or by telephone."""
    if to.is_staff and not kind.endswith("_digest"):
        return "digest"
    return "email" if to.email else "call"


def send_instant(desk: Desk, due_on: date) -> datetime:
    """Return the first instant, not in the past, at which a notice due on a day may leave."""
    return desk.once(_opening, due_on)


def _opening(desk: Desk, due_on: date) -> datetime:
    hours = desk.definition.sending.hours()
    opening = instant_of(due_on, hours.opens)
    return hours.next_opening(wall(max(opening, desk.now)), desk.calendar)


def message_id(key: str) -> str:
    """Return the Message-ID of a notice: the same for every try, and it says nothing of the person."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{MAIL_DOMAIN}>"
