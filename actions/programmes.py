"""Publishes versions of the programme, and gives a session's work its definition and its calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Protocol

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from models import ClosedWindow, Cohort, Cooperative, Enrolment, EnrolmentLine, HolidayOverride, ProgrammeVersion
from models.sets import do
from programme.calendar import Calendar
from programme.closures import Closure, Closures
from programme.definition import ClosedDays, Definition
from programme.definition_file import NAME, content_hash, read_definition, shipped_text
from programme.errors import ProgrammeUnknown, Refusal, VersionTaken, VersionUnreadable
from programme.intake_text import fold
from programme.wording import Sentence

Overrides = tuple[tuple[date, str | None], ...]
"""The coordinators' word on days, by day."""
ORDINARY = ClosedDays()


def publish(session: Session, text: str, *, by: str, now: datetime, name: str | Sentence = NAME) -> ProgrammeVersion:
    """Freeze a definition as a version; the same text again returns what is there.

    It changes nobody: enrolments stay pinned to the version they began with.
    """
    return _freeze(session, read_definition(text, name=name), text, by=by, now=now)


def _freeze(session: Session, definition: Definition, text: str, *, by: str, now: datetime) -> ProgrammeVersion:
    digest = content_hash(text)
    known = session.exec(
        select(ProgrammeVersion).where(
            ProgrammeVersion.programme == definition.programme, ProgrammeVersion.version == definition.version
        )
    ).first()
    if known is None:
        return _store(session, definition, text, digest, by=by, now=now)
    if known.content_hash != digest:
        raise VersionTaken(programme=definition.programme, version=definition.version)
    return known


def _store(
    session: Session, definition: Definition, text: str, digest: str, *, by: str, now: datetime
) -> ProgrammeVersion:
    version = ProgrammeVersion(
        programme=definition.programme,
        version=definition.version,
        content_hash=digest,
        body=text,
        published_at=now,
        published_by=by,
    )
    session.add(version)
    session.flush()
    return version


def newest(session: Session, programme: str, *, by: str, now: datetime) -> ProgrammeVersion:
    """Return the newest published version; the one that comes with the program is published on first use."""
    known = session.exec(
        select(ProgrammeVersion)
        .where(ProgrammeVersion.programme == programme)
        .order_by(col(ProgrammeVersion.version).desc())
    ).first()
    if known is not None:
        return known
    shipped = _parsed(shipped_text())
    if programme != shipped.programme:
        raise ProgrammeUnknown(name=programme)
    return _freeze(session, shipped, shipped_text(), by=by, now=now)


@lru_cache(maxsize=64)
def _parsed(body: str) -> Definition:
    return read_definition(body)


def definition_of(session: Session, owner: Enrolment | EnrolmentLine | Cohort) -> Definition:
    """Return the definition that an enrolment (or a cohort's next enrolments) follows."""
    return definition_of_version_id(session, owner.programme_version_id)


_OVERRIDES = select(col(HolidayOverride.on), HolidayOverride.name)
_VERSIONS = select(ProgrammeVersion.id, ProgrammeVersion.programme, ProgrammeVersion.version, ProgrammeVersion.body)
_VERSION = _VERSIONS.where(ProgrammeVersion.id == bindparam("id"))


def definition_of_version_id(session: Session, version_id: int) -> Definition:
    """Return the definition that enrolments of a version follow; a published one never changes, so it is kept."""
    known: dict[int, Definition] = session.info.setdefault("definitions", {})
    if version_id not in known:
        known[version_id] = _of_row(do(session, _VERSION, id=version_id).one())
    return known[version_id]


def definition_of_version(version: ProgrammeVersion) -> Definition:
    """Return the definition that a published version holds."""
    return _of_row(version)


class _Published(Protocol):
    """A published version, or a row of one."""

    programme: str
    version: int
    body: str


def _of_row(row: _Published) -> Definition:
    found = _read(row.body)
    if isinstance(found, Definition):
        return found
    raise VersionUnreadable(programme=row.programme, version=row.version, problem=found)


@lru_cache(maxsize=64)
def _read(body: str) -> Definition | Sentence:
    """Return what a frozen text defines, or what is wrong with it: it was read once, by an earlier release."""
    try:
        return _parsed(body)
    except Refusal as refusal:
        return Sentence(refusal.template(), refusal.facts)


def definitions(session: Session) -> dict[int, Definition]:
    """Return every published definition that can be read, by its row's id; reading a text is done once a process."""
    texts = {row.id: _read(row.body) for row in do(session, _VERSIONS)}
    return {one: read for one, read in texts.items() if isinstance(read, Definition)}


def unreadable(session: Session) -> dict[int, VersionUnreadable]:
    """Return the published versions that cannot be read any more, by their row's id, each as its refusal."""
    rows = [(row, _read(row.body)) for row in do(session, _VERSIONS)]
    return {
        row.id: VersionUnreadable(programme=row.programme, version=row.version, problem=read)
        for row, read in rows
        if isinstance(read, Sentence)
    }


def calendar_of(session: Session, definition: Definition | None = None) -> Calendar:
    """Return the working calendar with the coordinators' corrections, which are asked for once in a session.

    Of a ``definition`` it is the one by which its dates are worked out, with its own closed days.
    """
    overrides: Overrides | None = session.info.get("overrides")
    if overrides is None:
        overrides = session.info["overrides"] = tuple(sorted((row.on, row.name) for row in do(session, _OVERRIDES)))
    return _calendar(overrides, definition.closed_days if definition else ORDINARY)


@lru_cache(maxsize=16)
def _calendar(overrides: Overrides, closed: ClosedDays) -> Calendar:
    return Calendar(dict(overrides), closed.week, closed.holidays)


def calendar_with(overrides: Mapping[date, str | None], definition: Definition | None = None) -> Calendar:
    """Return the calendar as it would be with these corrections; of a definition, with its own closed days."""
    return _calendar(tuple(sorted(overrides.items())), definition.closed_days if definition else ORDINARY)


def windows_of(session: Session) -> list[ClosedWindow]:
    """Return every closed window, by its first day; asked for once in a session."""
    windows: list[ClosedWindow] | None = session.info.get("windows")
    if windows is None:
        rows = session.exec(select(ClosedWindow).order_by(col(ClosedWindow.first_on), col(ClosedWindow.id)))
        windows = session.info["windows"] = list(rows)
    return windows


def forget_closed_days(session: Session) -> None:
    """Have the holidays and the windows asked for anew: a verb of this session has changed them."""
    session.info.pop("overrides", None)
    session.info.pop("windows", None)


def closures_of(session: Session, enrolment: Enrolment | EnrolmentLine) -> Closures:
    """Return the days on which an enrolment holds no meeting: its own, and those of its cooperative's sector."""
    return closures_among(session, enrolment, windows_of(session))


def closures_among(session: Session, enrolment: Enrolment | EnrolmentLine, windows: Sequence[ClosedWindow]) -> Closures:
    """Return those of ``windows`` that close an enrolment's days."""
    mine = [window for window in windows if closes(session, window, enrolment)]
    return tuple(sorted(Closure(window.first_on, window.last_on, window.reason) for window in mine))


def closes(session: Session, window: ClosedWindow, enrolment: Enrolment | EnrolmentLine) -> bool:
    """Tell whether a window is an enrolment's: its own code's, or its sector's in any spelling."""
    if window.scope == "cooperative":
        return window.target == enrolment.code
    sector = session.get_one(Cooperative, enrolment.cooperative_id).sector
    return sector is not None and fold(sector) == fold(window.target)
