"""Finds the text that a cohort has of its own: the one in force at the promise, the frozen one afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from models import Cohort, CohortText
from models.columns import columns
from models.sets import do
from notifications.claimed import Sayable
from notifications.own_words import OWN_TEXT, OwnText
from notifications.sources import layout_version, template_version
from programme.texts_errors import OwnTextGone

_KEPT = "own texts"
"""Where a session remembers them: one question a cohort and transaction, however many notices."""
TEXT = columns(CohortText)
_SAID = sa.select(TEXT.kind, TEXT.language, TEXT.subject, TEXT.body)
IN_FORCE = _SAID.where(TEXT.cohort_id == sa.bindparam("cohort"), TEXT.replaced_at.is_(None))
FROZEN = _SAID.where(TEXT.version == sa.bindparam("version"))


def in_force(session: Session, cohort: Cohort) -> Mapping[str, OwnText]:
    """Return the texts that a cohort has of its own now, by kind."""
    kept: dict[int | None, Mapping[str, OwnText]] = session.info.setdefault(_KEPT, {})
    if cohort.id not in kept:
        kept[cohort.id] = _by_kind(do(session, IN_FORCE, cohort=cohort.id))
    return kept[cohort.id]


def forget(session: Session) -> None:
    """Have a session ask again: a text was changed in it."""
    session.info.pop(_KEPT, None)


def _by_kind(rows: Iterable[Any]) -> dict[str, OwnText]:
    texts: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows:
        texts[row.kind].append((row.language, row.subject, row.body))
    return {kind: OwnText(kind, tuple(sorted(said))) for kind, said in texts.items()}


def frozen(session: Session, version: str) -> OwnText | None:
    """Return the cohort's own text that a notice was promised with, replaced since or not; None for the programme's."""
    own, is_own, _layout = version.partition("@")
    if not is_own:
        return None
    kept: dict[str, OwnText] = session.info.setdefault(_KEPT + " frozen", {})
    if own not in kept:
        found = list(_by_kind(do(session, FROZEN, version=own)).values())
        if not found:
            raise OwnTextGone(version=own)
        kept[own] = OwnText(found[0].kind, tuple(sorted(set(found[0].texts))))
    return kept[own]


def with_own_text(session: Session, notice: Sayable, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notice's facts with the cohort's own text that it was promised with, if it was."""
    own = frozen(session, notice.template_version)
    return {**facts, OWN_TEXT: own} if own else dict(facts)


def version_again(notice: Sayable, language: str) -> str:
    """Return the version of a promise that now reads another language: its own text stays the same."""
    own, is_own, _layout = notice.template_version.partition("@")
    return f"{own}@{layout_version(language)}" if is_own else template_version(notice.kind, language)
