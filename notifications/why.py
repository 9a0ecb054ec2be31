"""Why a notice left, or why not: one sentence each, in which people, steps and cooperatives have their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from models import Hold, Notice
from notifications.hours import UNREADABLE
from notifications.kind_words import kind_said
from notifications.reasons import reason_said
from programme.civil import wall
from programme.counts import mails_beyond
from programme.timing_words import quoted
from programme.wording import Bilingual, Sentence, counted, sentence

CALLED = re.compile(r"/call\.(?P<step>.+?)/(?P<kind>[a-z_]+)[^/]*/cooperative:")
"""In the key of a call: the step and the kind of the notice that it stands for (`actions.tell.call_key`)."""
RULED = re.compile(r"/(?:step_reminder|step_late|meeting|escalation)(?P<days>[+-]\d+)@(?P<day>\d{4}-\d\d-\d\d)(?:/|$)")
"""In the key of a reminder: how many days off which date the programme has it (`actions.remind.mark_of`)."""
ROLES: Mapping[str, Sentence] = {
    "coordinator": sentence("coordinator"),
    "coach": sentence("coach"),
    "delegate": sentence("delegate"),
}


def told(
    session: Session, notices: Sequence[Notice], *, held: Hold | None = None, now: datetime | None = None
) -> list[Sentence]:
    """Return a sentence on each notice, in the order of their days."""
    ids = {notice.digest_id for notice in notices if notice.digest_id is not None}
    digests = {one.id: one for one in session.exec(select(Notice).where(col(Notice.id).in_(ids)))} if ids else {}
    in_order = sorted(notices, key=lambda one: (one.due_on, one.key))
    return [why(notice, held, digest=digests.get(notice.digest_id), now=now) for notice in in_order]


def why(
    notice: Notice, held: Hold | None = None, *, digest: Notice | None = None, now: datetime | None = None
) -> Sentence:
    """Say in one sentence why a notice left, or why not.

    ``held`` is what holds the mail now, if anything does; ``digest`` the message of the day that a notice waits for.
    What the programme's rule asks for stands behind it.
    """
    said, rule = _became(notice, held, digest, now), _rule(notice)
    return sentence("{said} ({rule})", said=said, rule=rule) if rule else said


def _rule(notice: Notice) -> Sentence | None:
    """Return when the programme has a reminder said."""
    found = RULED.search(notice.key)
    if found is None:
        return None
    days, facts = int(found["days"]), {"day": found["day"]}
    if days < 0:
        return counted(
            "{count} day before {day}, as the programme has it",
            "{count} days before {day}, as the programme has it",
            -days,
            **facts,
        )
    return counted(
        "{count} day after {day}, as the programme has it",
        "{count} days after {day}, as the programme has it",
        days,
        **facts,
    )


def _became(notice: Notice, held: Hold | None, digest: Notice | None, now: datetime | None) -> Sentence:
    what: dict[str, object] = {"kind": _subject(notice), "to": _to(notice), "due": notice.due_on.isoformat()}
    if notice.status == "sent" and notice.sent_at is not None:
        return _why_sent(notice, what)
    if notice.status == "pending" and notice.channel == "call":
        return _why_not_told(what)
    if held is not None and notice.status == "pending":
        return _why_held(what, held)
    if notice.status == "pending":
        return _why_pending(notice, what, digest, now)
    reason = reason_said(notice.reason)
    said: dict[str, Sentence] = {
        "sending": sentence("{kind} for {to}, due {due}, is being sent now", **what),
        "failed": sentence("{kind} for {to}, due {due}, did not leave: {reason}", **what, reason=reason),
        "in_doubt": sentence("{kind} for {to}, due {due}, may have arrived: {reason}", **what, reason=reason),
        "skipped": sentence("{kind} for {to}, due {due}, was not sent: {reason}", **what, reason=reason),
        "cancelled": sentence("{kind} for {to}, due {due}, was taken back: {reason}", **what, reason=reason),
    }
    return said[notice.status]


def _why_pending(notice: Notice, what: Mapping[str, object], digest: Notice | None, now: datetime | None) -> Sentence:
    """Say when it leaves at the soonest: by itself, or in the message of the day that it waits for."""
    if notice.error == UNREADABLE:
        return sentence(
            "{kind} for {to}, due {due}, waits: its cohort's version of the programme cannot be read; "
            "`mourafaka doctor` says the mend",
            **what,
        )
    at = max(notice.send_at, digest.send_at) if digest is not None else notice.send_at
    if now is not None and at <= now:
        return sentence("{kind} for {to}, due {due}, waits: it leaves at the next sending", **what)
    if digest is not None:
        return sentence(
            "{kind} for {to}, due {due}, waits for the message of the day, which leaves on {at} at the soonest",
            **what,
            at=_moment(at),
        )
    return sentence("{kind} for {to}, due {due}, waits: it leaves on {at} at the soonest", **what, at=_moment(at))


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
            "{kind} for {to}, due {due}, is held by the breaker since {since}: {mails}; "
            "release with `mourafaka sending release`",
            **what,
            since=since,
            mails=mails_beyond(held.size),
        )
    return sentence(
        "{kind} for {to}, due {due}, is held by {by} since {since} ({reason}); "
        "release with `mourafaka sending release`",
        **what,
        by=held.by,
        since=since,
        reason=held.reason,
    )


def _to(notice: Notice) -> Sentence | str:
    """Name who hears: a cooperative's contact with it, one of the staff with their role; their code without a name."""
    name, cooperative = notice.facts.get("recipient"), notice.facts.get("cooperative")
    role = notice.recipient.partition(":")[0]
    if role in ROLES:
        return sentence("{name} ({role})", name=name, role=ROLES[role]) if name else notice.recipient
    if name and cooperative:
        return sentence("{name} ({cooperative})", name=name, cooperative=cooperative)
    return name or cooperative or notice.recipient


def _subject(notice: Notice) -> Sentence | str:
    """Name what a notice speaks of: its kind in words and, where it is about one, the step and its date."""
    kind = kind_said(notice.kind)
    if not notice.step_id:
        return kind
    if notice.kind == "call":
        return _call_about(notice, kind)
    about = _step(notice, notice.key.rpartition(f"/{notice.kind}")[0].rpartition("/")[2])
    step_due = notice.facts.get("due_on")
    if not step_due:
        return sentence("{kind} about {step}", kind=kind, step=about)
    return sentence("{kind} about {step} of {day}", kind=kind, step=about, day=step_due)


def _step(notice: Notice, key: str) -> Sentence | str:
    """Name a step by the title that the notice has; for one of the staff, with the cooperative whose step it is."""
    title = notice.facts.get("title") or notice.facts.get("step")
    if not isinstance(title, dict) or not all(title.get(language) for language in ("fr", "ar")):
        return key
    said = quoted(Bilingual(fr=title["fr"], ar=title["ar"]))
    cooperative = notice.facts.get("cooperative")
    if notice.recipient.startswith("cooperative:") or not cooperative:
        return said
    return sentence("{step} ({cooperative})", step=said, cooperative=cooperative)


def _call_about(notice: Notice, kind: Sentence | str) -> Sentence | str:
    """Name a call by what is to be said in it: its key has the step and the kind of the notice it stands for."""
    called = CALLED.search(notice.key)
    if called is None:
        return kind
    what = kind_said(called["kind"])
    if called["step"] == "-":
        return sentence("{kind} about {step}", kind=kind, step=what)
    return sentence("{kind} about {step}: {what}", kind=kind, step=_step(notice, called["step"]), what=what)


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
