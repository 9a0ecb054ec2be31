"""Takes a list of cooperatives into a cohort: every problem is named at once, and nothing is half-stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, func, select

from actions import history
from actions.cohorts import cohort_of
from actions.programmes import definition_of
from actions.spreadsheet import Table
from models import Cohort, Contact, Cooperative, Enrolment, History
from models.columns import columns
from programme.civil import civil_day
from programme.eligibility import Eligibility, reasons_by_field
from programme.intake import read_row
from programme.intake_candidate import Candidate
from programme.intake_columns import Problem, header_of
from programme.intake_duplicates import duplicates, name_key, register_key
from programme.territory import delegation_of, provinces
from programme.wording import sentence

Status = Literal["accepted", "partial", "rejected"]
COOPERATIVE_FIELDS = (
    "name",
    "name_ar",
    "external_id",
    "register_court",
    "register_number",
    "registered_on",
    "province_code",
    "commune",
    "address",
    "sector",
    "branch",
    "members",
    "women",
    "young_graduates",
    "disabled",
    "feminine",
    "turnover_dh",
    "fiscal_year_end",
)

BATCH = 500
"""Cooperatives stored at once."""


@dataclass
class Report:
    """What became of a list; ``known`` were in the cohort already and are left as they are."""

    status: Status = "accepted"
    stored: int = 0
    known: int = 0
    accepted: int = 0
    problems: list[Problem] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    source: str = ""


def take_in(
    session: Session, *, table: Table, code: str, by: str, now: datetime, partial: bool = False, dry_run: bool = False
) -> Report:
    """Check a list and store its cooperatives in a cohort; all of them or (unless ``partial``) none.

    Loading a list twice changes nothing. ``dry_run`` checks everything and stores nothing.
    """
    cohort = cohort_of(session, code, to_change=True)
    report = Report(ignored=table.columns.ignored, source=table.source, problems=list(table.columns.problems))
    candidates = [] if report.problems else _read(table, civil_day(now), report)
    report.problems += duplicates(candidates, table.columns.titles)
    report.problems += _ineligible(session, cohort, candidates, table)
    report.problems += _elsewhere(cohort, candidates, table)
    shelf = _Shelf(session, cohort)
    report.problems += [problem for one in candidates for problem in shelf.conflicts(one, table)]
    refused = {problem.row for problem in report.problems}
    welcome = [one for one in candidates if one.row not in refused]
    fresh = [one for one in welcome if not shelf.has(one)]
    report.accepted, report.known = len(welcome), len(welcome) - len(fresh)
    report.problems.sort(key=lambda problem: (problem.row, problem.column))
    report.status = _status(report, partial=partial)
    if report.status != "rejected" and not dry_run:
        report.stored = shelf.store(fresh, by=by, now=now)
    return report


def _read(table: Table, today: date, report: Report) -> list[Candidate]:
    candidates = []
    for number, cells in table.rows:
        found = read_row(number, table.columns.pick(cells), today, table.columns.titles)
        if isinstance(found, Candidate):
            candidates.append(found)
        else:
            report.problems += found
    return candidates


def _ineligible(session: Session, cohort: Cohort, candidates: Iterable[Candidate], table: Table) -> list[Problem]:
    rule = Eligibility(
        max_age_years=cohort.max_age_years,
        min_members=cohort.min_members,
        registered=definition_of(session, cohort).eligibility.registered,
    )
    titles = table.columns.titles
    return [
        Problem(one.row, header_of(field, titles), reason)
        for one in candidates
        for field, reason in reasons_by_field(
            rule,
            called_on=cohort.called_on,
            registered_on=one.registered_on,
            members=one.members,
            has_register=bool(one.register_number),
        )
    ]


def _elsewhere(cohort: Cohort, candidates: Iterable[Candidate], table: Table) -> list[Problem]:
    """Name the cooperatives of another region than the cohort's; a cohort without a region takes all."""
    if cohort.region_code is None:
        return []
    column = header_of("province", table.columns.titles)
    places = {province.code: province for province in provinces()}
    return [
        Problem(
            one.row,
            column,
            sentence(
                "{province} is not in the region of cohort {cohort}: correct it, or use another cohort",
                province=places[one.province_code].fr,
                cohort=cohort.code,
            ),
        )
        for one in candidates
        if places[one.province_code].region_code != cohort.region_code
    ]


