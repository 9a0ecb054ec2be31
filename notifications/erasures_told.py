"""Says of notices that whom they were addressed to is nobody by name any more: since when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from models import Erasure, Notice
from programme.civil import civil_day
from programme.wording import Sentence, sentence

CAUSES: Mapping[str, Sentence] = {
    "asked": sentence("they asked for it"),
    "retention": sentence("their retention had ended"),
}


def why(session: Session, notices: Iterable[Notice]) -> list[Sentence]:
    """Return a sentence for each addressee of these notices whose data have gone."""
    named = {one for notice in notices for one in (notice.facts.get("recipient"), notice.address) if one}
    rows = session.exec(select(Erasure).where(col(Erasure.pseudonym).in_(named)).order_by(col(Erasure.id))).all()
    return [_said(row) for row in {row.pseudonym: row for row in rows}.values()]


def _said(row: Erasure) -> Sentence:
    return sentence(
        "{pseudonym} stands for an addressee whose data were pseudonymised on {on}: {cause}",
        pseudonym=row.pseudonym,
        on=civil_day(row.at).isoformat(),
        cause=CAUSES[row.cause],
    )
