"""The ledger: every notice there ever was, what became of it, and why in one sentence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models import Cooperative, Enrolment, Hold, Notice
from models.belonging import of_enrolments
from models.notice import NOTICE_STATUSES
from notifications.errors import StatusUnknown
from notifications.hours import UNREADABLE
from notifications.kind_words import kind_said
from notifications.reasons import reason_said
from programme.civil import civil_day, wall
from programme.wording import Sentence, sentence

CALLED = re.compile(r"/call\.(?P<step>.+?)/(?P<kind>[a-z_]+)[^/]*/cooperative:")
"""In the key of a call: the step and the kind of the notice that it stands for (`actions.tell.call_key`)."""
HASHED = ("key", "kind", "recipient", "language", "due", "status", "reason", "message_id", "sent_on")


def entries(
    session: Session, *, cooperative: str | None = None, since: date | None = None, status: str | None = None
) -> list[Notice]:
    """Return the notices by key: of one cooperative, by code or name, due since a day, of a status."""
    if status is not None and status not in NOTICE_STATUSES:
        raise StatusUnknown(status=status, known=", ".join(NOTICE_STATUSES))
    query = select(Notice).order_by(Notice.key)
    if cooperative:
        query = query.where(of_enrolments(_enrolments(cooperative)))
    if since:
        query = query.where(Notice.due_on >= since)
    if status:
        query = query.where(Notice.status == status)
    return list(session.exec(query))


def _enrolments(cooperative: str) -> SelectOfScalar[Any]:
    names = (Enrolment.code, Cooperative.name, Cooperative.name_ar)
    return select(Enrolment.id).join(Cooperative).where(or_(*(col(name) == cooperative for name in names)))


def row(notice: Notice) -> dict[str, Any]:
    """Return a notice as the ledger's stable JSON has it."""
    return {
        "key": notice.key,
        "kind": notice.kind,
        "recipient": notice.recipient,
        "language": notice.language,
        "channel": notice.channel,
        "due": notice.due_on.isoformat(),
        "status": notice.status,
        "reason": notice.reason,
        "message_id": notice.message_id,
        "attempts": notice.attempts,
        "error": notice.error,
        "sent_at": notice.sent_at.isoformat(timespec="seconds") if notice.sent_at else None,
        "sent_on": civil_day(notice.sent_at).isoformat() if notice.sent_at else None,
    }


def ledger_hash(notices: Iterable[Notice]) -> str:
    """Return what identifies a ledger: the SHA-256 of its sorted lines, without times of day and tries."""
    lines = sorted("|".join(str(values[name]) for name in HASHED) for values in map(row, notices))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def why(notice: Notice, held: Hold | None = None) -> Sentence:
    """Say in one sentence why a notice left, or why not; ``held`` is what holds the mail now, if anything does."""
    what: dict[str, object] = {"kind": _subject(notice), "to": notice.recipient, "due": notice.due_on.isoformat()}
    if notice.status == "sent" and notice.sent_at is not None:
        return _why_sent(notice, what)
    if notice.status == "pending" and notice.channel == "call":
        return _why_not_told(what)
    if held is not None and notice.status == "pending":
        return _why_held(what, held)
    if notice.status == "pending" and notice.error == UNREADABLE:
        return sentence(
            "{kind} for {to}, due {due}, waits: its cohort's version of the programme cannot be read; "
            "`mourafaka doctor` says the mend",
            **what,
        )
    reason = reason_said(notice.reason)
    told: dict[str, Sentence] = {
        "pending": sentence(
            "{kind} for {to}, due {due}, waits: it leaves on {at} at the soonest", **what, at=_moment(notice.send_at)
        ),
        "sending": sentence("{kind} for {to}, due {due}, is being sent now", **what),
        "failed": sentence("{kind} for {to}, due {due}, did not leave: {reason}", **what, reason=reason),
        "in_doubt": sentence("{kind} for {to}, due {due}, may have arrived: {reason}", **what, reason=reason),
        "skipped": sentence("{kind} for {to}, due {due}, was not sent: {reason}", **what, reason=reason),
        "cancelled": sentence("{kind} for {to}, due {due}, was taken back: {reason}", **what, reason=reason),
    }
    return told[notice.status]


def _why_not_told(what: Mapping[str, object]) -> Sentence:
    return sentence(
        "{kind} for {to}, due {due}, waits for a call: there is no address to write to, so its coach is to say it "
        "by telephone and tick that off",
        **what,
    )


def _why_held(what: Mapping[str, object], held: Hold) -> Sentence:
    since = _moment(held.began_at)
    if held.cause == "breaker":
        return sentence(
            "{kind} for {to}, due {due}, is held by the breaker since {since}: {size} mails beyond the plan; "
            "release with `mourafaka sending release`",
            **what,
            since=since,
            size=held.size,
        )
    return sentence(
        "{kind} for {to}, due {due}, is held by {by} since {since} ({reason}); "
        "release with `mourafaka sending release`",
        **what,
        by=held.by,
        since=since,
        reason=held.reason,
    )


def _subject(notice: Notice) -> Sentence | str:
    """Name what a notice speaks of: its kind in words and, where it is about one, the step and its date."""
    kind = kind_said(notice.kind)
    if not notice.step_id:
        return kind
    if notice.kind == "call":
        return _call_about(notice, kind)
    about = notice.key.rpartition(f"/{notice.kind}")[0].rpartition("/")[2]
    step_due = notice.facts.get("due_on")
    if not step_due:
        return sentence("{kind} about {step}", kind=kind, step=about)
    return sentence("{kind} about {step} of {day}", kind=kind, step=about, day=step_due)


def _call_about(notice: Notice, kind: Sentence | str) -> Sentence | str:
    """Name a call by what is to be said in it: its key has the step and the kind of the notice it stands for."""
    told = CALLED.search(notice.key)
    if told is None:
        return kind
    what = kind_said(told["kind"])
    if told["step"] == "-":
        return sentence("{kind} about {step}", kind=kind, step=what)
    return sentence("{kind} about {step}: {what}", kind=kind, step=told["step"], what=what)


def _why_sent(notice: Notice, what: Mapping[str, object]) -> Sentence:
    assert notice.sent_at is not None
    at = _moment(notice.sent_at)
    if notice.channel == "digest":
        return sentence("{kind} for {to}, due {due}, left in the message of the day on {at}", **what, at=at)
    if notice.channel == "call":
        return _why_told(notice, what, at)
    return sentence(
        "{kind} for {to}, due {due}, left on {at} (try {tries}), accepted by the mail server",
        **what,
        at=at,
        tries=notice.attempts,
    )


def _why_told(notice: Notice, what: Mapping[str, object], at: str) -> Sentence:
    """Say that a notice was told by telephone, and by whom where it was written down."""
    if notice.reason in {"", "told by telephone"}:
        return sentence("{kind} for {to}, due {due}, was told by telephone on {at}", **what, at=at)
    return sentence(
        "{kind} for {to}, due {due}, was {told}; written down on {at}", **what, told=reason_said(notice.reason), at=at
    )


def _moment(instant: datetime) -> str:
    return f"{wall(instant):%Y-%m-%d %H:%M}"
