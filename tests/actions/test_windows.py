"""Closed windows of a sector and of a cooperative: what moves, what later plans avoid, what comes back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.cohorts import cohort_of
from actions.enrol import enrol_cohort
from actions.windows import close_window, open_window
from models import ClosedWindow, Cooperative, Enrolment, Step
from models.session import Database
from programme.dates_errors import DaysBackwards, SectorUnknown, WindowKnown, WindowTooLong, WindowUnknown
from programme.diffs import Diff
from programme.errors import EnrolmentUnknown
from tests.world import CODE, NOW, add_cooperative, at, open_enrolled, open_world, step_row

BY: dict[str, Any] = {"by": "k1", "now": at(date(2027, 3, 1), 11)}
HARVEST: dict[str, Any] = {
    "scope": "sector",
    "target": "argan du souss",
    "first": date(2027, 4, 1),
    "last": date(2027, 4, 30),
    "reason": "récolte",
}
SESSION = "coaching.session-01"


def of_sector(session: Session, rank: int, sector: str) -> None:
    row = session.exec(select(Cooperative).join(Enrolment).where(Enrolment.code == f"{CODE}/{rank:03d}")).one()
    row.sector = sector


def closed(session: Session, **facts: Any) -> Diff:
    diff = close_window(session, **BY | HARVEST | facts)
    return close_window(session, **BY | HARVEST | facts, approve=diff.digest)


def days(session: Session, key: str) -> list[date]:
    rows = session.exec(select(Step).join(Enrolment).where(Step.key == key).order_by(Enrolment.code))
    return [row.due_on for row in rows]


def test_window_of_a_sector_moves_its_cooperatives_meetings_only(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        of_sector(session, 1, "Argan du Souss")
        diff = closed(session)
        assert days(session, SESSION) == [date(2027, 5, 3), date(2027, 4, 5)]
        assert {one.enrolment for one in diff.moved} == {f"{CODE}/001"}
        assert {one.step for one in diff.moved} >= {SESSION, "coaching.report-01", "training.strategy"}
        assert session.exec(select(ClosedWindow.target)).one() == "Argan du Souss"


def test_window_of_a_cooperative_changes_nothing_before_it_is_approved(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        diff = close_window(session, **BY | HARVEST | {"scope": "cooperative", "target": f"{CODE}/002"})
    with database.reading() as session:
        assert days(session, SESSION) == [date(2027, 4, 5), date(2027, 4, 5)]
        assert session.exec(select(ClosedWindow)).all() == []
    assert {one.enrolment for one in diff.moved} == {f"{CODE}/002"}


def test_opened_again_the_meetings_come_back(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        closed(session, scope="cooperative", target=f"{CODE}/001")
        number = session.exec(select(ClosedWindow.id)).one()
        diff = open_window(session, number=number or 0, **BY)
        open_window(session, number=number or 0, **BY, approve=diff.digest)
    with database.reading() as session:
        assert days(session, SESSION) == [date(2027, 4, 5)]
        assert session.exec(select(ClosedWindow)).all() == []


def test_pinned_session_leaves_the_window_and_does_not_come_back(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        step_row(session, SESSION).pinned = True
        closed(session, scope="cooperative", target=f"{CODE}/001")
        number = session.exec(select(ClosedWindow.id)).one()
        diff = open_window(session, number=number or 0, **BY)
    assert SESSION not in {one.step for one in diff.moved}


def test_later_plan_avoids_the_window(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        of_sector(session, 1, "Argan du Souss")
        closed(session)
        add_cooperative(session, cohort_of(session, CODE), 2, email=None)
        session.flush()
        enrol_cohort(session, code=CODE, by="k1", now=NOW)
        assert days(session, SESSION) == [date(2027, 5, 3), date(2027, 4, 5)]


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"first": date(2027, 5, 1)}, DaysBackwards),
        ({"last": date(2028, 4, 1)}, WindowTooLong),
        ({"target": "Poterie lunaire"}, SectorUnknown),
        ({"scope": "cooperative", "target": "NO/001"}, EnrolmentUnknown),
    ],
)
def test_window_is_refused_in_a_sentence(database: Database, facts: dict[str, Any], refusal: Any) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        of_sector(session, 1, "Argan du Souss")
        session.flush()
        with pytest.raises(refusal):
            close_window(session, **BY | HARVEST | facts)


def test_window_is_closed_once_and_opened_by_its_number(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        closed(session, scope="cooperative", target=f"{CODE}/001")
        with pytest.raises(WindowKnown):
            closed(session, scope="cooperative", target=f"{CODE}/001")
        with pytest.raises(WindowUnknown):
            open_window(session, number=99, **BY)
