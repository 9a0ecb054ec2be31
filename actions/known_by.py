"""What somebody goes or went by: names, addresses, telephones; from their rows, the history and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import Session, col, func, select

from models import Contact, Enrolment, History, Notice, Person
from models.person import STAFF_ROLES
from programme.intake_text import fold
from programme.personal import Traces

CORRECTED = "contact corrected"
"""The one change whose two sides are the same person."""


@dataclass
class Known:
    """All that one person goes by."""

    names: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)

    @staticmethod
    def of(rows: Iterable[Contact | Person]) -> Known:
        """Return what these rows say."""
        known = Known()
        for row in rows:
            known._add(row.name, row.email, row.phone)
        return known

    def _add(self, name: str | None, email: str | None, phone: str | None) -> None:
        for values, value in ((self.names, name), (self.emails, email), (self.phones, phone)):
            if value and value.strip():
                values.add(value)

    def learn(self, session: Session, enrolments: Mapping[int, str]) -> None:
        """Learn from the history what was corrected since, and from the ledger where messages went."""
        lines = _contact_lines(session, enrolments)
        for _ in range(2):  # a line may speak of what only a later one links to the person
            for line in lines:
                self._learn_from(line)
        recipients = [f"cooperative:{code}" for code in enrolments.values()]
        for name, address in _told(session, recipients):
            if self._is_called(name):
                self._add(None, address, None)

    def _learn_from(self, line: History) -> None:
        sides = list(_sides(line))
        ours = [side for side in sides if self._is(side)]
        for side in sides if ours and line.verb == CORRECTED else ours:
            if line.verb == CORRECTED or self._is_called(side.get("name")):
                self._add(side.get("name"), side.get("email"), side.get("phone"))

    def _is_called(self, name: str | None) -> bool:
        return bool(name) and fold(str(name)) in {fold(one) for one in self.names}

    def _is(self, side: Mapping[str, Any]) -> bool:
        """Tell whether a side of a change is this person; only who has no name is known by an address alone."""
        if self.names:
            return self._is_called(side.get("name"))
        return side.get("email") in self.emails or side.get("phone") in self.phones

    def learn_staff(self, session: Session, code: str) -> None:
        """Learn from the ledger what a member of the staff was called, where messages went, and whom they had call."""
        for name, address in _told(session, [f"{role}:{code}" for role in STAFF_ROLES]):
            self._add(name, address, None)
        who, number = (col(Notice.facts)[one].as_string() for one in ("contact_name", "contact_phone"))
        for phone in session.exec(select(number).where(who.in_(self.names)).distinct()):
            self._add(None, None, phone)

    def leave_to(self, others: Iterable[Contact | Person]) -> None:
        """Leave what others still go by to them."""
        for other in others:
            self.emails.discard(other.email or "")
            self.phones.discard(other.phone or "")

    def traces(self, pseudonym: str, code: str | None = None) -> Traces:
        """Return it as what is looked for."""
        return Traces(pseudonym, frozenset(self.names), frozenset(self.emails), frozenset(self.phones), code)


def _sides(line: History) -> Iterator[dict[str, Any]]:
    for name in ("before", "after"):
        side = line.detail.get(name)
        if isinstance(side, dict):
            yield side


def _contact_lines(session: Session, enrolments: Iterable[int]) -> Sequence[History]:
    lines = select(History).where(col(History.enrolment_id).in_(list(enrolments)), col(History.verb).like("contact %"))
    return session.exec(lines.order_by(col(History.id))).all()


def _told(session: Session, recipients: Sequence[str]) -> Sequence[tuple[str | None, str | None]]:
    """Return the names and addresses that messages to these recipients had."""
    name = col(Notice.facts)["recipient"].as_string()
    return session.exec(select(name, Notice.address).where(col(Notice.recipient).in_(recipients)).distinct()).all()


def formerly_at(session: Session, address: str) -> list[Contact]:
    """Return the contacts who had an address that was corrected since: the history still has it."""
    said = func.lower(cast(col(History.detail), Text)).contains(f'"{address}"', autoescape=True)
    lines = session.exec(select(History).where(History.verb == CORRECTED, said)).all()
    owners = select(Enrolment.cooperative_id).where(col(Enrolment.id).in_({line.enrolment_id for line in lines}))
    names = {fold(side.get("name") or "") for line in lines for side in _sides(line)}
    rows = session.exec(select(Contact).where(col(Contact.cooperative_id).in_(owners)).order_by(col(Contact.id)))
    return [row for row in rows if fold(row.name or "") in names]
