"""From a notice and its frozen facts to the bytes of a message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from notifications.claimed import Sayable
from notifications.invitations import invitation
from notifications.kinds import IN_TURN
from notifications.rendering import render
from notifications.smtp import Sender, build

INVITING = frozenset({"meeting", "date_changed", "resumed", "meeting_cancelled"})
"""Kinds of notice that carry an invitation or take one back, where they speak of a meeting."""


def message_of(notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
    """Return a notice's message, with an invitation when it calls people to a meeting."""
    if notice.address is None or notice.message_id is None:
        raise ValueError("it has no address or no Message-ID")
    return build(
        render(notice.kind, notice.language, facts),
        sender=sender,
        to=notice.address,
        key=notice.key,
        message_id=notice.message_id,
        at=at,
        calendar=calendar_of(notice.kind, notice.language, facts, sender=sender, to=notice.address, at=at),
        unsubscribe=facts.get("refuse_url"),
    )


def calendar_of(
    kind: str, language: str, facts: Mapping[str, Any], *, sender: Sender, to: str, at: datetime
) -> str | None:
    """Return the invitation (or its cancellation) that goes with a message; None where it calls to no meeting."""
    return _invitation(kind, language, facts, sender, to, at) if _calls(kind, facts) else None


def _calls(kind: str, facts: Mapping[str, Any]) -> bool:
    """Tell whether a calendar is to follow: that support goes on says so only where it has moved a meeting."""
    is_meeting = kind in INVITING and bool(facts.get("at"))
    return is_meeting and (kind != "resumed" or "uid" in facts)


def _invitation(kind: str, language: str, facts: Mapping[str, Any], sender: Sender, to: str, at: datetime) -> str:
    title: Mapping[str, str] = facts["meeting"]
    return invitation(
        uid=facts["uid"],
        sequence=facts["sequence"],
        method="CANCEL" if kind == "meeting_cancelled" else "REQUEST",
        summary=" / ".join(title[one] for one in IN_TURN[language]),
        on=date.fromisoformat(facts["on"]),
        at=facts["at"],
        ends_at=facts["ends_at"],
        place=facts["place"],
        organiser=sender.address,
        attendee=to,
        stamped_at=at,
    )


def rehearsed(notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
    """Return the text that would be sent, unpacked: simulations send nothing, yet find what cannot be said."""
    del sender, at
    return render(notice.kind, notice.language, facts).text.encode()
