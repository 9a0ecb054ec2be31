"""Sends a coordinator a text to try, at their own address and nowhere else: it is no notice, and no ledger has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from actions.access import holds_role
from actions.lookup import person_named
from actions.texts import Preview
from models import Person
from notifications.answers import Mailer
from notifications.filters import shortened
from notifications.kinds import SUBJECT_LENGTH
from notifications.messages import calendar_of
from notifications.promises import message_id
from notifications.signing import Signer
from notifications.smtp import Sender, build
from programme.civil import civil_day
from programme.texts_errors import NoAddressToTest, NotACoordinator, TrialNotSent

MARKS = {"fr": "[essai]", "ar": "[تجربة]", "both": "[تجربة] [essai]"}
"""What begins the subject of a test, so that nobody takes it for a notice."""


def who_tries(session: Session, by: str, *, now: datetime) -> Person:
    """Return the coordinator who tries a text; refused when it is somebody else, or has no address that takes mail."""
    person = person_named(session, by)
    if not holds_role(session, by, "coordinator", civil_day(now)):
        raise NotACoordinator(by=by)
    if not person.email or person.bad_address_at is not None:
        raise NoAddressToTest(by=by)
    return person


def send_test(
    shown: Preview,
    to: str,
    *,
    kind: str,
    mailer: Mailer,
    sender: Sender,
    now: datetime,
    signer: Signer | None = None,
) -> str:
    """Hand a preview to the mail server for one address; return the subject that it left with.

    It is what a real message would be: signed where a key is set, and with the invitation where it
    calls to a meeting; only the link that refuses a kind is not in it. Its key begins with `test/`:
    no promise has such a key. Nothing is kept of it, and it is not tried twice.
    """
    mark = MARKS[shown.mail.language]
    subject = f"{mark} {shortened(shown.mail.subject, SUBJECT_LENGTH - len(mark) - 1)}"
    key = f"test/{kind}/{now.isoformat()}"
    mail, name = replace(shown.mail, subject=subject), message_id(f"{key}/{to}")
    calendar = _trial_meeting(shown, kind=kind, key=key, to=to, sender=sender, now=now)
    body = build(mail, sender=sender, to=to, key=key, message_id=name, at=now, calendar=calendar)
    try:
        answer = mailer.send(to, signer.sign(body, now) if signer else body)
    finally:
        mailer.close()
    if answer.verdict != "accepted":
        raise TrialNotSent(address=to, problem=answer.text or answer.verdict)
    return subject


def _trial_meeting(shown: Preview, *, kind: str, key: str, to: str, sender: Sender, now: datetime) -> str | None:
    """Return a meeting's invitation under a UID that no meeting has, its title marked: no calendar takes it for one."""
    facts, language = shown.facts, shown.mail.language
    titles = facts.get("meeting") or facts.get("step") or facts.get("next") or {}
    trial: dict[str, Any] = {
        "meeting": {one: f"{MARKS[one]} {title}" for one, title in titles.items()},
        "sequence": 0,
        **_where(facts),
    }
    if kind != "resumed" or "uid" in facts:
        trial["uid"] = f"test-{hashlib.sha256(f'{key}/{to}'.encode()).hexdigest()[:32]}"
    return calendar_of(kind, language, trial, sender=sender, to=to, at=now)


def _where(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name) for name in ("on", "at", "ends_at", "place")}