def _status(report: Report, *, partial: bool) -> Status:
    if not report.problems:
        return "accepted"
    return "partial" if partial and report.accepted else "rejected"


class _Shelf:
    """What is stored already, by identity: court and register number, else name and province."""

    def __init__(self, session: Session, cohort: Cohort) -> None:
        self._session, self._cohort = session, cohort
        rows = session.exec(select(Cooperative)).all()
        self._by_register = {key: row for row in rows if (key := register_key(row.register_court, row.register_number))}
        self._by_name = {(name_key(row.name), row.province_code): row for row in rows}
        self._enrolled = set(
            session.exec(select(Enrolment.cooperative_id).where(Enrolment.cohort_id == cohort.id)).all()
        )
        self._rank = session.exec(select(func.max(Enrolment.rank)).where(Enrolment.cohort_id == cohort.id)).one() or 0

    def find(self, one: Candidate) -> Cooperative | None:
        """Return the stored cooperative that a candidate is."""
        key = register_key(one.register_court, one.register_number)
        found = self._by_register.get(key) if key else None
        if found is not None:
            return found
        named = self._by_name.get((name_key(one.name), one.province_code))
        if named is None or (key and register_key(named.register_court, named.register_number)):
            return None
        return named

    def has(self, one: Candidate) -> bool:
        """Tell whether a candidate is in the cohort already."""
        found = self.find(one)
        return found is not None and found.id in self._enrolled

    def conflicts(self, one: Candidate, table: Table) -> list[Problem]:
        """Return what contradicts the database: a register number that is another cooperative's."""
        found = self.find(one)
        if found is None or name_key(found.name) == name_key(one.name):
            return []
        column = header_of("register_number", table.columns.titles)
        return [
            Problem(
                one.row,
                column,
                sentence(
                    "this register number is already that of {other}: correct the number,"
                    " or the name if it is the same one",
                    other=found.name,
                ),
            )
        ]

    def store(self, candidates: Sequence[Candidate], *, by: str, now: datetime) -> int:
        """Store cooperatives, their contacts and their places in the cohort; return how many."""
        for first in range(0, len(candidates), BATCH):
            self._store(candidates[first : first + BATCH], by=by, now=now)
        return len(candidates)

    def _store(self, candidates: Sequence[Candidate], *, by: str, now: datetime) -> None:
        """Store some hundred at once: one statement for each table, not one for each row."""
        found = [self.find(one) for one in candidates]
        new = [one for stored, one in zip(found, candidates, strict=True) if stored is None]
        added = self._insert(Cooperative, [_cooperative(one, now) for one in new])
        self._insert(Contact, [self._contact(key, one, now) for key, one in zip(added, new, strict=True)])
        fresh = iter(added)
        owners = [next(fresh) if stored is None else stored.id for stored in found]
        enrolments = [self._enrolment(owner, one) for owner, one in zip(owners, candidates, strict=True)]
        keys = self._insert(Enrolment, enrolments)
        at = history.not_before(self._session, now)
        self._insert(History, [history.line(key, "selected", by=by, now=at, subject=self._cohort.code) for key in keys])

    def _insert(self, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> list[int]:
        """Insert rows and return their ids in the same order."""
        if not rows:
            return []
        statement = insert(table).returning(columns(table).id, sort_by_parameter_order=True)
        return list(self._session.scalars(statement, rows))

    def _contact(self, cooperative_id: int, one: Candidate, now: datetime) -> dict[str, Any]:
        return {
            "cooperative_id": cooperative_id,
            "name": one.president,
            "email": one.email,
            "phone": one.phone,
            "language": one.language,
            "starts_on": min(civil_day(now), self._cohort.start_on),
        }

    def _enrolment(self, cooperative_id: int | None, one: Candidate) -> dict[str, Any]:
        self._rank += 1
        return {
            "code": f"{self._cohort.code}/{self._rank:03d}",
            "cohort_id": self._cohort.id,
            "cooperative_id": cooperative_id,
            "programme_version_id": self._cohort.programme_version_id,
            "delegation": _delegation(one.province_code),
            "rank": self._rank,
        }


def _cooperative(one: Candidate, now: datetime) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in COOPERATIVE_FIELDS}, "created_at": now}


@cache
def _delegation(province_code: str) -> str:
    province = next(province for province in provinces() if province.code == province_code)
    return delegation_of(province).code
