"""The history in words: who did what to what, when and why, and what was before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from actions.lookup import enrolment_named
from models import History
from programme.civil import wall
from programme.wording import Sentence, sentence

VERBS: Mapping[str, Sentence] = {
    "selected": sentence("selected"),
    "declined": sentence("not selected"),
    "enrolled": sentence("enrolled"),
    "stage entered": sentence("stage entered"),
    "stage completed": sentence("stage completed"),
    "stage late": sentence("stage beyond its window"),
    "stage window": sentence("stage's window changed"),
    "stage removed": sentence("stage no longer part of the programme"),
    "step done": sentence("step done"),
    "step missed": sentence("step missed"),
    "step open": sentence("step open again"),
    "step added": sentence("step added"),
    "step moved": sentence("step moved"),
    "step removed": sentence("step not required any more"),
    "step remade": sentence("step done by somebody else or held otherwise"),
    "step skipped": sentence("step skipped"),
    "date moved": sentence("date set by hand"),
    "date unpinned": sentence("date given back to its rule"),
    "dates moved": sentence("dates moved"),
    "start moved": sentence("start moved"),
    "meeting cancelled": sentence("meeting cancelled"),
    "make-up planned": sentence("make-up planned"),
    "no make-up left": sentence("no time left for a make-up"),
    "plan drafted": sentence("development plan drafted"),
    "plan action done": sentence("action of the plan done"),
    "decision proposed": sentence("decision proposed"),
    "decided": sentence("decided"),
    "decision to countersign": sentence("decided, waits for a second person"),
    "countersigned": sentence("countersigned"),
    "countersign declined": sentence("countersignature declined"),
    "decision flagged": sentence("decision flagged: a fact was corrected"),
    "proposal taken back": sentence("proposal taken back"),
    "flag taken back": sentence("flag taken back"),
    "evaluation set aside": sentence("evaluation set aside"),
    "measured again": sentence("measured again"),
    "corrected": sentence("fact corrected"),
    "recovery plan added": sentence("recovery plan added"),
    "coach assigned": sentence("coach assigned"),
    "coach left": sentence("coach left"),
    "role ended": sentence("role ended"),
    "contact changed": sentence("contact changed"),
    "mail came back": sentence("mail came back"),
    "contact ended": sentence("contact ended"),
    "contact corrected": sentence("contact corrected"),
    "messages refused": sentence("messages refused"),
    "messages wanted again": sentence("messages wanted again"),
    "transferred": sentence("transferred to another delegation"),
    "suspended": sentence("suspended"),
    "resumed": sentence("resumed"),
    "reinstated": sentence("active again"),
    "ended": sentence("ended"),
    "appeal filed": sentence("appeal filed"),
    "appeal upheld": sentence("appeal upheld"),
    "appeal rejected": sentence("appeal rejected"),
    "alert raised": sentence("alert raised"),
    "alert accepted": sentence("alert accepted"),
    "alert dismissed": sentence("alert dismissed"),
    "fiscal year changed": sentence("fiscal year-end changed"),
    "data erased": sentence("somebody's data erased"),
    "retention ended": sentence("retention of people's data ended"),
    "migrated": sentence("taken to another version of the programme"),
}
"""What each verb is called; one that is not here is said as it was written."""

FIELDS: Mapping[str, Sentence] = {
    "name": sentence("name"),
    "email": sentence("email address"),
    "phone": sentence("telephone"),
    "language": sentence("language"),
    "held": sentence("held"),
    "on": sentence("day"),
    "summary": sentence("summary"),
    "presence": sentence("presence"),
    "done_on": sentence("done on"),
    "campaign": sentence("campaign"),
    "at": sentence("hour"),
    "place": sentence("place"),
}
"""What the fields that change are called; a step's key stays as it is."""

LISTED = 3
"""Moves that a line names; --json has them all."""


@dataclass(frozen=True)
class Line:
    """One line of a history."""

    at: datetime
    by: str
    verb: str
    subject: str
    why: str
    detail: Mapping[str, Any]

    def says(self) -> Sentence | str:
        """Return what was done, in words."""
        return VERBS.get(self.verb, self.verb)

    def changes(self) -> list[tuple[str, str, str]]:
        """Return what changed: of what, from what, to what."""
        if "before" in self.detail or "after" in self.detail:
            return _pairs(self.detail.get("before"), self.detail.get("after"))
        if "moves" in self.detail:
            return [(move["step"], move["was_on"], move["on"]) for move in self.detail["moves"]]
        if isinstance(self.detail.get("moved"), dict):
            return [(step, was_on, on) for step, (was_on, on) in sorted(self.detail["moved"].items())]
        return [(name, "", _short(value)) for name, value in self.detail.items()]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "by": self.by,
            "verb": self.verb,
            "subject": self.subject,
            "why": self.why,
            "changes": [{"what": what, "before": before, "after": after} for what, before, after in self.changes()],
            "detail": dict(self.detail),
        }


def _pairs(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Return what differs between two values, name by name where they have names."""
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        return [(name, _short(old.get(name)), _short(new.get(name))) for name in names]
    return [("", _short(before), _short(after))]


def _short(value: Any) -> str:
    """Return a value on one line; a long list is only counted."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return str(len(value)) if len(value) > LISTED or isinstance(value, dict) else ", ".join(map(str, value))
    return str(value)


def lines_of(session: Session, code: str) -> list[Line]:
    """Return an enrolment's history, oldest first."""
    enrolment = enrolment_named(session, code)
    rows = session.exec(select(History).where(History.enrolment_id == enrolment.id).order_by(col(History.id)))
    return [Line(row.at, row.by, row.verb, row.subject, row.why, dict(row.detail)) for row in rows]


def moment(at: datetime) -> str:
    """Return an instant as people say it: the day and the hour in Morocco."""
    return f"{wall(at):%Y-%m-%d %H:%M}"
